"""Long-term dependencies: why a network that stores a bit robustly loses its gradient."""

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
        ),
        Reference(
            title="On the difficulty of training recurrent neural networks",
            authors=("Razvan Pascanu", "Tomas Mikolov", "Yoshua Bengio"),
            year=2013,
            venue="ICML 2013, PMLR 28, pp. 1310-1318",
            url="https://arxiv.org/abs/1211.5063",
        ),
        Reference(
            title="Guessing can outperform many long time lag algorithms",
            authors=("Jürgen Schmidhuber", "Sepp Hochreiter"),
            year=1996,
            venue="Technical Note IDSIA-19-96",
            url="https://people.idsia.ch/~juergen/guessing2001/node3.html",
        ),
    ),
    family="sequences",
    builds_on=("backprop", "rnn"),
    summary="A state that is stored robustly contracts at every step, and its gradient with it: distant causes fade.",
    network="Latch",
    parameters=7,
    example_shape=(20,),
    output_shape=(),
)
__getattr__ = exports(
    __name__,
    {"Latch": "model", "RecurrentClassifier": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"},
)
