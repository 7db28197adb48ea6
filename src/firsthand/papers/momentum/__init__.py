"""Momentum: a velocity that remembers past gradients takes gradient descent from kappa to its square root."""

from firsthand.papers.card import Card, exports

CARD = Card(
    key="momentum",
    title="On the importance of initialization and momentum in deep learning",
    authors=("Ilya Sutskever", "James Martens", "George Dahl", "Geoffrey Hinton"),
    year=2013,
    venue="International Conference on Machine Learning (ICML), JMLR W&CP 28",
    url="https://proceedings.mlr.press/v28/sutskever13.html",
    bibtex="""@inproceedings{sutskever2013importance,
  author    = {Sutskever, Ilya and Martens, James and Dahl, George and Hinton, Geoffrey},
  title     = {On the importance of initialization and momentum in deep learning},
  booktitle = {International Conference on Machine Learning},
  year      = {2013},
  url       = {https://proceedings.mlr.press/v28/sutskever13.html}
}""",
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
    {
        "Autoencoder": "model",
        "Config": "model",
        "RisingSGD": "schedule",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
