"""Both forms of the GRU: all steps of a layer in one function, with the backward pass by hand."""

import torch
from torch import Tensor

from firsthand.definition import Result
from firsthand.nn.fast.sequence import Layout, derivatives, needs_definition, outer, project, projection


class _GRUAfter(torch.autograd.Function):
    """All steps of one layer whose reset gate acts after the product, with the backward pass by hand.

    With v = W_hn h_t-1 + b_hn and a the other weighted sums,
        r, z = sigmoid(a_r, a_z)        n = tanh(a_n + r v)        h_t = n + z (h_t-1 - n)
    Let dh be the gradient that reaches h_t, from outside and from step t+1. Then
        da_n = dh (1-z) (1-n^2)         da_z = dh (h_t-1 - n) z (1-z)
        dv = da_n r                     da_r = da_n v r (1-r)
        h_t-1 gets dh z + W_hh^T (da_r, da_z, dv)
    What multiplies dh is known beforehand, so that a step is three calls. Afterwards, for all steps at once,
        dW_ih, db_ih, dx from (da_r, da_z, da_n)        dW_hh, db_hh from (da_r, da_z, dv)
    as in any sum of products.
    """

    @staticmethod
    def forward(ctx, definition, lengths, reverse, *tensors):
        x, h0, w_ih, w_hh, b_ih, b_hh = tensors
        layout, hidden = Layout(x, lengths, reverse), w_hh.shape[1]
        parts = [(None, None) if b is None else b.split((2 * hidden, hidden)) for b in (b_ih, b_hh)]
        (b_gates, b_n), (c_gates, c_n) = parts
        to_gates, to_n = projection(w_ih[: 2 * hidden], b_gates, c_gates), projection(w_ih[2 * hidden :], b_n)
        a, h = x.new_empty(layout.time, layout.batch, len(w_ih)), layout.history(h0)  # a_r, a_z and v
        n, y = x.new_empty(*a.shape[:2], hidden), x.new_empty(*x.shape[:2], hidden)
        with torch.inference_mode():  # the calls cost less
            w_hh = w_hh.t()
            gates, (r, z, v) = a[:, :, : 2 * hidden], a.unflatten(2, (3, hidden)).unbind(2)
            for block in layout.blocks(len(w_ih)):
                xs = layout.enter(x, block)
                to_gates(xs, gates[block])
                to_n(xs, n[block])
                v[block] = 0 if c_n is None else c_n
                views = (part[block] for part in (a, gates, r, z, v, n))
                states = h[block.start : block.stop + 1]
                for a_t, gates_t, r_t, z_t, v_t, n_t, h_before, h_t in layout.steps(
                    *views, histories=(states,), first=block.start
                ):
                    a_t.addmm_(h_before, w_hh)
                    gates_t.sigmoid_()
                    n_t.addcmul_(r_t, v_t).tanh_()
                    torch.lerp(n_t, h_before, z_t, out=h_t)
                layout.leave(states[1:], y, block)
        ctx.definition, ctx.lengths, ctx.reverse, ctx.count = definition, lengths, reverse, len(tensors)
        ctx.save_for_backward(*tensors, a, n, h)
        ctx.set_materialize_grads(False)
        return y, layout.last(y)

    @staticmethod
    def backward(ctx, dy, dh_last):
        if torch.is_grad_enabled():
            return derivatives(ctx, dy, dh_last)
        x, _, w_ih, w_hh, b_ih, b_hh, a, n, h = ctx.saved_tensors
        layout, hidden = Layout(x, ctx.lengths, ctx.reverse), w_hh.shape[1]
        dy = layout.gradients_of_outputs(dy, dh_last, h[0])
        dw_ih, dw_hh = torch.zeros_like(w_ih), torch.zeros_like(w_hh)
        db_ih, db_hh = (None if b is None else torch.zeros_like(b) for b in (b_ih, b_hh))
        dx = x.new_empty(x.shape) if ctx.needs_input_grad[3] else None
        with torch.inference_mode():
            blocks = layout.blocks(len(w_ih))
            room = h.new_zeros(blocks[0].stop + 1, *h.shape[1:])
            for block in reversed(blocks):
                dh, before = layout.gradients_of_states(dy, block, room), h[block]
                (r, z, v), n_b, da = a[block].unflatten(2, (3, hidden)).unbind(2), n[block], torch.empty_like(a[block])
                das = da.unflatten(2, (3, hidden)).unbind(2)
                to_n = torch.addcmul(1 - z, 1 - z, n_b * n_b, value=-1)
                dv = torch.mul(to_n, r, out=das[2])
                torch.sub(1, r, out=das[0]).mul_(v).mul_(dv)
                torch.sub(before, n_b, out=das[1]).mul_(z).mul_(1 - z)
                views = layout.steps(da, da.unflatten(2, (3, hidden)), z, histories=(dh,), first=block.start)
                for da_t, parts, z_t, dh_before, dh_t in reversed(views):
                    parts.mul_(dh_t.unsqueeze(1))
                    dh_before.addcmul_(dh_t, z_t).addmm_(da_t, w_hh)
                flat = layout.blank(da, block).flatten(0, 1)
                dw_hh.addmm_(flat.t(), before.flatten(0, 1))
                if db_hh is not None:
                    db_hh.add_(flat.sum(0))
                torch.mul(to_n, dh[1:], out=das[2])  # da_n in place of dv
                layout.blank(da, block)
                xs = layout.enter(x, block)
                dw_ih.addmm_(flat.t(), xs.flatten(0, 1))
                if db_ih is not None:
                    db_ih.add_(flat.sum(0))
                if dx is not None:
                    layout.leave((flat @ w_ih).view(xs.shape), dx, block)
        return None, None, None, dx, layout.unsort(room[0]), dw_ih, dw_hh, db_ih, db_hh


class _GRUBefore(torch.autograd.Function):
    """All steps of one layer whose reset gate acts before the product, with the backward pass by hand.

    With a the weighted sums, in a_n of q = r h_t-1 in place of h_t-1,
        r, z = sigmoid(a_r, a_z)        n = tanh(a_n)        h_t = n + z (h_t-1 - n)
    Let dh be the gradient that reaches h_t, from outside and from step t+1. Then
        da_n = dh (1-z) (1-n^2)         da_z = dh (h_t-1 - n) z (1-z)
        dq = W_hn^T da_n                da_r = dq h_t-1 r (1-r)
        h_t-1 gets dh z + dq r + W_hr^T da_r + W_hz^T da_z
    and afterwards, for all steps at once,
        dW_ih = sum da x^T        dW_hn = sum da_n q^T        dW_hr, dW_hz = sum da h_t-1^T        db = sum da
    """

    @staticmethod
    def forward(ctx, definition, lengths, reverse, *tensors):
        x, h0, w_ih, w_hh, b_ih, b_hh = tensors
        layout, hidden = Layout(x, lengths, reverse), w_hh.shape[1]
        a = project(layout.enter(x), w_ih, b_ih, b_hh)
        h, q = layout.history(h0), a.new_zeros(*a.shape[:2], hidden)
        with torch.inference_mode():  # the calls cost less
            w_gates, w_n = w_hh[: 2 * hidden].t(), w_hh[2 * hidden :].t()
            r, z, n = a.unflatten(2, (3, hidden)).unbind(2)
            views = (a[:, :, : 2 * hidden], r, z, n, q)
            for gates, r_t, z_t, n_t, q_t, h_before, h_t in layout.steps(*views, histories=(h,)):
                gates.addmm_(h_before, w_gates).sigmoid_()
                torch.mul(r_t, h_before, out=q_t)
                n_t.addmm_(q_t, w_n).tanh_()
                torch.lerp(n_t, h_before, z_t, out=h_t)
        ctx.definition, ctx.lengths, ctx.reverse, ctx.count = definition, lengths, reverse, len(tensors)
        ctx.save_for_backward(*tensors, a, q, h)
        ctx.set_materialize_grads(False)
        y = layout.leave(h[1:], x.new_empty(*x.shape[:2], h.shape[2]))
        return y, layout.last(y)

    @staticmethod
    def backward(ctx, dy, dh_last):
        if torch.is_grad_enabled():
            return derivatives(ctx, dy, dh_last)
        x, _, w_ih, w_hh, b_ih, b_hh, a, q, h = ctx.saved_tensors
        layout, hidden = Layout(x, ctx.lengths, ctx.reverse), w_hh.shape[1]
        dh, da = torch.zeros_like(h), torch.empty_like(a)
        layout.gradients_of_states(layout.gradients_of_outputs(dy, dh_last, h[0]), slice(0, layout.time), dh)
        (r, z, n), das = (part.unflatten(2, (3, -1)).unbind(2) for part in (a, da))
        torch.addcmul(q, q, r, value=-1, out=das[0])  # h_t-1 r (1-r)
        torch.sub(h[:-1], n, out=das[1]).mul_(z).mul_(1 - z)
        torch.addcmul(1 - z, 1 - z, n * n, value=-1, out=das[2])
        with torch.inference_mode():
            w_gates, w_n = w_hh[: 2 * hidden], w_hh[2 * hidden :]
            views = (da[:, :, : 2 * hidden], *das, r, z)
            for gates, da_r, da_z, da_n, r_t, z_t, dh_before, dh_t in reversed(layout.steps(*views, histories=(dh,))):
                da_z.mul_(dh_t)
                dq = da_n.mul_(dh_t) @ w_n
                da_r.mul_(dq)
                dh_before.addcmul_(dh_t, z_t).addcmul_(dq, r_t).addmm_(gates, w_gates)
        layout.blank(da)
        db_ih, db_hh = (None if b is None else da.sum((0, 1)) for b in (b_ih, b_hh))
        dw_hh = torch.cat((outer(da[:, :, : 2 * hidden], h[:-1]), outer(da[:, :, 2 * hidden :], q)))
        dx = layout.leave(da @ w_ih, x.new_empty(x.shape)) if ctx.needs_input_grad[3] else None
        return None, None, None, dx, layout.unsort(dh[0]), outer(da, layout.enter(x)), dw_hh, db_ih, db_hh


FORMS = {"after": _GRUAfter, "before": _GRUBefore}


def gru(
    x: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    reset: str = "after",
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> Result:
    """See `_GRUAfter` and `_GRUBefore`."""
    tensors = (x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    if needs_definition(*tensors):
        return NotImplemented
    return FORMS[reset].apply(("gru", {"reset": reset}), lengths, reverse, *tensors)
