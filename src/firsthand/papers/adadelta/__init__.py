"""Adadelta: steps with the units of the parameters, and no learning rate to choose."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="adadelta",
    references=(
        Reference(
            title="ADADELTA: An Adaptive Learning Rate Method",
            authors=("Matthew D. Zeiler",),
            year=2012,
            venue="arXiv:1212.5701",
            url="https://arxiv.org/abs/1212.5701",
        ),
    ),
    family="optimisers",
    builds_on=("adagrad", "momentum", "backprop"),
    summary="AdaGrad with a short memory, whose steps are measured by its own past steps instead of a learning rate.",
    network="DigitNetwork",
    parameters=545_810,
    example_shape=(1, 28, 28),
    output_shape=(10,),
    rule="adadelta",
)
__getattr__ = exports(__name__, {"DigitNetwork": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
