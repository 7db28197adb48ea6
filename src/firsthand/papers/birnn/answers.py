"""The answers of the exercise, one a step: what stands in a learner's file, but for its bodies, is made of this."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def forwards(
    x: Float[Tensor, "batch time inputs"],
    W: Float[Tensor, "hidden inputs"],
    U: Float[Tensor, "hidden hidden"],
    b: Float[Tensor, " hidden"],
) -> Float[Tensor, "batch time hidden"]:
    """The states of one direction, from the edge on."""
    h, states = x.new_full((len(x), len(b)), 0.5), []
    for x_t in x.unbind(1):
        h = torch.tanh(x_t @ W.T + h @ U.T + b)
        states.append(h)
    return torch.stack(states, 1)


def turned(x: Float[Tensor, "batch time width"], lengths: Int[Tensor, " batch"]) -> Float[Tensor, "batch time width"]:
    """Every sequence reversed within its own length, its padding where it was."""
    times = torch.arange(x.shape[1])
    places = torch.where(times < lengths[:, None], lengths[:, None] - 1 - times, times)
    return x.gather(1, places[:, :, None].expand(x.shape))


def both(
    x: Float[Tensor, "batch time inputs"],
    lengths: Int[Tensor, " batch"],
    W_f: Float[Tensor, "hidden inputs"],
    U_f: Float[Tensor, "hidden hidden"],
    b_f: Float[Tensor, " hidden"],
    W_b: Float[Tensor, "hidden inputs"],
    U_b: Float[Tensor, "hidden hidden"],
    b_b: Float[Tensor, " hidden"],
) -> tuple[Tensor, Tensor]:
    """Forward and backward states at every step, each (batch, time, hidden); 0 on padding."""
    inside = (torch.arange(x.shape[1]) < lengths[:, None])[:, :, None]
    past = forwards(x, W_f, U_f, b_f)
    future = turned(forwards(turned(x, lengths), W_b, U_b, b_b), lengths)
    return past * inside, future * inside


def brnn(
    x: Float[Tensor, "batch time inputs"],
    lengths: Int[Tensor, " batch"],
    W_f: Float[Tensor, "hidden inputs"],
    U_f: Float[Tensor, "hidden hidden"],
    b_f: Float[Tensor, " hidden"],
    W_b: Float[Tensor, "hidden inputs"],
    U_b: Float[Tensor, "hidden hidden"],
    b_b: Float[Tensor, " hidden"],
    V_f: Float[Tensor, "outputs hidden"],
    V_b: Float[Tensor, "outputs hidden"],
    c: Float[Tensor, " outputs"],
) -> Float[Tensor, "batch time outputs"]:
    """The network's outputs, between -1 and 1; 0 on padding."""
    past, future = both(x, lengths, W_f, U_f, b_f, W_b, U_b, b_b)
    inside = (torch.arange(x.shape[1]) < lengths[:, None])[:, :, None]
    return torch.tanh(past @ V_f.T + future @ V_b.T + c) * inside


def pools(one: Float[Tensor, "batch classes"], other: Float[Tensor, "batch classes"]) -> tuple[Tensor, Tensor]:
    """The opinions of two networks, given as logits, merged: the linear pool's probabilities, and the logarithmic's."""
    linear = (torch.softmax(one, 1) + torch.softmax(other, 1)) / 2
    return linear, torch.softmax((one + other) / 2, 1)


def posterior(
    x: Float[Tensor, "batch time inputs"],
    classes: Int[Tensor, "batch time"],
    W_f: Float[Tensor, "hidden inputs_and_classes"],
    U_f: Float[Tensor, "hidden hidden"],
    b_f: Float[Tensor, " hidden"],
    W_b: Float[Tensor, "hidden inputs"],
    U_b: Float[Tensor, "hidden hidden"],
    b_b: Float[Tensor, " hidden"],
    V_f: Float[Tensor, "classes hidden"],
    V_b: Float[Tensor, "classes hidden"],
    V_x: Float[Tensor, "classes inputs"],
    c: Float[Tensor, " classes"],
) -> Float[Tensor, " batch"]:
    """log P(c_1, ..., c_T | x_1, ..., x_T) of whole sequences of classes, by the modified network."""
    codes = torch.eye(len(c), dtype=x.dtype)[classes]
    past = forwards(torch.cat([x, codes], 2), W_f, U_f, b_f)
    future = forwards(x.flip(1), W_b, U_b, b_b).flip(1)
    edge = x.new_full((len(x), 1, len(b_f)), 0.5)
    before, after = torch.cat([edge, past[:, :-1]], 1), torch.cat([future[:, 1:], edge], 1)
    logits = before @ V_f.T + after @ V_b.T + x @ V_x.T + c
    return (torch.log_softmax(logits, 2) * codes).sum((1, 2))
