"""The published networks by name."""

from dataclasses import replace

from firsthand.papers.bahdanau.model import Config
from firsthand.papers.seq2seq.variants import example

__all__ = ["VARIANTS", "example"]
BASE = Config(vocab=30_000)  # of the source, too: the 30,000 most frequent words of each side (section 4.1)
# Those called -30 and -50 are the same networks, trained on sentences of up to so many words.
VARIANTS: dict[str, Config] = {"RNNsearch": BASE, "RNNencdec": replace(BASE, attention=False)}
