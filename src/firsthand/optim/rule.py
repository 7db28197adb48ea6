"""What all update rules share: which parameters move, and the tensors that a rule remembers for each."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from firsthand.errors import UserError


class Rule(Optimizer):
    """An optimiser whose rule is one method, `update`, written for a whole list of parameters at once.

    A parameter without a gradient is left alone. State and option names are those of torch.optim.
    """

    def __init__(self, params, **options):
        for name, value in options.items():
            if isinstance(value, int | float) and not value >= 0:
                raise UserError(f"{type(self).__name__} needs {name} of 0 or more, got {value}.")
        if not all(0 <= beta < 1 for beta in options.get("betas", ())):
            raise UserError(f"{type(self).__name__} needs betas from 0 up to but not 1, got {options['betas']}.")
        super().__init__(params, options)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # saved before an option existed: it has the value given now
            group |= self.defaults | group

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Move every parameter once; a `closure` recomputes loss and gradients first, and its loss is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                params = [p for p in group["params"] if p.grad is not None]
                if params:
                    self.update(group, params, [p.grad for p in params])
        return loss

    def update(self, group: dict, params: list[Tensor], grads: list[Tensor]) -> None:
        """Change `params` in place from their `grads`, with the options in `group`."""
        raise NotImplementedError

    def memory(self, params: list[Tensor], *names: str, start: float | int = 0) -> list[list[Tensor]]:
        """For every name, the tensor remembered for each parameter, first filled with `start`; "step" is a count."""
        states = [self.state[p] for p in params]
        for p, state in zip(params, states, strict=True):
            for name in names:
                if name not in state:
                    state[name] = torch.tensor(0.0) if name == "step" else torch.full_like(p, start)
        return [[state[name] for state in states] for name in names]
