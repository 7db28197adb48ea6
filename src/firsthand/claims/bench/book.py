"""The Time Machine as Dive into Deep Learning has it: what papers measure of language models by its protocol.

10,000 windows of 32 characters, one from each of the first 10,000 characters, 10 updates a pass; the next 5,000 windows
validate. The book prints its numbers as plots of the mean of each batch's perplexity, which is a little high, and its
validation windows begin 32 characters earlier than ours.
Source: Zhang, Lipton, Li & Smola, Dive into Deep Learning, chapters 9 and 10.
"""

from firsthand.claims.claim import Measure

TRAIN = Measure("train_perplexity", "train perplexity", digits=2)
VAL = Measure("val_perplexity", "validation perplexity", digits=2)
PLOTS = (
    "Only the first 10,032 characters are trained on. The book reads its numbers off the mean of each batch's "
    "perplexity, which is a little high, and its validation windows begin 32 characters earlier than ours."
)
DRAWS = (
    "Where the papers `rnn`, `lstm` and `gru` train by this protocol, each from other first weights and in another "
    "order of the windows, means of three seeds differ by up to 0.25."
)


def printed(train: float, val: float) -> dict[str, float]:
    """The book's last perplexities of a network, as an arm has them."""
    return {TRAIN.name: train, VAL.name: val}
