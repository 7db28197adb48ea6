"""RMSprop: the gradient is divided by a running average of its recent magnitude. Four slides, no paper."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="rmsprop",
    references=(
        Reference(
            title="Lecture 6.5: rmsprop, divide the gradient by a running average of its recent magnitude",
            authors=("Tijmen Tieleman", "Geoffrey Hinton"),
            year=2012,
            venue="Coursera: Neural Networks for Machine Learning, slides of lecture 6",
            url="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
        ),
    ),
    family="optimisers",
    builds_on=("adagrad", "momentum"),
    summary="Each weight's gradient is divided by its recent size, so that neither its unit nor a mini-batch matters.",
    network="MLP",
    parameters=1_796_010,
    example_shape=(1, 28, 28),
    output_shape=(10,),
    rule="rmsprop",
)
__getattr__ = exports(__name__, {"MLP": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"})
