"""A neural probabilistic language model (2003): words as vectors, learned by predicting the next one."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="nplm",
    references=(
        Reference(
            title="A Neural Probabilistic Language Model",
            authors=("Yoshua Bengio", "Réjean Ducharme", "Pascal Vincent", "Christian Jauvin"),
            year=2003,
            venue="Journal of Machine Learning Research 3, 1137-1155",
            url="https://www.jmlr.org/papers/volume3/bengio03a/bengio03a.pdf",
        ),
    ),
    family="words",
    builds_on=("backprop", "regularization"),
    summary="Every word is a vector, learned while predicting the next word, so that similar words inform each other.",
    network="NPLM",
    parameters=2_158_273,
    example_shape=(4,),
    output_shape=(16_383,),
)
__getattr__ = exports(__name__, {"NPLM": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
