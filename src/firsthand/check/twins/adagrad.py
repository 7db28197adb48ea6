"""The sparse classifier as a torch.nn.EmbeddingBag of one column, whose last row stands for no feature."""

import torch
from torch import Tensor, nn

from firsthand.check.twin import Twin
from firsthand.papers.adagrad.model import BROWN, Config


class Network(Twin):
    """A sum of the rows of the features present, and a bias."""

    guess = 1.0  # the hinge loss of a score of 0

    def __init__(self, config: Config):
        super().__init__()
        self.features = config.features or BROWN
        self.bag = nn.EmbeddingBag(self.features + 1, 1, mode="sum", padding_idx=self.features)
        self.bias = nn.Parameter(torch.zeros(1))

    def copy_from(self, ours: nn.Module) -> None:
        """Ours has a weight for each feature and none for their absence."""
        state = ours.state_dict()
        with torch.no_grad():
            self.bag.weight[:-1, 0].copy_(state["weight"])
            self.bag.weight[-1].zero_()
            self.bias.copy_(state["bias"])

    def named(self, kind: str) -> dict[str, Tensor]:
        """Parameters or gradients under our names."""
        weight, bias = (p.detach() if kind == "weight" else p.grad for p in (self.bag.weight, self.bias))
        return {"weight": weight[:-1, 0], "bias": bias}

    def forward(self, places: Tensor) -> Tensor:
        """The scores."""
        return self.bag(places.where(places >= 0, self.features)).squeeze(1) + self.bias

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean hinge loss, which torch calls a margin loss between two classes: x1 is the score, x2 is 0."""
        return nn.functional.margin_ranking_loss(outputs, torch.zeros_like(outputs), targets, margin=1.0)

    @staticmethod
    def batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Rows of up to 40 different features, filled up with -1, and labels."""
        places = torch.randint(BROWN, (size, 40), generator=generator)
        length = torch.randint(1, 41, (size, 1), generator=generator)
        return places.where(torch.arange(40) < length, -1), torch.randint(2, (size,), generator=generator) * 2 - 1
