"""Every operation of `firsthand.nn`: its definition and its fast face against torch's function, values and gradients.

In float64 they may differ by 1e-10 relative. In float32 and bfloat16 rounding alone moves every result; so it is
measured: torch's float64 is the truth, and ours may lie at most four times as far from it as torch's own function does
in that precision (and never needs to be nearer than 8 units in the last place: arguments are rounded, and sums have up
to thirty terms). bfloat16 has fewer than three digits, but what overflows or cancels stands out there first.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from firsthand.check.layers import EXAMPLES, faces, outputs_and_gradients
from firsthand.check.models import Row, apart


def check_layers(told: Callable[[str], object] = str) -> list[Row]:
    """Compare both faces of every operation, for every example; `told` hears the name of each before its turn."""
    rows: list[Row] = []
    for name in EXAMPLES:
        told(name)
        rows += compare_operation(name)
    return rows


def compare_operation(name: str) -> Iterator[Row]:
    """The rows for one example: each face against torch's function; where torch has none, against the definition."""
    calls = faces(name)
    reference = calls.pop("reference", calls["definition"])
    truth = results(reference, name, torch.float64)
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        theirs = results(reference, name, dtype)
        for face, call in calls.items():
            if call is reference and dtype == torch.float64:
                continue  # the truth itself
            for what, ours in results(call, name, dtype).items():
                allowed = 1e-10
                if dtype != torch.float64:
                    own = apart(theirs[what], truth[what]) if what in theirs else 0.0
                    allowed = max(4 * own, 8 * torch.finfo(dtype).eps)
                yield Row(name, face, str(dtype).removeprefix("torch."), what, apart(ours, truth[what]), allowed)


def results(face: Callable, name: str, dtype: torch.dtype) -> dict[str, list[Tensor]]:
    """A face's values and gradients for its example; nothing where torch has no kernel for this precision."""
    try:
        found = outputs_and_gradients(face, name, dtype)
    except NotImplementedError:
        return {}
    wanted = sum(isinstance(x, Tensor) and x.requires_grad for x in EXAMPLES[name].inputs(dtype))
    return {"values": found[:-wanted], "gradients": found[-wanted:]}
