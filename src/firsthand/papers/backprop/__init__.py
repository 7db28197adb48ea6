"""Back-propagation: networks with hidden units learn by the chain rule, and invent features that nobody named."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="backprop",
    references=(
        Reference(
            title="Learning representations by back-propagating errors",
            authors=("David E. Rumelhart", "Geoffrey E. Hinton", "Ronald J. Williams"),
            year=1986,
            venue="Nature 323",
            url="https://www.nature.com/articles/323533a0",
        ),
        Reference(
            title="Learning internal representations by error propagation",
            authors=("David E. Rumelhart", "Geoffrey E. Hinton", "Ronald J. Williams"),
            year=1986,
            venue="Parallel Distributed Processing (PDP), volume 1, chapter 8",
            url="https://stanford.edu/~jlmcc/papers/PDP/Volume%201/Chap8_PDP86.pdf",
        ),
    ),
    family="foundations",
    builds_on=(),
    summary="The chain rule tells hidden units what to change, and they become features that nobody named.",
    network="Network",
    parameters=630,
    example_shape=(36,),
    output_shape=(24,),
)
__getattr__ = exports(__name__, {"Network": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
