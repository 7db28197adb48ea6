"""The gated recurrent unit: learning phrase representations (2014), and the comparison that gave it its name."""

from firsthand.papers.card import Card, exports

CARD = Card(
    key="gru",
    title="Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
    authors=(
        "Kyunghyun Cho",
        "Bart van Merriënboer",
        "Caglar Gulcehre",
        "Dzmitry Bahdanau",
        "Fethi Bougares",
        "Holger Schwenk",
        "Yoshua Bengio",
    ),
    year=2014,
    venue="EMNLP 2014, pp. 1724-1734",
    url="https://arxiv.org/abs/1406.1078",
    bibtex="""@inproceedings{cho2014gru,
  author    = {Cho, Kyunghyun and van Merri{\\"e}nboer, Bart and Gulcehre, Caglar and Bahdanau, Dzmitry and
               Bougares, Fethi and Schwenk, Holger and Bengio, Yoshua},
  title     = {Learning Phrase Representations using {RNN} Encoder-Decoder for Statistical Machine Translation},
  booktitle = {Proceedings of EMNLP},
  pages     = {1724--1734},
  year      = {2014}
}""",
    family="sequences",
    builds_on=("rnn", "vanishing", "lstm", "adadelta"),
    summary="A hidden unit with two gates and no separate cell: one says what to keep, one what to look back at.",
    network="GatedNetwork",
    parameters=6_876,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(__name__, {"GatedNetwork": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
