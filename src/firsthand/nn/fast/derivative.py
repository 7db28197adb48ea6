"""The guard of every backward pass written by hand."""

import torch

from firsthand.errors import UserError


def first_only(name: str) -> None:
    """Refuse a second derivative: autograd would take the results of a pass by hand for constants, and say nothing.

    Raises UserError while a backward pass is itself being recorded (`create_graph=True`).
    """
    if torch.is_grad_enabled():
        raise UserError(f"The fast {name} has no second derivative: take it inside `with firsthand.nn.definitions():`.")
