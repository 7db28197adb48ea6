"""LeNet-1: a network of 2,578 weights and 98,442 connections reads the zip codes of American mail."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="zipcode",
    references=(
        Reference(
            title="Handwritten Zip Code Recognition with Multilayer Networks",
            authors=(
                "Yann LeCun", "Ofer Matan", "Bernhard Boser", "John S. Denker", "Don Henderson", "Richard E. Howard",
                "Wayne Hubbard", "Lawrence D. Jackel", "Henry S. Baird",
            ),
            year=1990,
            venue="Proceedings of the 10th International Conference on Pattern Recognition, vol. II, pp. 35-40",
            url="https://doi.org/10.1109/ICPR.1990.119325",
        ),
        Reference(
            title="Backpropagation Applied to Handwritten Zip Code Recognition",
            authors=(
                "Yann LeCun", "Bernhard Boser", "John S. Denker", "Don Henderson", "Richard E. Howard",
                "Wayne Hubbard", "Lawrence D. Jackel",
            ),
            year=1989,
            venue="Neural Computation 1(4)",
            url="https://doi.org/10.1162/neco.1989.1.4.541",
        ),
    ),
    family="vision",
    builds_on=("backprop",),
    summary="Small kernels that all places of a map share let 2,578 weights read real zip codes straight from pixels.",
    network="ZipNet",
    parameters=2578,
    example_shape=(1, 28, 28),
    output_shape=(10,),
)  # fmt: skip
__getattr__ = exports(
    __name__,
    {"ZipNet": "model", "Config": "model", "VARIANTS": "model", "Recipe": "recipe", "PRESETS": "recipe"},
)
