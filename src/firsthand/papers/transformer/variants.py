"""The networks of table 3 by name."""

from dataclasses import replace

from firsthand.papers.transformer.model import Config

BASE = Config(vocab=37_000)
VARIANTS: dict[str, Config] = {"base": BASE}
