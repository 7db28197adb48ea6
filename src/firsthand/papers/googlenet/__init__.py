"""GoogLeNet: modules of parallel convolutions, affordable because cheap ones come first."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="googlenet",
    references=(
        Reference(
            title="Going deeper with convolutions",
            authors=(
                "Christian Szegedy",
                "Wei Liu",
                "Yangqing Jia",
                "Pierre Sermanet",
                "Scott Reed",
                "Dragomir Anguelov",
                "Dumitru Erhan",
                "Vincent Vanhoucke",
                "Andrew Rabinovich",
            ),
            year=2015,
            venue="CVPR",
            url="https://arxiv.org/abs/1409.4842",
        ),
    ),
    family="vision",
    builds_on=("nin", "alexnet", "lenet", "momentum"),
    summary="Convolutions of several sizes side by side, after narrow ones: 22 layers with few weights.",
    network="GoogLeNet",
    parameters=450_362,
    example_shape=(3, 32, 32),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "GoogLeNet": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
