"""LeNet-5: convolution, subsampling and end-to-end gradients read handwritten digits."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="lenet",
    references=(
        Reference(
            title="Gradient-Based Learning Applied to Document Recognition",
            authors=("Yann LeCun", "Léon Bottou", "Yoshua Bengio", "Patrick Haffner"),
            year=1998,
            venue="Proceedings of the IEEE 86(11)",
            url="https://doi.org/10.1109/5.726791",
        ),
    ),
    family="vision",
    builds_on=("backprop", "zipcode"),
    summary="A network whose shape knows about images learns to read digits from raw pixels, with few weights.",
    network="LeNet5",
    parameters=60_000,
    example_shape=(1, 32, 32),
    output_shape=(10,),
)
__getattr__ = exports(__name__, {"LeNet5": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
