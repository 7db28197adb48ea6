"""Back-propagation through time as the paper prints it: the errors of every part of the LSTM, backwards in time."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def unrolled(
    variant: str,
    blocks: str,
    x: Float[Tensor, "batch time in"],
    state: tuple[Float[Tensor, "batch hidden"], ...],
    W: Float[Tensor, "rows in"],
    R: Float[Tensor, "rows hidden"],
    b: Float[Tensor, " rows"],
    peepholes: tuple[Float[Tensor, " hidden"] | None, ...],
    G: Float[Tensor, "gates gates"] | None = None,
) -> tuple[Float[Tensor, "..."], ...]:
    """All outputs y, and the last y, c and, with FGR, i, f and o, of `model.LSTM` of this variant with these weights.

    `blocks` are those of i, f, z, o that have rows in W, R and b, in this order; of `peepholes` p_i, p_f, p_o those
    that there are; G is of FGR alone.
    """
    args = variant, blocks, x, *state[:2], W, R, b, *peepholes
    if G is None:
        return _Unrolled.apply(*args, None, None)[:3]
    gates, feed = _among(torch.cat(state[2:], 1)), _among(_among(G).t())  # G^T, with zeros where z is
    y, *last, after = _Unrolled.apply(*args, gates, feed)
    i, f, _, o = after.chunk(4, 1)
    return y, *last, i, f, o


class _Unrolled(torch.autograd.Function):
    """Forward as the equations of `model.py`; backward, with D_t from above and di, df, dz, do of the sums inside,

        dy_t = D_t + R_z^T dz_(t+1) + R_i^T di_(t+1) + R_f^T df_(t+1) + R_o^T do_(t+1)
        do_t = dy_t h(c_t) sigmoid'(o_t)
        dc_t = dy_t o_t h'(c_t) + p_o do_t + p_i di_(t+1) + p_f df_(t+1) + dc_(t+1) f_(t+1)
        df_t = dc_t c_(t-1) sigmoid'(f_t)      di_t = dc_t z_t sigmoid'(i_t)      dz_t = dc_t i_t g'(z_t)

    and for each block s of i, f, z, o, over all steps,

        dW_s = sum ds_t x_t^T   dR_s = sum ds_t y_(t-1)^T   db_s = sum ds_t   dx_t = sum_s W_s^T ds_t
        dp_i = sum c_(t-1) di_t   dp_f = sum c_(t-1) df_t   dp_o = sum c_t do_t

    With CIFG di_t = dc_t (z_t - c_(t-1)) sigmoid'(i_t). With FGR a gate's error also has G^T of the gates' errors of
    the step after it, before it is multiplied by its slope. Source: section II.B.
    """

    @staticmethod
    def forward(ctx, variant, blocks, x, y0, c0, W, R, b, p_i, p_f, p_o, before, feed):
        batch, time, hidden = *x.shape[:2], R.shape[1]
        a = torch.addmm(b, x.transpose(0, 1).flatten(0, 1), W.t()).view(time, batch, -1)
        part, (i, f, z, o) = _parts(a, blocks, hidden)
        y, c = (start.new_empty(time + 1, *start.shape) for start in (y0, c0))
        y[0], c[0] = y0, c0
        bent = c if variant == "NOAF" else torch.empty_like(c)  # h(c)
        squashed = a[:, :, : hidden * sum(s in blocks for s in "if")]  # what becomes i and f
        gates = before
        with torch.inference_mode():  # the calls cost less
            for t in range(time):
                a[t].addmm_(y[t], R.t())
                if feed is not None:
                    a[t].addmm_(gates, feed)
                    gates = a[t]
                for gate, peephole in ((i, p_i), (f, p_f)):
                    if peephole is not None:
                        gate[t].addcmul_(c[t], peephole)
                squashed[t].sigmoid_()
                if variant != "NIAF":
                    z[t].tanh_()
                if variant == "CIFG":
                    torch.addcmul(c[t], i[t], c[t], value=-1, out=c[t + 1])
                else:
                    torch.mul(f[t], c[t], out=c[t + 1])
                c[t + 1].addcmul_(i[t], z[t])
                if p_o is not None:
                    o[t].addcmul_(c[t + 1], p_o)
                if "o" in part:
                    o[t].sigmoid_()
                if variant != "NOAF":
                    torch.tanh(c[t + 1], out=bent[t + 1])
                torch.mul(o[t], bent[t + 1], out=y[t + 1])
        ctx.variant, ctx.blocks = variant, blocks
        ctx.save_for_backward(x, W, R, p_i, p_f, p_o, before, feed, a, y, c, bent)
        return y[1:].transpose(0, 1).contiguous(), y[-1].clone(), c[-1].clone(), None if feed is None else a[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, dys, dy_last, dc_last, fed):
        x, W, R, p_i, p_f, p_o, before, feed, a, y, c, bent = ctx.saved_tensors
        variant, (time, batch, _), hidden = ctx.variant, a.shape, R.shape[1]
        part, (i, f, z, o) = _parts(a, ctx.blocks, hidden)
        slope = {s: part[s] * (1 - part[s]) for s in "ifo" if s in part}  # sigmoid'
        da = torch.empty_like(a)  # at first what dc_t is multiplied by, or dy_t, to give a block's error
        d, _ = _parts(da, ctx.blocks, hidden)
        torch.mul(torch.ones_like(z) if variant == "NIAF" else 1 - z * z, i, out=d["z"])
        for s, by in (("i", z - c[:-1] if variant == "CIFG" else z), ("f", c[:-1]), ("o", bent[1:])):
            if s in d:
                torch.mul(slope[s], by, out=d[s])
        keep = 1 - i if variant == "CIFG" else f
        to_c = o if variant == "NOAF" else (1 - bent[1:] * bent[1:]) * o
        inner = da.unflatten(2, (-1, hidden))[:, :, : len(d) - ("o" in d)]  # all but o
        dy, dc = torch.zeros_like(y), dc_last.clone()
        dy[1:] = dys.transpose(0, 1)
        dy[-1] += dy_last
        with torch.inference_mode():
            for t in reversed(range(time)):
                if "o" in d:
                    d["o"][t].mul_(dy[t + 1])
                if feed is not None:
                    d["o"][t].addcmul_(fed[:, 3 * hidden :], slope["o"][t])
                dc.addcmul_(dy[t + 1], to_c[t])
                if p_o is not None:
                    dc.addcmul_(d["o"][t], p_o)
                inner[t].mul_(dc.unsqueeze(1))
                if feed is not None:
                    d["i"][t].addcmul_(fed[:, :hidden], slope["i"][t])
                    d["f"][t].addcmul_(fed[:, hidden : 2 * hidden], slope["f"][t])
                    fed = da[t] @ feed.t()
                dc.mul_(keep[t])
                for s, peephole in (("i", p_i), ("f", p_f)):
                    if peephole is not None:
                        dc.addcmul_(d[s][t], peephole)
                dy[t].addmm_(da[t], R)
        flat, xs = da.flatten(0, 1), x.transpose(0, 1).flatten(0, 1)
        dx = (flat @ W).view(time, batch, -1).transpose(0, 1) if ctx.needs_input_grad[2] else None
        saw = (("i", p_i, c[:-1]), ("f", p_f, c[:-1]), ("o", p_o, c[1:]))
        dps = [None if p is None else (d[s] * cell).sum((0, 1)) for s, p, cell in saw]
        dgates = dfeed = None
        if feed is not None:
            gates = torch.cat([before[None], a[:-1]]).flatten(0, 1)
            dgates, dfeed = fed.clone(), (flat.t() @ gates).t()  # a copy that autograd may use outside of inference
        dR = flat.t() @ y[:-1].flatten(0, 1)
        return None, None, dx, dy[0], dc, flat.t() @ xs, dR, flat.sum(0), *dps, dgates, dfeed


def _parts(a: Tensor, blocks: str, hidden: int) -> tuple[dict[str, Tensor], list[Tensor]]:
    """The blocks of all steps' sums that there are, and all of i, f, z, o, with ones for those that there are not."""
    part = dict(zip(blocks, a.unflatten(2, (len(blocks), hidden)).unbind(2), strict=True))
    return part, [part[s] if s in part else torch.ones_like(part["z"]) for s in "ifzo"]


def _among(gates: Tensor) -> Tensor:
    """The gates i, f, o at their places among i, f, z, o; z is 0."""
    i, f, o = gates.chunk(3, 1)
    return torch.cat([i, f, torch.zeros_like(i), o], 1)
