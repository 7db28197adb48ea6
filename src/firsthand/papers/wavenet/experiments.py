"""What is measured beside training: how far the network sees, the tree as convolutions, generation, quantisation."""

from math import log2, pi
from statistics import median
from time import process_time
from typing import Literal

import torch
from torch import Tensor
from torch.nn import Module

from firsthand.papers.claim import Outcome
from firsthand.papers.wavenet import mulaw
from firsthand.papers.wavenet.hierarchy import HierarchicalNetwork
from firsthand.papers.wavenet.model import Config, WaveNet

PEAKS = (1.0, 0.5, 0.1, 0.02)


def receptive_field(layers: int = 10, blocks: int = 1, dilated: bool = True, seed: int = 0) -> Outcome:
    """How many samples before a prediction can change it, and whether any after it can.

    Counted, in float64, are the inputs at which the gradient of the last output is not zero; the formula is
    1 + (k - 1) sum of the dilations. For the second question one input is changed and the outputs compared bit by bit.

    Args:
        layers: layers of a block.
        blocks: blocks.
        dilated: 1, 2, 4, ... within a block, instead of 1 everywhere.
        seed: of weights and inputs.
    """
    torch.manual_seed(seed)
    config = Config(residual=4, gate=4, skip=16, layers=layers, blocks=blocks, growth=2 if dilated else 1)
    reaches = []
    for depth in range(1, layers * blocks + 1):
        network = WaveNet(config).double()
        network.layers = network.layers[:depth]
        reaches.append(seen_by(network, 3 + 1 + sum(config.dilations[:depth])))
    return {
        "samples": reaches[-1],
        "formula": config.reach,
        "milliseconds": 1000 * reaches[-1] / 16_000,
        "leak": leak(network),
        "parameters": sum(p.numel() for p in network.parameters()),
        "reaches": [1, *reaches],
    }


def seen_by(network: WaveNet, length: int) -> int:
    """How many of the last `length` samples the output after them depends on."""
    heard: list[Tensor] = []

    def keep(module: Module, given: tuple, x: Tensor) -> None:
        x.retain_grad()
        heard.append(x)

    handle = network.embedding.register_forward_hook(keep)
    network(torch.randint(256, (1, length)))[0, -1].square().sum().backward()
    handle.remove()
    return int(heard[0].grad[0].any(1).sum())


@torch.no_grad()
def leak(network: WaveNet, length: int = 300) -> float:
    """The largest change of any output before an input that changes."""
    codes = torch.randint(256, (1, length))
    before = network(codes)
    codes[0, length // 2] = (codes[0, length // 2] + 1) % 256
    return (network(codes) - before)[0, : length // 2].abs().max().item()


@torch.no_grad()
def tree(length: int = 8, seed: int = 0) -> Outcome:
    """The tree of 8 characters at every position of a word, beside its weights as convolutions with dilations 1, 2, 4.

    Args:
        length: characters of the word.
        seed: of weights, statistics of batch norm, and words.
    """
    torch.manual_seed(seed)
    network = HierarchicalNetwork()
    network(torch.randint(27, (1000, 8)))  # gives batch norm statistics
    network.eval()
    words = torch.randint(27, (1, length))
    padded = torch.cat([words.new_zeros(1, 7), words], 1)
    windows = padded.unfold(1, 8, 1)[0]  # (length, 8), what the tree sees at each position
    difference = (network(windows) - network.as_convolutions(words)[0]).abs().max().item()
    ratios = []
    for _ in range(100):
        started = process_time()
        network(windows)
        halfway = process_time()
        network.as_convolutions(words)
        ratios.append((halfway - started) / (process_time() - halfway))
    return {
        "difference": difference,
        "tree": 7 * length,
        "stack": (length + 6) + (length + 4) + length,
        "faster": median(ratios),
    }


@torch.no_grad()
def generation(
    method: Literal["queues", "receptive field", "everything"] = "queues", samples: int = 2048, seed: int = 0
) -> Outcome:
    """Processor seconds to write sound with one block (1, 2, ..., 512), and how they grow with its length.

    Args:
        method: what is computed for each new sample: one step with the queues of past inputs, the receptive field
            again, or everything so far again.
        samples: how many are written; always the likeliest.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    network = WaveNet(Config(layers=10)).eval()
    codes, state, seen = torch.tensor([[128]]), None, torch.tensor([[128]])
    logits, times = [], [0.0]
    started = process_time()
    for number in range(1, samples + 1):
        if method == "queues":
            found, state = network.advance(codes, state)
        else:
            found = network(seen[:, -network.reach :] if method == "receptive field" else seen)
        logits.append(found[:, -1])
        codes = found[:, -1].argmax(1, keepdim=True)
        seen = torch.cat([seen, codes], 1)
        if number % (samples // 32) == 0:
            times.append(process_time() - started)
    at_once = network(seen[:, :-1])
    return {
        "difference": (torch.stack(logits, 1) - at_once).abs().max().item(),
        "rate": samples / times[-1],
        "exponent": log2(times[-1] / times[len(times) // 2]),
        "last": (samples // 32) / (times[-1] - times[-2]),
        "times": times,
        "samples": [samples // 32 * i for i in range(len(times))],
    }


def quantisation(steps: Literal["mu-law", "even"] = "mu-law", seed: int = 0) -> Outcome:
    """How much stronger than its error a tone is, in decibels, with 256 levels, from full loudness down.

    Args:
        steps: levels by the mu-law, or evenly spaced.
        seed: of the tone's frequency and phase.
    """
    generator = torch.Generator().manual_seed(seed)
    frequency, phase = (
        torch.rand(2, generator=generator, dtype=torch.float64) * torch.tensor([400.0, 2 * pi])
    ).tolist()
    tone = torch.sin(2 * pi * (200 + frequency) * torch.arange(16_000, dtype=torch.float64) / 16_000 + phase)
    encode, decode = (mulaw.encode, mulaw.decode) if steps == "mu-law" else (mulaw.encode_evenly, mulaw.decode_evenly)

    def ratio(peak: float) -> float:
        return mulaw.signal_to_noise(peak * tone, decode(encode(peak * tone)))

    whole = torch.linspace(-1, 1, 100_001, dtype=torch.float64)
    error = (decode(encode(whole)) - whole).abs()
    loudness = [-0.5 * i for i in range(101)]  # decibels below full scale, down to -50
    return {f"peak {peak:g}": ratio(peak) for peak in PEAKS} | {
        "of bound": (error / mulaw.bound(whole)).max().item(),
        "error": error.max().item(),
        "loudness": loudness,
        "ratios": [ratio(10 ** (level / 20)) for level in loudness],
    }


EXPERIMENTS = {
    "receptive-field": receptive_field,
    "tree": tree,
    "generation": generation,
    "quantisation": quantisation,
}
