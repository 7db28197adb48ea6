"""Batch normalization: every layer's inputs at mean zero and variance one over the batch, inside the network."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="batchnorm",
    references=(
        Reference(
            title="Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
            authors=("Sergey Ioffe", "Christian Szegedy"),
            year=2015,
            venue="ICML 2015, PMLR 37",
            url="https://proceedings.mlr.press/v37/ioffe15.html",
        ),
    ),
    family="foundations",
    builds_on=("backprop", "vanishing", "regularization", "googlenet"),
    summary="Standardising every unit over the mini-batch lets deep networks learn fast from almost any first weights.",
    network="SigmoidNetwork",
    parameters=100_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)
__getattr__ = exports(
    __name__,
    {
        "SigmoidNetwork": "model",
        "Config": "model",
        "VARIANTS": "model",
        "Inception": "inception",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
