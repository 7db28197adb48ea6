"""Bidirectional recurrent networks: one state that comes from the past, another that comes from the future."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="birnn",
    references=(
        Reference(
            title="Bidirectional Recurrent Neural Networks",
            authors=("Mike Schuster", "Kuldip K. Paliwal"),
            year=1997,
            venue="IEEE Transactions on Signal Processing 45(11)",
            url="https://doi.org/10.1109/78.650093",
        ),
    ),
    family="sequences",
    builds_on=("rnn", "backprop", "mlp"),
    summary="Two recurrent networks read a sequence from its two ends, so that each output depends on all of it.",
    network="BRNN",
    parameters=21,
    example_shape=(40, 1),
    output_shape=(40, 1),
)
__getattr__ = exports(__name__, {"BRNN": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
