"""What the claims measure beside training runs: the n-grams that the network is compared with."""

from typing import Any, Literal

from firsthand.papers.nplm.ngrams import DeletedInterpolation, KneserNey, context_and_word, perplexity
from firsthand.papers.nplm.recipe import brown

CONTEXT = 4  # all models are scored on the words that have so many before them in their part of the text


def ngrams(
    smoothing: Literal["deleted-interpolation", "kneser-ney"] = "deleted-interpolation",
    n: int = 3,
    vocab: int = 16_383,
    seed: int = 0,
) -> dict[str, Any]:
    """Perplexity of a smoothed n-gram on Brown, alone and mixed half and half with the deleted-interpolation trigram.

    Args:
        smoothing: deleted-interpolation, the trigram of the paper's mixtures whatever n is, or modified Kneser-Ney.
        n: words of a gram, for Kneser-Ney.
        vocab: words known, the unknown one included: 16,383 for the paper's table, 3,000 for the small one.
        seed: nothing here is random.
    """
    text = brown(vocab - 1).load()
    trigram = DeletedInterpolation(text.train, vocab)
    trigram.fit(text.val)
    model = trigram if smoothing == "deleted-interpolation" else KneserNey(text.train, vocab, n)
    found: dict[str, Any] = {}
    for name, part in (("train", text.train), ("val", text.val), ("test", text.test)):
        pairs = context_and_word(part, CONTEXT)
        alone = model.probability(*pairs)
        found[f"{name}_perplexity"] = perplexity(alone)
        if name != "train":
            found[f"{name}_mixed"] = perplexity((alone + trigram.probability(*pairs)) / 2)
    return found


EXPERIMENTS = {"ngrams": ngrams}
