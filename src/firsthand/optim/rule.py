"""What all update rules share: which parameters move, the tensors remembered for each, and in what portions they go."""

from collections.abc import Callable, Iterator, Mapping
from math import inf
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from firsthand.errors import UserError, unknown

BLOCK = 1 << 16  # numbers that move together on a CPU: they stay in its cache from line to line
Many = list[Tensor] | tuple[Tensor, ...]  # a tensor for every parameter that moves
Params = Any  # iterable of parameters, of (name, parameter) pairs, or of groups: dictionaries with "params" and options
ONE = torch.tensor(1.0, dtype=torch.float32, device="cpu")
FLAGS = ("foreach", "fused", "capturable", "differentiable")  # how torch.optim computes a step; here there is one way
NOTES = (  # what else stands in a group: torch's own, and what torch.optim.lr_scheduler and swa_utils write there
    "params", "param_names", "initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum", "swa_lr",
)  # fmt: skip


class Rule(Optimizer):
    """An optimiser whose rule is one method, `update`, written for a whole list of parameters at once.

    A parameter without a gradient is left alone. State and option names are those of torch.optim. All rules share the
    option `maximize`, to climb instead, and take a tensor of one number for lr. A complex parameter moves as its real
    and its imaginary part would; a sparse gradient counts as the full tensor that it stands for.
    """

    counts = True  # whether the rule asks for the number of the step, which is then remembered as "step"

    def __init__(self, params: Params, shared: dict | None = None, **options: Any):
        self.defaults = options | {"maximize": False}
        defaults = self.defaults | (shared or {})  # what was given beside the rule's own options
        self.check(defaults)
        super().__init__(params, defaults)

    def check(self, options: dict[str, Any]) -> None:
        """Raise UserError for an option that the rule does not have, or a value that it cannot have."""
        rule = type(self).__name__
        for name, value in options.items():
            if name == "lr" and isinstance(value, Tensor) and value.numel() == 1 and not value.requires_grad:
                value = value.item()
            if name in NOTES or (name in FLAGS and not value):
                continue
            if name in FLAGS:
                raise UserError(f"{rule} has no {name}={value}: leave it out or set it to False.")
            if name not in self.defaults:
                raise unknown(f"option of {rule}", name, [own for own in self.defaults if own not in FLAGS])
            if name == "betas":
                if not (isinstance(value, tuple | list) and len(value) == 2 and all(map(_below_one, value))):
                    raise UserError(f"{rule} needs two numbers from 0 up to but not 1 as betas, got {value}.")
            elif isinstance(value, Real) and not 0 <= value < inf:  # type: ignore[operator]  # a Real has an order
                raise UserError(f"{rule} needs {name} of 0 or more and below infinity, got {value}.")
            elif isinstance(value, Tensor | str | complex):
                raise UserError(f"{rule} needs {name} as a plain number, got a {type(value).__name__}.")

    def add_param_group(self, param_group: Any) -> None:
        """Take in more parameters, with options of their own where they bring any; the given dict stays as it is."""
        if isinstance(param_group, dict):  # torch refuses all else
            param_group = self.defaults | param_group
            self.check(param_group)
            params = param_group.get("params")
            if isinstance(params, list) and len(set(params)) < len(params):
                raise UserError(f"A group of {type(self).__name__} holds a parameter twice: give each of them once.")
        super().add_param_group(param_group)

    def __setstate__(self, state: dict) -> None:
        """Take over a copy's or a state dict's content; nothing changes if it is refused."""
        self.defaults = (self.__dict__ | state)["defaults"]
        for group in state["param_groups"]:
            group |= self.defaults | group  # saved before an option existed: it has the value given now
            self.check(group)
            self._check_memory(group, state["state"])
        super().__setstate__(state)

    def _check_memory(self, group: dict, state: dict) -> None:
        """What is remembered must be this rule's, for these parameters; the step may be a number, as it once was."""
        count = {"step"} if self.counts else set()
        least, most = (self.memory(dict.fromkeys(group, on)).keys() | count for on in (0, 1))  # options off, and on
        for p in group["params"]:
            slots = state.get(p, {})
            if slots and not least <= slots.keys() <= most:
                raise UserError(
                    f"The state holds {', '.join(slots)}, while {type(self).__name__} remembers "
                    f"{', '.join(sorted(most))}: load it into the rule that it was saved from."
                )
            for name, value in slots.items():
                if name == "step":
                    slots[name] = torch.as_tensor(value, dtype=torch.float32, device="cpu")
                elif isinstance(value, Tensor) and value.shape != p.shape:
                    raise UserError(
                        f"The state is for a parameter of shape {tuple(value.shape)}, here it is {tuple(p.shape)}:"
                        " load it into an optimiser of the same parameters."
                    )

    def memory(self, group: dict) -> Mapping[str, float | int]:
        """The names of the tensors remembered for each parameter, in `update`'s order, and what fills them at first."""
        return {}

    def update(self, group: dict, t: int, params: Many, grads: Many, *memory: Many) -> None:
        """Change `params` and their `memory` in place from their `grads`, with the options in `group`.

        t is the number of the step, 1 the first, for parameters that have moved equally often. A rule that does not
        count only learns whether its memory is new: t is 1 or 2.
        """
        raise NotImplementedError

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:  # type: ignore[override]
        """Move every parameter once; a `closure` recomputes loss and gradients first, and its loss is returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                if isinstance(group["lr"], Tensor):
                    group = group | {"lr": group["lr"].item()}
                for t, block in self._blocks(group):
                    if group["maximize"]:
                        block[1] = list(torch._foreach_neg(block[1]))
                    self.update(group, t, *block)
        return loss

    def _blocks(self, group: dict) -> Iterator[tuple[int, list[Many]]]:
        """What moves together: parameters, gradients and memory, of one large tensor or of several small ones.

        Every line of a rule passes over the whole block. A CPU that passed over all parameters instead would fetch
        them from main memory every time; an accelerator is fastest with all of them at once.
        """
        numbers, columns = self._columns(group)
        if len(set(numbers)) == 1 and sum([p.numel() for p in columns[0] if p.is_cpu]) <= BLOCK:
            yield numbers[0], columns  # a small network, or an accelerator
            return
        small: list[tuple[Tensor, ...]] = []
        size, common = 0, 0
        for t, row in zip(numbers, zip(*columns, strict=True), strict=True):
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

    def _columns(self, group: dict) -> tuple[list[int], list[Many]]:
        """The numbers of their steps, and all parameters that have a gradient, their gradients and their memory."""
        memory = self.memory(group)
        params = [p for p in group["params"] if p.grad is not None]
        grads = [p.grad for p in params]
        columns: list[Many] = [params, grads]
        numbers = [2] * len(params)
        if memory or self.counts:
            states = [self.state[p] for p in params]
            for place, (p, state) in enumerate(zip(params, states, strict=True)):
                for name, start in memory.items():
                    if state.get(name) is None:
                        state[name] = torch.full_like(p, complex(start, start) if p.is_complex() else start)
                        numbers[place] = 1
                if self.counts and "step" not in state:
                    state["step"] = torch.zeros_like(ONE)
            if self.counts and states:
                steps = [state["step"] for state in states]
                torch._foreach_add_(steps, ONE)
                numbers = list(map(int, map(Tensor.item, steps)))
            columns += [[state[name] for state in states] for name in memory]
        if any(map(Tensor.is_complex, grads)) or {g.layout for g in grads} - {torch.strided}:
            columns = list(map(list, zip(*map(_real, *columns), strict=True)))
        return numbers, columns


def _below_one(beta: Any) -> bool:
    return isinstance(beta, Real) and 0 <= beta < 1  # type: ignore[operator]


def _real(p: Tensor, grad: Tensor, *memory: Tensor) -> tuple[Tensor, ...]:
    """All as full tensors of real numbers: complex ones gain a last axis of two."""
    row = (p, grad.to_dense().resolve_conj(), *memory)
    return tuple(map(torch.view_as_real, row)) if p.is_complex() else row
