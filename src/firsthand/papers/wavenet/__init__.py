"""WaveNet: dilated causal convolutions that predict every next sample of a sound, or character of a text (2016)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="wavenet",
    references=(
        Reference(
            title="WaveNet: A Generative Model for Raw Audio",
            authors=(
                "Aäron van den Oord",
                "Sander Dieleman",
                "Heiga Zen",
                "Karen Simonyan",
                "Oriol Vinyals",
                "Alex Graves",
                "Nal Kalchbrenner",
                "Andrew Senior",
                "Koray Kavukcuoglu",
            ),
            year=2016,
            venue="arXiv:1609.03499",
            url="https://arxiv.org/abs/1609.03499",
        ),
        Reference(
            title="Building makemore, part 5: building a WaveNet",
            authors=("Andrej Karpathy",),
            year=2022,
            venue="Lecture and notebook",
            url="https://github.com/karpathy/nn-zero-to-hero",
        ),
    ),
    family="sequences",
    builds_on=("nplm", "mlp", "lstm", "resnet", "batchnorm", "made"),
    summary="Causal convolutions whose dilation doubles from layer to layer model raw audio sample by sample.",
    network="WaveNet",
    parameters=71_904,
    example_shape=(32,),
    output_shape=(32, 256),
)
__getattr__ = exports(
    __name__,
    {"WaveNet": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"}
    | {"HierarchicalNetwork": "hierarchy", "Tree": "hierarchy"},
)
