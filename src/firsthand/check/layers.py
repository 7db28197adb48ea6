"""Every operation of `firsthand.nn`: definition and fast implementation against torch's function.

How far values and gradients may lie apart in float64, float32 and bfloat16, and why on any machine, says
`firsthand.check.rounding`. bfloat16 has fewer than three digits, but what overflows or cancels stands out there first.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from firsthand.check.operations import EXAMPLES, outputs_and_gradients, versions
from firsthand.check.rounding import EXACT, OPERATION, Draw, Row, allowed, apart, draws


def check_layers(report: Callable[[str], object] = str) -> list[Row]:
    """Compare definition and fast implementation of every operation, every module, and what is drawn at random.

    `report` gets the name of each before its turn.
    """
    from firsthand.check.chance import check_chance
    from firsthand.check.modules import check_modules

    rows: list[Row] = []
    for name in EXAMPLES:
        report(name)
        rows += compare_operation(name)
    return rows + check_modules(report) + check_chance(report)


def compare_operation(name: str) -> Iterator[Row]:
    """The rows for one example: each version against torch's function; where torch has none, against the definition."""
    calls = versions(name)
    definition = calls["definition"]
    reference = calls.pop("reference", definition)
    truth = results(reference, name, torch.float64)
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        references = [] if dtype == torch.float64 else [moved_results(reference, name, dtype, draw) for draw in draws()]
        for version, call in calls.items():
            if call is reference and dtype == torch.float64:
                continue  # the truth itself
            for what, ours in results(call, name, dtype).items():
                bound = EXACT
                if references:
                    bound = allowed(
                        (apart(theirs[what], truth[what]) for theirs in references), dtype, OPERATION[dtype]
                    )
                yield Row(name, version, str(dtype).removeprefix("torch."), what, apart(ours, truth[what]), bound)


def moved_results(reference: Callable, name: str, dtype: torch.dtype, draw: Draw) -> dict[str, list[Tensor]]:
    """The reference's results on arguments that are moved; the definition's where this machine cannot run it."""
    state = draw.generator.get_state()
    found = results(reference, name, dtype, draw)
    if found:
        return found
    draw.generator.set_state(state)
    return results(versions(name)["definition"], name, dtype, draw)


def results(version: Callable, name: str, dtype: torch.dtype, draw: Draw | None = None) -> dict[str, list[Tensor]]:
    """A version's values and gradients for its example; nothing where torch has no kernel for it in this precision."""
    try:
        found = outputs_and_gradients(version, name, dtype, draw)
    except NotImplementedError:
        return {}
    except RuntimeError as error:  # oneDNN's bfloat16 needs instructions that some processors do not have
        if dtype == torch.float64 or "could not create a primitive" not in str(error):
            raise
        return {}
    wanted = sum(isinstance(x, Tensor) and x.requires_grad for x in EXAMPLES[name].inputs(dtype))
    return {"values": found[:-wanted], "gradients": found[-wanted:]}
