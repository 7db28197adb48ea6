"""How recurrent layers go along time: step by step in the definitions; and what their arguments must be."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from firsthand.errors import UserError
from firsthand.nn.shape import check_shape, indices, wrong_shape


def scan(
    step: Callable,
    x: Float[Tensor, "batch time in"],
    state: tuple[Float[Tensor, "batch hidden"], ...],
    lengths: Int[Tensor, " batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Tensor, "..."], ...]:
    """s_t = step(x_t, s_t-1) from the first time step to the last, or from the last to the first.

    Returns the first part of every state, and the last state. Beyond its length a row's state stays what it is and its
    output is 0: forwards the last state is of the row's own last step, backwards the start meets the row there.
    """
    outputs: list[Tensor] = []
    times = range(x.shape[1])
    for t in reversed(times) if reverse else times:
        if lengths is None:
            state = step(x[:, t], *state)
            outputs.append(state[0])
            continue
        runs = (t < lengths).unsqueeze(1)
        moved = step(torch.where(runs, x[:, t], 0), *state)
        state = tuple(torch.where(runs, new, old) for new, old in zip(moved, state, strict=True))
        outputs.append(torch.where(runs, moved[0], 0))
    return torch.stack(outputs[::-1] if reverse else outputs, 1), *state


def as_autocast(results: tuple[Float[Tensor, "..."], ...]) -> tuple[Float[Tensor, "..."], ...]:
    """Under autocast, results in its precision, as torch gives them; the states of the steps between keep theirs."""
    kind = results[0].device.type
    if kind == "meta" or not torch.is_autocast_enabled(kind):
        return results
    return tuple(result.to(torch.get_autocast_dtype(kind)) for result in results)


def check_sequence(
    name: str,
    gates: int,
    x: Float[Tensor, "..."],
    states: dict[str, Float[Tensor, "..."]],
    weight_ih: Float[Tensor, "..."],
    weight_hh: Float[Tensor, "..."],
    bias_ih: Float[Tensor, "..."] | None,
    bias_hh: Float[Tensor, "..."] | None,
    lengths: Int[Tensor, "..."] | None,
) -> None:
    """Raises UserError when the sequences, their start, the weights and the lengths do not fit together."""
    hidden = weight_hh.shape[-1]
    rows = gates * hidden
    if x.ndim != 3 or x.shape[2] != weight_ih.shape[-1]:
        raise wrong_shape(f"The input of {name}", x, f"(batch, time, {weight_ih.shape[-1]})")
    batch, time, features = x.shape
    if time == 0:
        raise UserError(f"{name} needs sequences of one step or more, got an input of shape {tuple(x.shape)}.")
    if weight_ih.shape != (rows, features):
        raise wrong_shape(f"weight_ih of {name}", weight_ih, f"({rows}, {features})")
    if weight_hh.shape != (rows, hidden):
        raise wrong_shape(f"weight_hh of {name}", weight_hh, f"({rows}, {hidden})")
    for symbol, bias in (("bias_ih", bias_ih), ("bias_hh", bias_hh)):
        if bias is not None and bias.shape != (rows,):
            raise wrong_shape(f"{symbol} of {name}", bias, f"({rows},)")
    for symbol, state in states.items():
        if state.shape != (batch, hidden):
            raise wrong_shape(f"The state {symbol} of {name}", state, f"({batch}, {hidden})")
    if lengths is not None:
        check_lengths(name, lengths, batch, time)


def check_lengths(name: str, lengths: Shaped[Tensor, "..."], batch: int, time: int) -> None:
    """Raises UserError when there is not one whole number from 1 to time for each row."""
    check_shape(f"The tensor of lengths of {name}", lengths, (batch,), "one for each row")
    indices(f"The tensor of lengths of {name}", lengths)
    if batch and not lengths.is_meta and not 1 <= int(lengths.min()) <= int(lengths.max()) <= time:
        raise UserError(f"The lengths of {name} go from {lengths.min()} to {lengths.max()}, expected 1 to {time}.")
