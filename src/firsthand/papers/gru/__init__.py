"""The gated recurrent unit: learning phrase representations (2014), and the comparison that gave it its name."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="gru",
    references=(
        Reference(
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
        ),
        Reference(
            title="On the Properties of Neural Machine Translation: Encoder-Decoder Approaches",
            authors=("Kyunghyun Cho", "Bart van Merriënboer", "Dzmitry Bahdanau", "Yoshua Bengio"),
            year=2014,
            venue="SSST-8, Eighth Workshop on Syntax, Semantics and Structure in Statistical Translation",
            url="https://arxiv.org/abs/1409.1259",
        ),
        Reference(
            title="Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling",
            authors=("Junyoung Chung", "Caglar Gulcehre", "Kyunghyun Cho", "Yoshua Bengio"),
            year=2014,
            venue="NIPS 2014 Deep Learning Workshop",
            url="https://arxiv.org/abs/1412.3555",
        ),
    ),
    family="sequences",
    builds_on=("rnn", "vanishing", "lstm", "adadelta"),
    summary="A hidden unit with two gates and no separate cell: one says what to keep, one what to look back at.",
    network="GatedNetwork",
    parameters=6_876,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(__name__, {"GatedNetwork": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
