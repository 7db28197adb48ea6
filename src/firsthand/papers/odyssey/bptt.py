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
    gates = torch.cat(state[2:], 1) if G is not None else None
    *found, last = _Unrolled.apply(variant, blocks, x, *state[:2], W, R, b, *peepholes, gates, G)
    return (*found, *last.chunk(3, 1)) if G is not None else tuple(found)


class _Unrolled(torch.autograd.Function):
    """Forward as the equations of `model.py`; backward, with D_t the error from above and ' of the sums, not bent yet,

        dy_t = D_t + R_z^T dz_(t+1) + R_i^T di_(t+1) + R_f^T df_(t+1) + R_o^T do_(t+1)
        do_t = dy_t h(c_t) sigmoid'(o_t)
        dc_t = dy_t o_t h'(c_t) + p_o do_t + p_i di_(t+1) + p_f df_(t+1) + dc_(t+1) f_(t+1)
        df_t = dc_t c_(t-1) sigmoid'(f_t)      di_t = dc_t z_t sigmoid'(i_t)      dz_t = dc_t i_t g'(z_t)

    and for each block s of i, f, z, o, over all steps,

        dW_s = sum ds_t x_t^T   dR_s = sum ds_t y_(t-1)^T   db_s = sum ds_t   dx_t = sum_s W_s^T ds_t
        dp_i = sum c_(t-1) di_t   dp_f = sum c_(t-1) df_t   dp_o = sum c_t do_t

    With CIFG di_t = dc_t (z_t - c_(t-1)) sigmoid'(i_t). With FGR a gate hears G^T of the gates' errors of the step
    after it, before it is multiplied by its slope.
    Source: section II.B.
    """

    @staticmethod
    def forward(ctx, variant, blocks, x, y0, c0, W, R, b, p_i, p_f, p_o, gates0, G):
        batch, time, hidden = *x.shape[:2], R.shape[1]
        a = torch.addmm(b, x.transpose(0, 1).flatten(0, 1), W.t()).view(time, batch, -1)
        part = dict(zip(blocks, a.unflatten(2, (len(blocks), hidden)).unbind(2), strict=True))
        y, c = (start.new_empty(time + 1, *start.shape) for start in (y0, c0))
        y[0], c[0] = y0, c0
        bent = c if variant == "NOAF" else torch.empty_like(c)  # h(c)
        wide = None if G is None else _between(G, hidden)
        before = None if G is None else _among(gates0, hidden)
        with torch.inference_mode():  # the calls cost less
            to, each = R.t(), [part[s].unbind(0) if s in part else (None,) * time for s in "ifzo"]
            squared = _pair(a, blocks, hidden)
            for a_t, i, f, z, o, both, y_before, y_t, c_before, c_t, h in zip(
                a.unbind(0), *each, squared, y.unbind(0), y.unbind(0)[1:], c.unbind(0), c.unbind(0)[1:],
                bent.unbind(0)[1:], strict=False,
            ):  # fmt: skip
                a_t.addmm_(y_before, to)
                if wide is not None:
                    a_t.addmm_(before, wide.t())
                if i is not None and p_i is not None:
                    i.addcmul_(c_before, p_i)
                if f is not None and p_f is not None:
                    f.addcmul_(c_before, p_f)
                both.sigmoid_()
                if variant != "NIAF":
                    z.tanh_()
                if f is not None:
                    torch.mul(f, c_before, out=c_t)
                elif variant == "CIFG":
                    torch.addcmul(c_before, i, c_before, value=-1, out=c_t)
                else:
                    c_t.copy_(c_before)
                c_t.add_(z) if i is None else c_t.addcmul_(i, z)
                if o is not None:
                    if p_o is not None:
                        o.addcmul_(c_t, p_o)
                    o.sigmoid_()
                if variant != "NOAF":
                    torch.tanh(c_t, out=h)
                y_t.copy_(h) if o is None else torch.mul(o, h, out=y_t)
                before = a_t
        ctx.variant, ctx.blocks = variant, blocks
        ctx.save_for_backward(x, W, R, p_i, p_f, p_o, gates0, G, a, y, c, bent)
        last = None if G is None else torch.cat([part[s][-1] for s in "ifo"], 1)
        return y[1:].transpose(0, 1).contiguous(), y[-1].clone(), c[-1].clone(), last

    @staticmethod
    @once_differentiable
    def backward(ctx, dys, dy_last, dc_last, dgates_last):
        x, W, R, p_i, p_f, p_o, gates0, G, a, y, c, bent = ctx.saved_tensors
        variant, blocks, (time, batch, _), hidden = ctx.variant, ctx.blocks, a.shape, R.shape[1]
        part = dict(zip(blocks, a.unflatten(2, (len(blocks), hidden)).unbind(2), strict=True))
        da = torch.empty_like(a)  # at first what dc_t is multiplied by, or dy_t, to give a block's error
        d = dict(zip(blocks, da.unflatten(2, (len(blocks), hidden)).unbind(2), strict=True))
        bend = {s: part[s] * (1 - part[s]) for s in "ifo" if s in part}  # sigmoid'
        i, f, z, o = (part.get(s) for s in "ifzo")
        d["z"].copy_(1 - z * z if variant != "NIAF" else torch.ones_like(z))
        if i is not None:
            d["z"].mul_(i)
            torch.mul(bend["i"], z - c[:-1] if variant == "CIFG" else z, out=d["i"])
        if f is not None:
            torch.mul(bend["f"], c[:-1], out=d["f"])
        keep = f if f is not None else 1 - i if variant == "CIFG" else torch.ones_like(z)
        to_c = torch.ones_like(z) if variant == "NOAF" else 1 - bent[1:] * bent[1:]
        if o is not None:
            to_c.mul_(o)
            torch.mul(bend["o"], bent[1:], out=d["o"])
        dy = torch.zeros_like(y)
        dy[1:] = dys.transpose(0, 1)
        dy[-1] += dy_last
        dc = dc_last.clone()
        wide = None if G is None else _between(G, hidden)
        heard = None if G is None else _among(dgates_last, hidden)
        with torch.inference_mode():
            inner = da.unflatten(2, (len(blocks), hidden))[:, :, : len(blocks) - (o is not None)]  # all but o
            every, nothing = dc.unsqueeze(1), (None,) * time
            gates = (d[s].unbind(0) if s in d else nothing for s in "ifo")
            bends = (bend[s].unbind(0) if G is not None else nothing for s in "ifo")
            columns = (da, inner, to_c, keep, dy[1:], dy[:-1])
            steps = list(zip(*(column.unbind(0) for column in columns), *gates, *bends, strict=True))
            for da_t, inner_t, to_c_t, keep_t, now, before, di, df, do, bend_i, bend_f, bend_o in reversed(steps):
                if do is not None:
                    do.mul_(now)
                    if heard is not None:
                        do.addcmul_(heard[:, 3 * hidden :], bend_o)
                dc.addcmul_(now, to_c_t)
                if p_o is not None:
                    dc.addcmul_(do, p_o)
                inner_t.mul_(every)
                if heard is not None:
                    di.addcmul_(heard[:, :hidden], bend_i)
                    df.addcmul_(heard[:, hidden : 2 * hidden], bend_f)
                    heard = da_t @ wide
                dc.mul_(keep_t)
                if p_i is not None:
                    dc.addcmul_(di, p_i)
                if p_f is not None:
                    dc.addcmul_(df, p_f)
                before.addmm_(da_t, R)
        flat, xs = da.flatten(0, 1), x.transpose(0, 1).flatten(0, 1)
        dx = (flat @ W).view(time, batch, -1).transpose(0, 1) if ctx.needs_input_grad[2] else None
        dps = [
            None if p is None else (d[s] * cell).sum((0, 1))
            for s, p, cell in (("i", p_i, c[:-1]), ("f", p_f, c[:-1]), ("o", p_o, c[1:]))
        ]
        dG = dgates = None
        if G is not None:
            gates = torch.cat([_among(gates0, hidden)[None], a[:-1]]).flatten(0, 1)
            dG = _without_z(_without_z(flat.t() @ gates, hidden).t(), hidden).t().contiguous()
            dgates = _without_z(heard.t(), hidden).t().contiguous()
        dR = flat.t() @ y[:-1].flatten(0, 1)
        return None, None, dx, dy[0], dc, flat.t() @ xs, dR, flat.sum(0), *dps, dgates, dG


def _pair(a: Tensor, blocks: str, hidden: int) -> tuple[Tensor, ...]:
    """The part of every step's sums that becomes i and f, of those that there are; they come first."""
    return a[:, :, : hidden * sum(s in blocks for s in "if")].unbind(0)


def _among(gates: Tensor, hidden: int) -> Tensor:
    """The gates i, f, o at their places among i, f, z, o; z is 0."""
    return torch.cat([gates[:, : 2 * hidden], gates.new_zeros(len(gates), hidden), gates[:, 2 * hidden :]], 1)


def _between(G: Tensor, hidden: int) -> Tensor:
    """G with rows and columns of zeros where z is."""
    return _among(_among(G, hidden).t(), hidden).t()


def _without_z(rows: Tensor, hidden: int) -> Tensor:
    """The rows of i, f and o among those of i, f, z and o."""
    return torch.cat([rows[: 2 * hidden], rows[3 * hidden :]])
