"""The Transformer: Attention Is All You Need (2017)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="transformer",
    references=(
        Reference(
            title="Attention Is All You Need",
            authors=(
                "Ashish Vaswani",
                "Noam Shazeer",
                "Niki Parmar",
                "Jakob Uszkoreit",
                "Llion Jones",
                "Aidan N. Gomez",
                "Łukasz Kaiser",
                "Illia Polosukhin",
            ),
            year=2017,
            venue="NIPS 2017, Advances in Neural Information Processing Systems 30, pp. 5998-6008",
            url="https://arxiv.org/abs/1706.03762",
        ),
        Reference(
            title="Good for Misconceived Reasons: An Empirical Revisiting on the Need for Visual Context in Multimodal "
            "Machine Translation",
            authors=("Zhiyong Wu", "Lingpeng Kong", "Wei Bi", "Xiang Li", "Ben Kao"),
            year=2021,
            venue="ACL 2021, pp. 6153-6166",
            url="https://arxiv.org/abs/2105.14462",
        ),
    ),
    family="sequences",
    builds_on=("selfattention", "bahdanau", "seq2seq", "resnet", "dropout", "adam"),
    summary="Translation without recurrence: an encoder and a decoder of nothing but attention and small networks.",
    network="Transformer",
    parameters=44_613_632,
    example_shape=(12,),
    output_shape=(9, 1000),
)
__getattr__ = exports(
    __name__,
    {
        "Transformer": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
