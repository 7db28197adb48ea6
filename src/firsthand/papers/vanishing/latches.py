"""Many latches at once: hundreds of independent neurons, trained side by side in one tensor."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from firsthand.papers.vanishing.model import latch

Number = float | Tensor  # one for all latches, or one for each
TARGETS = torch.tensor([[-0.8], [0.8]])  # d of class 0 and of class 1
PAIRS, NEEDED = 100, 98  # test pairs, and how many of them a latch that has learned gets right


@dataclass
class Latches:
    """A weight w for each run, and the free inputs of each step, class and run."""

    w: Tensor  # (runs,)
    free: Tensor  # (L, 2, runs)

    @classmethod
    def draw(cls, runs: int, lead: int, w0: Number | None, reach: float, generator: Generator) -> "Latches":
        """Free inputs from U(-reach, reach), and the weight too where w0 is None."""
        free = draws((lead, 2, runs), reach, generator, uniform=True)
        w = draws((runs,), reach, generator, uniform=True) if w0 is None else torch.as_tensor(w0).expand(runs).clone()
        return cls(w, free)

    @torch.no_grad()
    def right(self, length: int, noise: Number, generator: Generator, uniform: bool = False) -> Tensor:
        """Whether 98 of 100 fresh pairs end with the right signs, of each run."""
        runs = len(self.w)
        free = self.free.unsqueeze(2).expand(-1, -1, PAIRS, -1)
        noises = [draws((2, PAIRS, runs), noise, generator, uniform) for _ in range(length - len(free))]
        states = latch(self.w, [*free, *noises])
        ends = torch.stack(states[-(length // 2) - 1 :] if uniform else states[-1:])
        chosen = torch.randint(len(ends), (PAIRS,), generator=generator)  # uniform: T/2 to T steps
        last = ends[chosen, :, torch.arange(PAIRS)]  # (pairs, 2, runs)
        return ((last[:, 0] < 0) & (last[:, 1] > 0)).sum(0) >= NEEDED


def draws(shape: tuple[int, ...], noise: Number, generator: Generator, uniform: bool) -> Tensor:
    """Noise in U(-noise, noise), or from N(0, noise^2)."""
    if uniform:
        return (2 * torch.rand(shape, generator=generator) - 1) * noise
    return torch.randn(shape, generator=generator) * noise


def descend(
    latches: Latches, length: int, noise: Number, lr: Number, updates: int, generator: Generator, uniform: bool = False
) -> None:
    """Gradient descent on C = 1/2 sum (x_T - d)^2 over a fresh pair an update, by back-propagation through time.

    The sum also runs over the latches: as they share nothing, each gets the gradient of its own cost. With `uniform`
    noise the length, too, is uniform, from T/2 to T, one draw an update. In place.
    """
    for _ in range(updates):
        parameters = latches.w.requires_grad_(), latches.free.requires_grad_()
        steps = int(torch.randint((length + 1) // 2, length + 1, (), generator=generator)) if uniform else length
        noises = draws((steps - len(latches.free), *latches.free.shape[1:]), noise, generator, uniform)
        cost = (latch(latches.w, [*latches.free, *noises])[-1] - TARGETS).square().sum() / 2
        moves = (lr * gradient for gradient in torch.autograd.grad(cost, parameters))
        latches.w, latches.free = (p.detach() - move for p, move in zip(parameters, moves, strict=True))


def learned(length: int, w0: Number, noise: Tensor, lr: Number, updates: int, seed: int) -> tuple[Tensor, Tensor]:
    """Which latches, one for each number of `noise`, have learned their bit after so many updates; and their weights.

    L = 3, free inputs start in U(-0.1, 0.1).
    """
    generator = Generator().manual_seed(seed)
    latches = Latches.draw(len(noise), 3, w0, 0.1, generator)
    descend(latches, length, noise, lr, updates, generator)
    return latches.right(length, noise, generator).float(), latches.w
