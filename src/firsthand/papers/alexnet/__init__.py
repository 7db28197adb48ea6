"""AlexNet: rectifiers, dropout and two graphics cards made convolutional networks win at large pictures."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="alexnet",
    references=(
        Reference(
            title="ImageNet Classification with Deep Convolutional Neural Networks",
            authors=("Alex Krizhevsky", "Ilya Sutskever", "Geoffrey E. Hinton"),
            year=2012,
            venue="NIPS",
            url="https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html",
        ),
        Reference(
            title="One weird trick for parallelizing convolutional neural networks",
            authors=("Alex Krizhevsky",),
            year=2014,
            venue="arXiv",
            url="https://arxiv.org/abs/1404.5997",
        ),
    ),
    family="vision",
    builds_on=("lenet", "momentum", "regularization"),
    summary="Five convolutions with rectifiers and three linear layers with dropout halve the error on large pictures.",
    network="AlexNet",
    parameters=89_578,
    example_shape=(3, 32, 32),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "AlexNet": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example_shape": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
