"""Adam: running means of the gradient and of its square, both corrected for starting at zero, set every step."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="adam",
    references=(
        Reference(
            title="Adam: A Method for Stochastic Optimization",
            authors=("Diederik P. Kingma", "Jimmy Lei Ba"),
            year=2015,
            venue="International Conference on Learning Representations (ICLR)",
            url="https://arxiv.org/abs/1412.6980",
        ),
        Reference(
            title="On the Convergence of Adam and Beyond",
            authors=("Sashank J. Reddi", "Satyen Kale", "Sanjiv Kumar"),
            year=2018,
            venue="International Conference on Learning Representations (ICLR)",
            url="https://openreview.net/forum?id=ryQu7f-RZ",
        ),
    ),
    family="optimisers",
    builds_on=("adagrad", "rmsprop", "momentum"),
    summary="Momentum and a scale for every weight in one rule; its steps have a known length, so little is to tune.",
    network="MLP",
    parameters=1_796_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
    rule="adam",
)
__getattr__ = exports(
    __name__, {"MLP": "model", "Config": "model", "VAE": "vae", "Recipe": "recipe", "PRESETS": "recipe"}
)
