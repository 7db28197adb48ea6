"""Skip-gram, word2vec (2013): words as vectors, learned from which words stand near which, and from nothing else."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="skipgram",
    subject="word2vec: skip-gram and CBOW",
    references=(
        Reference(
            title="Distributed Representations of Words and Phrases and their Compositionality",
            authors=("Tomas Mikolov", "Ilya Sutskever", "Kai Chen", "Greg Corrado", "Jeffrey Dean"),
            year=2013,
            venue="Advances in Neural Information Processing Systems 26, 3111-3119",
            url="https://arxiv.org/abs/1310.4546",
        ),
        Reference(
            title="Efficient Estimation of Word Representations in Vector Space",
            authors=("Tomas Mikolov", "Kai Chen", "Greg Corrado", "Jeffrey Dean"),
            year=2013,
            venue="ICLR 2013, workshop track",
            url="https://arxiv.org/abs/1301.3781",
        ),
    ),
    family="words",
    builds_on=("nplm",),
    summary="Two vectors a word and their dot product are all the model: so fast that a whole library can be read.",
    network="SkipGram",
    parameters=2_844_200,
    example_shape=(1,),
    output_shape=(6,),
)
__getattr__ = exports(__name__, {"SkipGram": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
