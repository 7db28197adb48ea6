"""The multilayer perceptron that writes names: makemore's second to fourth lectures and the DL-101 course."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="mlp",
    references=(
        Reference(
            title="Neural Networks: Zero to Hero, makemore parts 2 to 4",
            authors=("Andrej Karpathy",),
            year=2022,
            venue="Lectures and notebooks",
            url="https://github.com/karpathy/nn-zero-to-hero",
        ),
        Reference(
            title="A Neural Probabilistic Language Model",
            authors=("Yoshua Bengio", "Réjean Ducharme", "Pascal Vincent", "Christian Jauvin"),
            year=2003,
            venue="Journal of Machine Learning Research 3, 1137-1155",
            url="https://www.jmlr.org/papers/v3/bengio03a.html",
        ),
    ),
    family="words",
    builds_on=("nplm", "backprop", "batchnorm"),
    summary="A character language model small enough that every trick of training can be seen to work, or not.",
    network="MLP",
    parameters=47_024,
    example_shape=(3,),
    output_shape=(27,),
)
__getattr__ = exports(__name__, {"MLP": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
