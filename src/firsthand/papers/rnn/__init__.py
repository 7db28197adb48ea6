"""Recurrent networks: learning internal representations (1985), finding structure in time (1990)."""

from firsthand.papers.card import Card, Reference, exports

CARD = Card(
    key="rnn",
    references=(
        Reference(
            title="Finding Structure in Time",
            authors=("Jeffrey L. Elman",),
            year=1990,
            venue="Cognitive Science 14(2), 179-211",
            url="https://doi.org/10.1207/s15516709cog1402_1",
        ),
        Reference(
            title="Learning Internal Representations by Error Propagation",
            authors=("David E. Rumelhart", "Geoffrey E. Hinton", "Ronald J. Williams"),
            year=1985,
            venue="ICS Report 8506, University of California, San Diego",
            url="https://apps.dtic.mil/sti/citations/ADA164453",
        ),
    ),
    family="sequences",
    builds_on=("backprop",),
    summary="A network that reads its own last state learns from the order of things, by predicting what comes next.",
    network="RecurrentNetwork",
    parameters=2_908,
    example_shape=(32,),
    output_shape=(32, 28),
)
__getattr__ = exports(
    __name__, {"RecurrentNetwork": "model", "Config": "model", "Recipe": "recipe", "PRESETS": "recipe"}
)
