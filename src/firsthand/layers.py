"""What a network consists of, layer by layer: output shapes, parameters and multiply-adds, without computing."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor
from torch.nn import Module
from torch.utils.flop_counter import FlopCounterMode


def table(
    make: Callable[[], Module],
    example: tuple[int, ...] | Callable[[], tuple[Shaped[Tensor, "..."], ...]],
    depth: int = 1,
) -> list[dict[str, Any]]:
    """A row a layer of the network that `make` makes, for one input of this shape (channel, height, width).

    In place of a shape there may be a function that makes what the network is called with. Parameters count once,
    where they are used first.

    A multiply-add is one product that is added up, in a convolution, a linear map or another matrix product; what else
    a network computes is not counted. Layers in lists count one by one; with depth 2 and more the parts of layers have
    rows of their own. Last come layers with parameters that only training calls, such as auxiliary heads, or whose
    parts are called one by one, and what is in no layer.
    """
    with torch.device("meta"):  # shapes without numbers: large networks cost nothing
        network = make().eval()
        inputs = (torch.empty(1, *example),) if isinstance(example, tuple) else example()
    counter, rows, stack = FlopCounterMode(display=False), [], []

    def before(_: Module, __: Any) -> None:
        stack.append(counter.get_total_flops())

    def after(name: str, layer: Module) -> Callable:
        def note(_: Module, __: Any, output: Any) -> None:
            output = output[0] if isinstance(output, tuple) else output
            known = name in {row["layer"] for row in rows}
            parameters = 0 if known else sum(p.numel() for p in layer.parameters())
            products = (counter.get_total_flops() - stack.pop()) // 2
            rows.append({"layer": name, "output": tuple(output.shape[1:])})
            rows[-1] |= {"parameters": parameters, "multiply-adds": products}

        return note

    called: set[Module] = set()
    for one in network.modules():
        one.register_forward_pre_hook(lambda module, _: called.add(module))
    for name, layer in parts(network, depth):
        layer.register_forward_pre_hook(before)
        layer.register_forward_hook(after(name, layer))
    with counter, torch.no_grad():
        network(*inputs)
    shown = {row["layer"] for row in rows}
    for name, layer in parts(network, depth):
        parameters = sum(p.numel() for p in layer.parameters())
        if name not in shown and parameters:
            output = "only in training" if called.isdisjoint(layer.modules()) else "called in parts"
            rows.append({"layer": name, "output": output, "parameters": parameters, "multiply-adds": 0})
    whole = {"parameters": sum(p.numel() for p in network.parameters())}
    whole["multiply-adds"] = counter.get_total_flops() // 2
    rest = {what: count - sum(row[what] for row in rows) for what, count in whole.items()}
    return [*rows, {"layer": "beside them", "output": ""} | rest] if any(rest.values()) else rows


def parts(network: Module, depth: int, prefix: str = "") -> Iterator[tuple[str, Module]]:
    """The layers of a network down to this depth; a list of layers, which is never called itself, stands for them."""
    for name, layer in network.named_children():
        listed = type(layer).forward is Module.forward
        if (listed or depth > 1) and any(True for _ in layer.children()):
            yield from parts(layer, depth if listed else depth - 1, f"{prefix}{name}.")
        elif not listed:
            yield prefix + name, layer
