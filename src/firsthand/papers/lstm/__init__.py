"""Long short-term memory: a cell whose error neither fades nor grows, guarded by gates, and a gate that forgets."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="lstm",
    references=(
        Reference(
            title="Long Short-Term Memory",
            authors=("Sepp Hochreiter", "Jürgen Schmidhuber"),
            year=1997,
            venue="Neural Computation 9(8)",
            url="https://www.bioinf.jku.at/publications/older/2604.pdf",
        ),
        Reference(
            title="Learning to Forget: Continual Prediction with LSTM",
            authors=("Felix A. Gers", "Jürgen Schmidhuber", "Fred Cummins"),
            year=2000,
            venue="Neural Computation 12(10), 2451-2471",
            url="https://doi.org/10.1162/089976600300015015",
        ),
    ),
    family="sequences",
    builds_on=("vanishing", "rnn", "backprop"),
    summary="A memory cell that is only ever added to keeps error signals alive over a thousand steps; gates guard it.",
    network="LanguageModel",
    parameters=8860,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(
    __name__,
    {
        "Blocks": "blocks",
        "Config": "model",
        "LanguageModel": "model",
        "PRESETS": "recipe",
        "Recipe": "recipe",
    },
)
