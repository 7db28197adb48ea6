"""Residual networks: shortcuts let networks of a hundred layers train."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="resnet",
    references=(
        Reference(
            title="Deep Residual Learning for Image Recognition",
            authors=("Kaiming He", "Xiangyu Zhang", "Shaoqing Ren", "Jian Sun"),
            year=2016,
            venue="CVPR",
            url="https://arxiv.org/abs/1512.03385",
        ),
    ),
    family="vision",
    builds_on=("vgg", "batchnorm", "regularization", "lstm"),
    summary="Layers that learn what to add to their input make deeper networks better instead of worse.",
    network="ResNet",
    parameters=269_722,
    example_shape=(3, 32, 32),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "ResNet": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
