"""RegNet: design a population of networks instead of one, and find that good widths lie on a quantised line."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="regnet",
    references=(
        Reference(
            title="Designing Network Design Spaces",
            authors=("Ilija Radosavovic", "Raj Prateek Kosaraju", "Ross Girshick", "Kaiming He", "Piotr Dollár"),
            year=2020,
            venue="CVPR",
            url="https://arxiv.org/abs/2003.13678",
        ),
    ),
    family="vision",
    builds_on=("resnet", "batchnorm", "googlenet", "vgg", "odyssey"),
    summary="Populations of networks, compared by their errors' distributions, lead to a simple space of good ones.",
    network="RegNet",
    parameters=194_042,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "RegNet": "model",
        "Config": "model",
        "regnet": "line",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
