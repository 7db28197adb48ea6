"""What the exercises of several papers are tried on, random numbers and parameters, and how answers get them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from firsthand.papers.exercise import Case, call

# Functions of torch that are refused where a paper's own convolution or pool is to be written.
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "convolution", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
POOLS = ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d",
         "adaptive_max_pool1d", "adaptive_avg_pool1d", "adaptive_avg_pool2d")  # fmt: skip


def drawn(generator: Generator, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    """Normal numbers by their names."""
    return {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}


def layers(generator: Generator, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    """Kernels, matrices and biases by their names: normal numbers, those of a unit divided by the root of its inputs.

    So the numbers that go through many layers keep their size.
    """
    made = drawn(generator, **shapes)
    return {name: value / max(1, value[0].numel()) ** 0.5 if value.ndim > 1 else value for name, value in made.items()}


def within(part: str, made: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs by names that `flat` and `in_blocks` read: "p.W" is what p holds as W."""
    return {f"{part}.{name}": value for name, value in made.items()}


def split(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The inputs without a dot in their names, and the dictionaries of the others, in their order."""
    plain, parts = {}, {}
    for name, value in inputs.items():
        part, dot, one = name.partition(".")
        if dot:
            parts.setdefault(part, {})[one] = value
        else:
            plain[name] = value
    return plain, parts


def flat(answer: Any, **inputs: Any) -> Any:
    """Use an answer whose last arguments are dictionaries."""
    plain, parts = split(inputs)
    return answer(*plain.values(), *parts.values())


def in_blocks(answer: Any, **inputs: Any) -> Tensor:
    """The logits of a network whose first layer comes in a dictionary, its blocks in a list of them."""
    (images, size, W, b), parts = (list(found.values()) for found in split(inputs))
    stem, *blocks = parts
    return answer(images, size, stem, blocks, W, b)


def with_stride(answer: Any, **inputs: Any) -> Tensor:
    """What a block whose parameters come in a dictionary, before its stride, makes of its input."""
    return flat(lambda x, stride, p: answer(x, p, stride), **inputs)


def by_hand(answer: Any, **inputs: Any) -> Any:
    """What an answer returns while torch does not differentiate."""
    with torch.inference_mode():
        return call(answer, **inputs)


def largest(cases: Iterator[Case]) -> dict[str, Any]:
    """The inputs of the last case."""
    (*_, case) = cases
    return dict(case.inputs)


def norms(generator: Generator, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    """Kernels by what their names end in, "_1" for instance, with the numbers of their norms."""
    made = {}
    for name, shape in shapes.items():
        made |= drawn(generator, **{f"W{name}": shape, f"gamma{name}": shape[:1], f"beta{name}": shape[:1]})
    return made


def squares(generator: Generator) -> Iterator[Case]:
    """Maps with gains and biases."""
    for batch, maps, h, w in ((1, 1, 2, 2), (1, 2, 2, 4), (2, 2, 4, 4), (3, 4, 6, 2)):
        made = drawn(generator, x=(batch, maps, h, w), gain=(maps,), bias=(maps,))
        yield Case(f"batch {batch}, maps {maps} of {h}x{w}", made)


def numbers(generator: Generator, *shape: int) -> Tensor:
    """Numbers of three sizes, as gradients have: about 1e-8, 1 and 10."""
    size = torch.tensor([1e-8, 1.0, 10.0], dtype=torch.float64)
    chosen = torch.randint(3, shape, generator=generator)
    return torch.randn(shape, generator=generator, dtype=torch.float64) * size[chosen]


def trainings(generator: Generator, options: Sequence[dict[str, Any]]) -> Iterator[Case]:
    """Two groups of parameters and gradients of which some are missing, for four sets of a rule's options."""
    for steps, saved, chosen in zip((1, 2, 4, 6), (0, 0, 0, 3), options, strict=True):
        shapes = ((2,), (1, 3), ())
        first = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        slopes: list[Any] = [[numbers(generator, *shape) for shape in shapes] for _ in range(steps)]
        for t in range(1, steps if steps > 2 else 0, 2):
            slopes[t][t % 3] = None
        words = ", ".join([f"{steps} steps", *(f"{name} {value}" for name, value in chosen.items())])
        inputs = {"first": first, "slopes": slopes, "options": chosen, "saved": saved}
        yield Case(words + (f", saved and loaded after {saved}" if saved else ""), inputs)


def used(answer: Any, first: list[Tensor], slopes: list[Any], options: Any, saved: int) -> tuple[Tensor, ...]:
    """The parameters of two groups, with other rates, after the steps, and the gradients as the rule leaves them."""
    params = [value.clone().requires_grad_() for value in first]

    def made() -> Any:
        return answer([{"params": params[:2]}, {"params": params[2:], "lr": 0.5, **second}], lr=0.1, **options)

    second = {"eps": 1e-3} if "eps" in options or "betas" in options else {}
    rule = made()
    for t, row in enumerate(slopes, start=1):
        for parameter, slope in zip(params, row, strict=True):
            parameter.grad = None if slope is None else slope.clone()
        rule.step()
        if t == saved:
            state = rule.state_dict()
            rule = made()
            rule.load_state_dict(state)
    kept = [parameter.grad for parameter in params if parameter.grad is not None]
    return *(parameter.detach() for parameter in params), torch.cat([grad.flatten() for grad in kept])
