"""Network in network: small perceptrons in place of linear filters, and means of maps in place of linear layers."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="nin",
    references=(
        Reference(
            title="Network In Network",
            authors=("Min Lin", "Qiang Chen", "Shuicheng Yan"),
            year=2014,
            venue="ICLR",
            url="https://arxiv.org/abs/1312.4400",
        ),
    ),
    family="vision",
    builds_on=("alexnet", "dropout", "lenet"),
    summary="1x1 convolutions mix the maps at every pixel, and the mean of one map a class replaces linear layers.",
    network="NiN",
    parameters=966_986,
    example_shape=(3, 32, 32),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "NiN": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
