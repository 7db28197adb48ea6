"""What the notes on the survey say of our papers, and of local minima on small digits."""

import re

import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from firsthand import papers
from firsthand.optim import Adam

NOTES = papers.get("survey").notes


def test_its_map_names_every_paper():
    """Those that it cites without a star: fourteen."""
    found = re.findall(r"\[`(\w+)`\]\([^)]*\)(\\\*)?", NOTES.split("## What confuses")[0])
    cited, starred = {key for key, star in found if not star}, {key for key, star in found if star}
    assert not cited & starred and cited | starred | {"survey"} == set(papers.keys())
    assert len(cited) == 14 and "fourteen of our papers" in NOTES


def accuracies(units: int, starts: int = 20) -> torch.Tensor:
    """Of as many networks of one tanh layer side by side on the 500 digits that they have not seen."""
    pictures, classes = (torch.tensor(array) for array in load_digits(return_X_y=True))
    pictures = pictures.float() / 16
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    train, test = order[:1297], order[1297:]
    noise = torch.Generator().manual_seed(1)
    sizes = {(64, units): 64, (1, units): 0, (units, 10): units, (1, 10): 0}
    params = [torch.randn(starts, *shape, generator=noise) * (width**-0.5 if width else 0)
              for shape, width in sizes.items()]  # fmt: skip
    first, shift, second, bias = (param.requires_grad_() for param in params)
    rule = Adam([first, shift, second, bias], lr=0.01)

    def scores(rows: torch.Tensor) -> torch.Tensor:
        return torch.tanh(pictures[rows] @ first + shift) @ second + bias  # (starts, rows, 10)

    for _ in range(500):
        rule.zero_grad()
        losses = F.cross_entropy(scores(train).transpose(1, 2), classes[train].expand(starts, -1), reduction="none")
        losses.mean(1).sum().backward()
        rule.step()
    return (scores(test).argmax(2) == classes[test]).float().mean(1)


@pytest.mark.parametrize(("units", "worst", "best", "near"), [(2, 0.48, 0.69, 0.05), (32, 0.97, 0.98, 0.01)])
def test_with_many_units_every_start_ends_equally_well(units, worst, best, near):
    """And with two they do not; the numbers are those of the notes."""
    assert f"{worst} and {best} with" in " ".join(NOTES.split())
    found = accuracies(units)
    assert (found.min().item(), found.max().item()) == pytest.approx((worst, best), abs=near)
