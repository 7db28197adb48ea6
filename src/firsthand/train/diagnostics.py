"""Health of a network while it trains: activations, gradients, saturation and update sizes, layer by layer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.nn.activation import Activation
from firsthand.train.folder import Rows

BINS = 60  # of every histogram


class Probe:
    """Watches real training steps without disturbing them: the numbers of the run are the same with and without it."""

    def __init__(self, network: Module, rows: Rows):
        self.network, self.rows = network, rows

    @contextmanager
    def watch(self, step: int) -> Iterator[None]:
        """Record the step that runs inside this block (its forward and backward pass and its update)."""
        outputs: dict[str, Tensor] = {}
        limits: dict[str, float | None] = {}

        def hook(name: str, module: Activation) -> Any:
            def keep(_: Module, __: Any, output: Tensor) -> None:
                output.retain_grad()
                outputs[name], limits[name] = output, module.saturated

            return module.register_forward_hook(keep)

        found = [(name, module) for name, module in self.network.named_modules() if isinstance(module, Activation)]
        hooks = [hook(name, module) for name, module in found]
        matrices = {name: p for name, p in self.network.named_parameters() if p.ndim > 1}
        before = {name: p.detach().clone() for name, p in matrices.items()}
        try:
            yield
        finally:
            for handle in hooks:
                handle.remove()
        self.rows.append(
            {
                "step": step,
                "layers": [layer(name, output, limits[name]) for name, output in outputs.items()],
                "weights": [weight(name, before[name], p) for name, p in matrices.items() if p.grad is not None],
            }
        )


def layer(name: str, output: Tensor, saturated: float | None) -> dict[str, Any]:
    """Spread, saturation and histograms of one layer's activations and of the loss's gradient with respect to them."""
    row: dict[str, Any] = {"name": name, **statistics("activation", output.detach())}
    if saturated is not None:
        row["saturation"] = (output.detach().abs() > saturated).float().mean().item()
    if output.grad is not None:
        row |= statistics("gradient", output.grad)
    return row


def weight(name: str, before: Tensor, after: Tensor) -> dict[str, Any]:
    """Sizes of one weight matrix, its gradient and its update; healthy update ratios lie near 1e-3."""
    spread = before.std().item()
    return {
        "name": name,
        "std": spread,
        "gradient_std": after.grad.std().item(),
        "update_ratio": (after.detach() - before).std().item() / max(spread, 1e-12),
    }


def statistics(kind: str, values: Tensor) -> dict[str, Any]:
    """Mean, standard deviation and a histogram of some values."""
    values = values.float().flatten().cpu()
    finite = values[values.isfinite()]  # a run that diverged is still recorded
    reach = max(finite.abs().max().item(), 1e-12) if len(finite) else 1.0
    counts = torch.histc(finite, bins=BINS, min=-reach, max=reach)
    return {
        kind: {
            "mean": values.mean().item(),
            "std": values.std().item(),
            "reach": reach,  # the histogram runs from -reach to reach
            "histogram": [int(count) for count in counts],
        }
    }
