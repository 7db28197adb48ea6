"""Linear regression with dropout on its inputs: the noise integrated out is a ridge for every feature."""

from itertools import product

import torch
from torch import Tensor

from firsthand.claims import Arm, Claim, Measure, Outcome, limit_from
from firsthand.claims.bench.descent import seeded
from firsthand.nn import Dropout

GROUPS, MASKS = 20, 2000


def ridge(keep: float = 0.5, seed: int = 0) -> Outcome:
    """The minimum of E|y - (R * X) w|^2 in three ways: over all masks, over sampled ones, and in closed form.

    40 examples of six features whose sizes range from 0.3 to 3. The closed form is that of section 9.1,
    |y - p X w|^2 + p (1 - p) |Gamma w|^2 with Gamma = diag(X^T X)^(1/2).

    Args:
        keep: p, the probability that an input stays.
        seed: of examples and masks.
    """
    generator = seeded(seed)
    sizes = torch.logspace(-0.5, 0.5, 6, dtype=torch.float64)
    x = torch.randn(40, 6, generator=generator, dtype=torch.float64) * sizes
    y = x @ (1 / sizes) + torch.randn(40, generator=generator, dtype=torch.float64)
    gram = x.T @ x
    closed = torch.linalg.solve(keep**2 * gram + keep * (1 - keep) * gram.diag().diag(), keep * x.T @ y)

    def minimum(weighted: list[tuple[float, Tensor]]) -> Tensor:
        """Least squares over thinned copies of x, each with its weight."""
        left = sum(weight * thin.T @ thin for weight, thin in weighted)
        return torch.linalg.solve(left, sum(weight * thin.T @ y for weight, thin in weighted))

    masks = torch.tensor(list(product((0.0, 1.0), repeat=6)), dtype=torch.float64)
    chances = keep ** masks.sum(1) * (1 - keep) ** (6 - masks.sum(1))
    every = minimum([(chance, mask * x) for chance, mask in zip(chances.tolist(), masks, strict=True)])
    drop = Dropout(1 - keep, "test").train()
    sampled = torch.stack([minimum([(1.0, drop(x)) for _ in range(MASKS)]) for _ in range(GROUPS)])
    errors = (sampled.mean(0) - closed).abs() / (sampled.std(0) / GROUPS**0.5)
    plain = torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    return {
        "exact": ((every - closed).norm() / closed.norm()).item(),
        "sampled": errors.max().item(),
        "shrunk": (keep * closed).norm().item() / plain.norm().item(),
    }


EXACT = Measure("exact", "all masks, relative difference", digits=16)
SAMPLED = Measure("sampled", "sampled masks, largest difference (standard errors)", digits=2)
SHRUNK = Measure("shrunk", "norm of p w over that of least squares")
HALF = Arm("p = 0.5", experiment=ridge)
MOST = Arm("p = 0.8", experiment=ridge, overrides={"keep": 0.8})

CLAIM = Claim(
    key="ridge",
    kind="identity",
    statement="Dropout on the inputs of linear regression is, on average, a ridge scaled by each feature's size.",
    where="sec. 9.1",
    measures=(EXACT, SAMPLED, SHRUNK),
    arms=(HALF, MOST),
    conditions=limit_from(
        "theory",
        (EXACT.of(HALF, MOST) <= 1e-10).saying("equal to rounding"),
        (SAMPLED.of(HALF, MOST) <= 5).saying("our layer's own masks agree to sampling error"),
        (SHRUNK.of(HALF) < SHRUNK.of(MOST)).saying("the more is dropped, the stronger the ridge"),
    ),
    remark="The rows are masked independently, and the loss is a sum over rows, so that all 64 masks of six features "
    "give the exact mean. Sampled: 20 groups of 2,000 masks of the whole matrix; of 36 coefficients the largest "
    "difference is about three standard errors by chance, with 19 degrees of freedom.",
)
