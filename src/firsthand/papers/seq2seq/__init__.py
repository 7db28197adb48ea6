"""Sequence to sequence learning with neural networks (2014)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="seq2seq",
    references=(
        Reference(
            title="Sequence to Sequence Learning with Neural Networks",
            authors=("Ilya Sutskever", "Oriol Vinyals", "Quoc V. Le"),
            year=2014,
            venue="NIPS 2014, Advances in Neural Information Processing Systems 27, pp. 3104-3112",
            url="https://arxiv.org/abs/1409.3215",
        ),
        Reference(
            title="Dive into Deep Learning",
            authors=("Aston Zhang", "Zachary C. Lipton", "Mu Li", "Alexander J. Smola"),
            year=2023,
            venue="Cambridge University Press, sections 10.7 and 10.8",
            url="https://d2l.ai/chapter_recurrent-modern/seq2seq.html",
        ),
    ),
    family="sequences",
    builds_on=("lstm", "gru", "vanishing", "nplm"),
    summary="Translation by two deep LSTMs: one reads the source backwards into a vector, the other writes from it.",
    network="Seq2Seq",
    parameters=67_065_000,
    example_shape=(12,),
    output_shape=(9, 1000),
)
__getattr__ = exports(
    __name__,
    {
        "Seq2Seq": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
