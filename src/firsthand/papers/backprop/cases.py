"""What the networks learn from: the family trees, and small sets of binary patterns. All of it is made here."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from firsthand.bounds import ORDINAL, SEED, within
from firsthand.errors import UserError
from firsthand.papers.backprop.facts import PEOPLE, RELATIONS, questions

ProblemName = Literal["family-trees", "symmetry", "xor", "parity", "encoder"]
Problem = tuple[Float[Tensor, "cases inputs"], Float[Tensor, "cases outputs"]]
HeldOut = tuple[Float[Tensor, "held inputs"], Float[Tensor, "held outputs"]]


@dataclass(frozen=True)
class Cases:
    """Which problem is learned, and how many of its cases are held out for the test."""

    name: ProblemName = "family-trees"  # the problem
    held_out: int = 4  # cases that are never trained on
    split_seed: int = 0  # decides which ones

    def __post_init__(self) -> None:
        within(self, "data.", held_out=ORDINAL, split_seed=SEED)
        if self.held_out >= (cases := len(problem(self.name)[0])):
            raise UserError(
                f"data.held_out must be 0 or more and leave a case to train on: {self.name} has {cases} cases, got "
                f"{self.held_out}."
            )

    def load(self) -> tuple[Problem, HeldOut | None]:
        """The cases to train on, and those that are held out (None where there are none)."""
        x, d = problem(self.name)
        chosen = torch.randperm(len(x), generator=Generator().manual_seed(self.split_seed))
        test, train = chosen[: self.held_out].sort().values, chosen[self.held_out :].sort().values
        return (x[train], d[train]), (x[test], d[test]) if self.held_out else None


def problem(name: ProblemName) -> Problem:
    """All cases of a problem: inputs x and desired outputs d, zeros and ones."""
    if name == "family-trees":
        return family_trees()
    if name == "encoder":  # eight patterns with one unit on, to be passed through three units
        return torch.eye(8), torch.eye(8)
    x = binary({"symmetry": 6, "xor": 2, "parity": 4}[name])
    d = (x == x.flip(1)).all(1) if name == "symmetry" else x.sum(1) % 2
    return x, d.float()[:, None]


def binary(length: int) -> Float[Tensor, "cases length"]:
    """All binary vectors of this length, counting upwards."""
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * length)


def family_trees() -> Problem:
    """A row a question: a unit for the person and one for the relation (24 + 12); a unit for each right answer (24)."""
    asked = questions()
    x, d = torch.zeros(len(asked), 36), torch.zeros(len(asked), 24)
    for row, ((person, relation), answers) in enumerate(asked.items()):
        x[row, PEOPLE.index(person)] = x[row, 24 + RELATIONS.index(relation)] = 1.0
        d[row, [PEOPLE.index(answer) for answer in answers]] = 1.0
    return x, d


def right(y: Float[Tensor, "*runs cases units"], d: Float[Tensor, "*all cases units"]) -> Bool[Tensor, "*runs cases"]:
    """Whether each case is answered rightly: every output on its side of one half."""
    return ((y > 0.5) == (d > 0.5)).all(-1)
