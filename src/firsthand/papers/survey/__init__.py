"""Deep learning, as its three best-known authors told it in 2015: a review, to be read before all the others."""

from firsthand.papers.card import Card, Reference

CARD = Card(
    key="survey",
    references=(
        Reference(
            title="Deep learning",
            authors=("Yann LeCun", "Yoshua Bengio", "Geoffrey Hinton"),
            year=2015,
            venue="Nature 521, 436-444",
            url="https://www.nature.com/articles/nature14539",
        ),
    ),
    family="foundations",
    builds_on=(),
    summary="Layers of simple modules, trained end to end, learn the features that people used to design by hand.",
)
