"""Long short-term memory: a cell whose error neither fades nor grows, guarded by gates, and a gate that forgets."""

from firsthand.papers.card import Card, exports

CARD = Card(
    key="lstm",
    title="Long Short-Term Memory",
    authors=("Sepp Hochreiter", "Jürgen Schmidhuber"),
    year=1997,
    venue="Neural Computation 9(8)",
    url="https://www.bioinf.jku.at/publications/older/2604.pdf",
    bibtex="""@article{hochreiter1997lstm,
  author  = {Hochreiter, Sepp and Schmidhuber, J{\\"u}rgen},
  title   = {Long Short-Term Memory},
  journal = {Neural Computation},
  volume  = {9},
  number  = {8},
  pages   = {1735--1780},
  year    = {1997},
  doi     = {10.1162/neco.1997.9.8.1735}
}""",
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
