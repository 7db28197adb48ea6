"""Very deep convolutional networks: nothing but 3x3 convolutions, up to nineteen layers of weights."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="vgg",
    references=(
        Reference(
            title="Very Deep Convolutional Networks for Large-Scale Image Recognition",
            authors=("Karen Simonyan", "Andrew Zisserman"),
            year=2015,
            venue="ICLR",
            url="https://arxiv.org/abs/1409.1556",
        ),
    ),
    family="vision",
    builds_on=("lenet", "alexnet", "nin", "dropout", "momentum"),
    summary="With one fixed design of 3x3 convolutions, deeper networks see better, up to sixteen or nineteen layers.",
    network="VGG",
    parameters=236_074,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "VGG": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
