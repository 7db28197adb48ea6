"""How far the network sees, by the gradient, and whether it sees the future."""

import torch
from matplotlib.figure import Figure

from firsthand.claims import Arm, Claim, Measure, Outcome, equal
from firsthand.figures.curves import Runs, level, log_ticks, series
from firsthand.figures.style import BLUE, INK, RED, subplots
from firsthand.papers.wavenet.model import Config, WaveNet


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
    network, reaches = WaveNet(config).double(), [1]
    stack = network.layers
    for depth in range(1, len(stack) + 1):
        network.layers = stack[:depth]
        reaches.append(seen_by(network, 3 + 1 + sum(config.dilations[:depth])))
    codes, place = torch.randint(256, (1, 300)), 150
    before = network(codes)
    codes[0, place] = (codes[0, place] + 1) % 256
    return {
        "samples": reaches[-1],
        "formula": config.receptive_field,
        "milliseconds": 1000 * reaches[-1] / 16_000,
        "leak": (network(codes) - before)[0, :place].abs().max().item(),
        "parameters": sum(p.numel() for p in network.parameters()),
        "reaches": reaches,
    }


def seen_by(network: WaveNet, length: int) -> int:
    """How many of the last `length` samples the output after them depends on."""
    codes = torch.randint(256, (1, length))
    x = network.embedding(codes).detach().requires_grad_()
    handle = network.embedding.register_forward_hook(lambda *_: x)
    network(codes)[0, -1].square().sum().backward()
    handle.remove()
    return int(x.grad[0].any(1).sum())


SAMPLES = Measure("samples", "samples seen, by the gradient", digits=0)
FORMULA = Measure("formula", "by the formula", digits=0)
LEAK = Measure("leak", "largest change before a changed input", digits=9)
SHALLOW = Arm("4 layers, no dilation", "", {"layers": 4, "dilated": False}, {"samples": 5.0}, receptive_field)
PLAIN = Arm("10 layers, no dilation", "", {"dilated": False}, experiment=receptive_field)
BLOCK = Arm("one block of 10", paper={"samples": 1024.0}, experiment=receptive_field)
THREE = Arm("three blocks of 10", "", {"blocks": 3}, experiment=receptive_field)
FIVE = Arm("five blocks of 10", "", {"blocks": 5}, experiment=receptive_field)
ARMS = (SHALLOW, PLAIN, BLOCK, THREE, FIVE)


def figure(seen: Runs) -> Figure:
    """Samples seen against the number of layers."""
    figure, axes = subplots(8, 4.2)
    axes.set(xlabel="layers", ylabel="samples that a prediction sees", xlim=(0, 62), ylim=(0.8, 12_000))
    log_ticks(axes, (1, 10, 100, 1000, 10_000))
    for arm, colour, words in ((FIVE, BLUE, "dilations 1, 2, ..., 512, five times"), (PLAIN, RED, "no dilation")):
        axes.plot(series(seen[arm.name], "reaches")[0], "o-", color=colour, ms=3, lw=1.8, label=words)
    printed = [arm.paper["samples"] for arm in (SHALLOW, BLOCK)]
    axes.plot((4, 10), printed, "D", color=INK, mfc="none", ms=9, label="printed in the paper")
    level(axes, 0.24 * 16_000, "240 ms at 16 kHz")
    axes.set_title("Receptive field by the number of layers")
    axes.legend(loc="lower right")
    return figure


CLAIM = Claim(
    key="receptive-field",
    kind="identity",
    statement="A block of dilations 1, 2, 4, ..., 512 sees 1,024 samples, and none of them lies in the future.",
    where="sec. 2.1, fig. 2 and 3",
    measures=(SAMPLES, FORMULA, Measure("milliseconds", "milliseconds at 16 kHz", digits=1), LEAK),
    arms=ARMS,
    conditions=(
        equal(SAMPLES.of(BLOCK), BLOCK.paper["samples"]),
        equal(SAMPLES.of(SHALLOW), SHALLOW.paper["samples"]).saying("figure 2"),
        equal(
            (SAMPLES.of(*ARMS) - FORMULA.of(*ARMS)).called("samples seen - 1 - (k - 1) sum of dilations, all five"), 0
        ),
        equal(LEAK.of(*ARMS).called(f"{LEAK.label}, all five"), 0),
    ),
    remark="Networks of four channels with random weights, in float64. The 240 ms of the paper's text-to-speech "
    "network, 3,840 samples, are between three and four blocks.",
    figure=figure,
)
