"""What all update rules share: which parameters move, the tensors remembered for each, and in what portions they go."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.optim import Optimizer

from firsthand.errors import UserError

BLOCK = 1 << 16  # numbers that move together on a CPU: they stay in its cache from line to line
Many = list[Tensor]  # a tensor for every parameter that moves
ONE = torch.tensor(1.0)


class Rule(Optimizer):
    """An optimiser whose rule is one method, `update`, written for a whole list of parameters at once.

    A parameter without a gradient is left alone. State and option names are those of torch.optim.
    """

    counts = True  # whether the rule asks for the number of the step, which is then remembered as "step"

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

    def memory(self, group: dict) -> dict[str, float | int]:
        """The names of the tensors remembered for each parameter, in `update`'s order, and what fills them at first."""
        return {}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        """Change `params` and their `memory` in place from their `grads`, with the options in `group`.

        t is the number of the step, 1 the first, for parameters that have moved equally often. A rule that does not
        count only learns whether its memory is new: t is 1 or 2.
        """
        raise NotImplementedError

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Move every parameter once; a `closure` recomputes loss and gradients first, and its loss is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for t, block in self._blocks(group):
                    self.update(group, t, *block)
        return loss

    def _blocks(self, group: dict) -> Iterator[tuple[int, list[Many]]]:
        """What moves together: parameters, gradients and memory, of one large tensor or of several small ones.

        Every line of a rule passes over the whole block. A CPU that passed over all parameters instead would fetch
        them from main memory every time; an accelerator is fastest with all of them at once.
        """
        small: list[tuple[Tensor, ...]] = []
        size, common = 0, 0
        for t, row in self._rows(group):
            numel = row[0].numel() if row[0].is_cpu else 0
            if numel > BLOCK:
                yield t, [[x] for x in row]
                continue
            if small and (t != common or size + numel > BLOCK):
                yield common, list(map(list, zip(*small, strict=True)))
                small, size = [], 0
            small.append(row)
            size, common = size + numel, t
        if small:
            yield common, list(map(list, zip(*small, strict=True)))

    def _rows(self, group: dict) -> list[tuple[int, tuple[Tensor, ...]]]:
        """Every parameter that has a gradient, with the gradient and its memory, and the number of its step."""
        memory = self.memory(group)
        params = [p for p in group["params"] if p.grad is not None]
        if not memory and not self.counts:
            return [(2, (p, p.grad)) for p in params]
        states = [self.state[p] for p in params]
        numbers = [2] * len(params)
        for place, (p, state) in enumerate(zip(params, states, strict=True)):
            for name, start in memory.items():
                if state.get(name) is None:
                    state[name] = torch.full_like(p, start)
                    numbers[place] = 1
            if self.counts and "step" not in state:
                state["step"] = torch.tensor(0.0)
        if self.counts and states:
            steps = [state["step"] for state in states]
            torch._foreach_add_(steps, ONE)
            numbers = [int(step) for step in steps]
        rows = [(p, p.grad, *(state[name] for name in memory)) for p, state in zip(params, states, strict=True)]
        return list(zip(numbers, rows, strict=True))
