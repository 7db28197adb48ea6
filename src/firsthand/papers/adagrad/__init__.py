"""AdaGrad: every coordinate has a learning rate of its own, which rare features keep long."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="adagrad",
    references=(
        Reference(
            title="Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
            authors=("John Duchi", "Elad Hazan", "Yoram Singer"),
            year=2011,
            venue="Journal of Machine Learning Research 12",
            url="https://jmlr.org/papers/v12/duchi11a.html",
        ),
    ),
    family="optimisers",
    builds_on=("perceptron", "momentum"),
    summary="Dividing by the root of all squared gradients so far lets rare and telling features learn fast.",
    network="SparseLinear",
    parameters=475_941,
    example_shape=(40,),
    output_shape=(),
    rule="adagrad",
)
__getattr__ = exports(__name__, {"SparseLinear": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
