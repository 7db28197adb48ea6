"""BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding (2019)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="bert",
    references=(
        Reference(
            title="BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
            authors=("Jacob Devlin", "Ming-Wei Chang", "Kenton Lee", "Kristina Toutanova"),
            year=2019,
            venue="NAACL-HLT 2019, pp. 4171-4186",
            url="https://arxiv.org/abs/1810.04805",
        ),
        Reference(
            title="Well-Read Students Learn Better: On the Importance of Pre-training Compact Models",
            authors=("Iulia Turc", "Ming-Wei Chang", "Kenton Lee", "Kristina Toutanova"),
            year=2019,
            venue="arXiv:1908.08962",
            url="https://arxiv.org/abs/1908.08962",
        ),
    ),
    family="sequences",
    builds_on=("transformer", "selfattention", "skipgram", "dropout", "adam"),
    summary="An encoder that reads both ways, pre-trained on hidden words, then fine-tuned to any task.",
    network="BERT",
    parameters=110_106_428,
    example_shape=(2, 16),
    output_shape=(16, 768),
)
__getattr__ = exports(
    __name__,
    {
        "BERT": "model",
        "Encoder": "model",
        "Config": "model",
        "VARIANTS": "variants",
        "example": "variants",
        "Recipe": "recipe",
        "PRESETS": "recipe",
    },
)
