"""Dropout: every training case leaves out half of the units; at test time all of them work, with less weight."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="dropout",
    references=(
        Reference(
            title="Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
            authors=(
                "Nitish Srivastava",
                "Geoffrey Hinton",
                "Alex Krizhevsky",
                "Ilya Sutskever",
                "Ruslan Salakhutdinov",
            ),
            year=2014,
            venue="Journal of Machine Learning Research 15(56), 1929-1958",
            url="https://jmlr.org/papers/v15/srivastava14a.html",
        ),
        Reference(
            title="Improving neural networks by preventing co-adaptation of feature detectors",
            authors=(
                "Geoffrey Hinton",
                "Nitish Srivastava",
                "Alex Krizhevsky",
                "Ilya Sutskever",
                "Ruslan Salakhutdinov",
            ),
            year=2012,
            venue="arXiv:1207.0580",
            url="https://arxiv.org/abs/1207.0580",
        ),
    ),
    family="regularisers",
    builds_on=("backprop", "momentum"),
    summary="Leaving out half of the units at random in every training case stands for averaging very many networks.",
    network="DropoutNet",
    parameters=2_913_290,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {"DropoutNet": "model", "Config": "model", "VARIANTS": "model", "Recipe": "recipe", "PRESETS": "recipe"},
)
