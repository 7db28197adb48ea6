"""What the claims on translation share: a narrow network that learns from ten thousand pairs."""

from firsthand.claims import Arm, Measure

LOSS = Measure("val_loss", "loss on unseen pairs (nats a token)")
PERPLEXITY = Measure("val_perplexity", "perplexity on unseen pairs", digits=2)
BLEU = Measure("val_bleu", "BLEU of 300 unseen pairs", digits=1)
BASE = Arm("four heads, smoothing 0.1, sinusoids", "small")
SEEDS = (3, 4, 5)
REMARK = (
    "Multi30k, English to German, in place of WMT 2014: 10,000 pairs, 2,000 tokens, two layers of width 64, 600 steps "
    "of about 1,000 tokens a side, a four-thousandth of what the paper trains on. Its perplexities are of other tokens "
    "and no scale for ours; where the networks would end is not asked."
)
