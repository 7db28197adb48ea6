"""MADE: an autoencoder whose masked weights make its outputs the conditionals of a distribution (2015)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="made",
    references=(
        Reference(
            title="MADE: Masked Autoencoder for Distribution Estimation",
            authors=("Mathieu Germain", "Karol Gregor", "Iain Murray", "Hugo Larochelle"),
            year=2015,
            venue="International Conference on Machine Learning, PMLR 37, 881-889",
            url="https://proceedings.mlr.press/v37/germain15.html",
        ),
    ),
    family="generative models",
    builds_on=("nplm", "adagrad", "adadelta", "dropout"),
    summary="Masks turn an autoencoder's outputs into conditionals, so that one pass gives an exact likelihood.",
    network="MADE",
    parameters=785_284,
    example_shape=(784,),
    output_shape=(784,),
)
__getattr__ = exports(__name__, {"MADE": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
