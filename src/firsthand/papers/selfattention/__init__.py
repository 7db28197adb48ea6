"""Self-attention: scaled dot products and several heads, from Attention Is All You Need (2017)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="selfattention",
    references=(
        Reference(
            title="Attention Is All You Need: self-attention",
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
            venue="NIPS 2017, sections 3.2, 3.5 and 4",
            url="https://arxiv.org/abs/1706.03762",
        ),
    ),
    family="sequences",
    builds_on=("bahdanau", "seq2seq"),
    summary="Every token asks all tokens before it at once, by dot products, for what it needs: nothing is recurrent.",
    network="SelfAttentionNetwork",
    parameters=103_708,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(
    __name__, {"SelfAttentionNetwork": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"}
)
