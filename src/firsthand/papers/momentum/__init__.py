"""Momentum: a velocity that remembers past gradients takes gradient descent from kappa to its square root."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="momentum",
    references=(
        Reference(
            title="On the importance of initialization and momentum in deep learning",
            authors=("Ilya Sutskever", "James Martens", "George Dahl", "Geoffrey Hinton"),
            year=2013,
            venue="International Conference on Machine Learning (ICML), JMLR W&CP 28",
            url="https://proceedings.mlr.press/v28/sutskever13.html",
        ),
        Reference(
            title="Lectures on Convex Optimization",
            authors=("Yurii Nesterov",),
            year=2018,
            venue="Second edition, Springer Optimization and Its Applications 137",
            url="https://doi.org/10.1007/978-3-319-91578-4",
        ),
        Reference(
            title="Some methods of speeding up the convergence of iteration methods",
            authors=("Boris T. Polyak",),
            year=1964,
            venue="USSR Computational Mathematics and Mathematical Physics 4(5), 1-17",
            url="https://doi.org/10.1016/0041-5553(64)90137-5",
        ),
    ),
    family="optimisers",
    builds_on=("backprop",),
    summary="A velocity of past gradients, slowly raised towards 0.99, trains deep networks from random weights.",
    network="Autoencoder",
    parameters=2_837_314,
    example_shape=(1, 28, 28),
    output_shape=(1, 28, 28),
    rule="sgd",
)
__getattr__ = exports(
    __name__,
    {"Autoencoder": "model", "Config": "model", "RisingSGD": "schedule", "Recipe": "recipe", "PRESETS": "recipe"},
)
