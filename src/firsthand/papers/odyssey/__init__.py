"""LSTM, a search space odyssey (2015): which of its parts does an LSTM need?"""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="odyssey",
    references=(
        Reference(
            title="LSTM: A Search Space Odyssey",
            authors=("Klaus Greff", "Rupesh K. Srivastava", "Jan Koutník", "Bas R. Steunebrink", "Jürgen Schmidhuber"),
            year=2015,
            venue="arXiv; later IEEE Transactions on Neural Networks and Learning Systems 28(10)",
            url="https://arxiv.org/abs/1503.04069",
        ),
    ),
    family="sequences",
    builds_on=("lstm", "birnn", "gru", "momentum", "vanishing"),
    summary="Eight LSTMs, each one change away from the usual, each tuned by itself: none is better, two are worse.",
    network="LanguageModel",
    parameters=54_728,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(
    __name__,
    {"Config": "model", "LSTM": "model", "LanguageModel": "model", "PRESETS": "recipe", "Recipe": "recipe"},
)
