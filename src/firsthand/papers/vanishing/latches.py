"""Many latches at once: hundreds of neurons that never meet, trained side by side in one tensor."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from firsthand.papers.vanishing.model import latch
from firsthand.papers.vanishing.theory import attractor

TARGETS = torch.tensor([[-0.8], [0.8]])  # d of class 0 and of class 1
PAIRS = 100  # test pairs of which a latch must get NEEDED right
NEEDED = 98


@dataclass
class Latches:
    """A weight w for each run, and the free inputs of each step, class and run."""

    w: Tensor  # (runs,)
    free: Tensor  # (L, 2, runs)

    @classmethod
    def draw(cls, runs: int, lead: int, w0: float | Tensor | None, reach: float, generator: Generator) -> "Latches":
        """Free inputs from U(-reach, reach), and the weight too where w0 is None."""
        free = reach * (2 * torch.rand(lead, 2, runs, generator=generator) - 1)
        if w0 is None:
            w = reach * (2 * torch.rand(runs, generator=generator) - 1)
        else:
            w = torch.as_tensor(w0, dtype=torch.float32).expand(runs).clone()
        return cls(w, free)

    def states(self, noise: list[Tensor]) -> list[Tensor]:
        """All states of both classes: the free inputs come first, then these."""
        return latch(self.w, [*self.free, *noise])

    @torch.no_grad()
    def right(self, length: int, noise: float | Tensor, generator: Generator, uniform: bool = False) -> Tensor:
        """Whether 98 of 100 fresh pairs end with the right signs, of each run."""
        runs = len(self.w)
        wide = Latches(self.w, self.free.unsqueeze(2).expand(-1, -1, PAIRS, -1))
        drawn = [draws((2, PAIRS, runs), noise, generator, uniform) for _ in range(length - len(self.free))]
        states = torch.stack(wide.states(drawn)[-(length + 1) // 2 :]) if uniform else wide.states(drawn)[-1][None]
        ends = torch.randint(len(states), (PAIRS,), generator=generator)  # uniform: T/2 to T steps
        last = states[ends, :, torch.arange(PAIRS)]  # (pairs, 2, runs)
        both = (last[:, 0] < 0) & (last[:, 1] > 0)
        return both.sum(0) >= NEEDED


def draws(shape: tuple[int, ...], noise: float | Tensor, generator: Generator, uniform: bool) -> Tensor:
    """Noise in U(-noise, noise), or from N(0, noise^2)."""
    if uniform:
        return (2 * torch.rand(shape, generator=generator) - 1) * noise
    return torch.randn(shape, generator=generator) * noise


def descend(
    latches: Latches,
    length: int,
    noise: float | Tensor,
    lr: float | Tensor,
    updates: int,
    generator: Generator,
    uniform: bool = False,
) -> None:
    """Gradient descent on C = 1/2 sum (x_T - d)^2 over a fresh pair an update, by back-propagation through time.

    The sum also runs over the latches: as they share nothing, each gets the gradient of its own cost. With `uniform`
    noise the length, too, is uniform, from T/2 to T, one draw an update. In place.
    """
    parameters = [latches.w.requires_grad_(), latches.free.requires_grad_()]
    shape = latches.free.shape[1:]
    for _ in range(updates):
        steps = length
        if uniform:
            steps = int(torch.randint((length + 1) // 2, length + 1, (), generator=generator))
        drawn = draws((steps - len(latches.free), *shape), noise, generator, uniform)
        last = latches.states(list(drawn))[-1]
        cost = (last - TARGETS).square().sum() / 2
        gradients = torch.autograd.grad(cost, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
    latches.w.requires_grad_(False)
    latches.free.requires_grad_(False)


@torch.no_grad()
def survivors(w: float, noise: float, steps: int, runs: int, generator: Generator) -> float:
    """Share of neurons that start at the attractor and still have their sign after so many steps of noise."""
    x = torch.full((runs,), attractor(w))
    for _ in range(steps):
        x = torch.tanh(w * x + noise * torch.randn(runs, generator=generator))
    return (x > 0).float().mean().item()
