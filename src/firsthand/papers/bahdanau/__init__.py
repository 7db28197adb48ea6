"""Neural machine translation by jointly learning to align and translate (2015)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="bahdanau",
    references=(
        Reference(
            title="Neural Machine Translation by Jointly Learning to Align and Translate",
            authors=("Dzmitry Bahdanau", "Kyunghyun Cho", "Yoshua Bengio"),
            year=2015,
            venue="ICLR 2015",
            url="https://arxiv.org/abs/1409.0473",
        ),
    ),
    family="sequences",
    builds_on=("seq2seq", "gru", "birnn", "adadelta", "vanishing", "nplm"),
    summary="The first attention: for every word it writes, the decoder looks anew at all words of the source.",
    network="RNNsearch",
    parameters=29_960_000,
    example_shape=(12,),
    output_shape=(9, 1000),
)
__getattr__ = exports(
    __name__,
    {
        "RNNsearch": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
