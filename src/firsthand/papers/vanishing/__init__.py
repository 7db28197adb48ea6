"""Long-term dependencies: why a network that holds a bit safely cannot learn from it by gradient descent."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="vanishing",
    references=(
        Reference(
            title="Learning long-term dependencies with gradient descent is difficult",
            authors=("Yoshua Bengio", "Patrice Simard", "Paolo Frasconi"),
            year=1994,
            venue="IEEE Transactions on Neural Networks 5(2)",
            url="https://doi.org/10.1109/72.279181",
            bibtex="""@article{bengio1994longterm,
  author  = {Bengio, Yoshua and Simard, Patrice and Frasconi, Paolo},
  title   = {Learning long-term dependencies with gradient descent is difficult},
  journal = {IEEE Transactions on Neural Networks},
  volume  = {5},
  number  = {2},
  pages   = {157--166},
  year    = {1994},
  doi     = {10.1109/72.279181}
}""",
        ),
    ),
    family="sequences",
    builds_on=("backprop", "rnn"),
    summary="A state that is stored safely contracts at every step, and its gradient with it: distant causes are lost.",
    network="Latch",
    parameters=7,
    example_shape=(20,),
    output_shape=(),
)
__getattr__ = exports(
    __name__,
    {
        "Latch": "model",
        "Recurrent": "model",
        "Config": "model",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
