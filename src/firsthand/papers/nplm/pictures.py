"""The claims' figures, and what a trained network's word features look like."""

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from torch import Tensor

from firsthand.figures.style import COLOURS, INK
from firsthand.papers.claim import Seen

Runs = Mapping[str, list[Seen]]
KNOWN = 10  # times a word must have been seen for its vector to mean something


def titled(figure: Figure, words: str) -> Figure:
    """The finding, above all panels."""
    figure.suptitle(words, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure


def number(runs: Sequence[Seen], name: str) -> float:
    """A metric's mean over the seeds."""
    return mean(run.result["metrics"][name] for run in runs)


def bars(seen: Runs, paper: Mapping[str, Sequence[int]] | None = None) -> Figure:
    """Test perplexity of every arm alone (full bar) and mixed with the trigram (light), the paper's numbers beside."""
    arms = list(seen)
    alone, mixed = ({arm: number(seen[arm], f"test_{name}") for arm in arms} for name in ("perplexity", "mixed"))
    counts = [arm for arm in arms if "experiment" in seen[arm][0].result]
    networks = [arm for arm in arms if arm not in counts]
    figure = Figure(figsize=(8.4, 1.5 + 0.52 * len(arms)))
    axes = figure.subplots()
    top = max(alone.values())
    for row, arm in enumerate(arms):
        colour = COLOURS[3] if arm in counts else COLOURS[0]
        itself = "deleted" in arm  # the trigram with itself
        axes.barh(row - 0.2, alone[arm], height=0.36, color=colour)
        ours = [(row - 0.2, f"{alone[arm]:.1f}", 1)]
        if not itself:
            axes.barh(row + 0.2, mixed[arm], height=0.36, color=colour, alpha=0.45)
            ours.append((row + 0.2, f"{mixed[arm]:.1f} mixed", 3))
        theirs = (paper or {}).get(arm, ())
        for place, words, column in ours:
            words += f"   (paper {theirs[column]})" if len(theirs) > column else ""
            axes.text(0.01 * top, place, words, va="center", color="white" if column == 1 else INK, fontsize=8.5)
            if len(theirs) > column:
                axes.plot(theirs[column], place, "D", color=COLOURS[1], ms=6, mfc="none", mew=1.6)
    if paper:
        axes.plot([], [], "D", color=COLOURS[1], ms=6, mfc="none", mew=1.6, label="paper")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    axes.set_yticks(range(len(arms)), arms)
    axes.set(xlabel="test perplexity (dark: alone, light: mixed half and half with the trigram)", xlim=(0, 1.08 * top))
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.set_axisbelow(True)
    axes.grid(axis="y", visible=False)
    rival = min(alone[arm] for arm in counts)
    if not networks:
        first, last = (alone[f"Kneser-Ney {n}"] for n in (3, 5))
        change = 100 * (last / first - 1)
        return titled(figure, f"Counting ends at three words: n = 5 for n = 3 changes Kneser-Ney by {change:+.1f} %")
    down = [100 * (1 - min(values[arm] for arm in networks) / rival) for values in (alone, mixed)]
    return titled(
        figure, f"Networks beat n-grams: the best by {down[0]:.0f} % alone, by {down[1]:.0f} % in the mixture"
    )


def changes(seen: Runs, what: str, rows: Sequence[tuple[str, str, str, str, float]]) -> Figure:
    """By how many per cent an arm's perplexity differs from another's: rows of (label, arm, other, metric, paper's)."""
    figure = Figure(figsize=(7.6, 1.4 + 0.62 * len(rows)))
    axes = figure.subplots()
    every, told = [], []
    for row, (label, arm, other, name, theirs) in enumerate(rows):
        pairs = zip(seen[arm], seen[other], strict=True)
        ours = [100 * (a.result["metrics"][name] / b.result["metrics"][name] - 1) for a, b in pairs]
        every += [*ours, theirs]
        told.append(f"{label} {mean(ours):+.1f} %")
        axes.barh(row, mean(ours), height=0.5, color=COLOURS[0], alpha=0.85)
        axes.plot(ours, [row] * len(ours), "o", color=INK, ms=3.5)
        axes.plot(theirs, row, "D", color=COLOURS[1], ms=7, mfc="none", mew=1.8)
        axes.annotate(f"{mean(ours):+.1f} %  (paper {theirs:+.1f} %)", (max(0, *ours, theirs), row), xytext=(8, 0),
                      textcoords="offset points", va="center", fontsize=9)  # fmt: skip
    axes.plot([], [], "o", color=INK, ms=3.5, label="ours, each seed")
    axes.plot([], [], "D", color=COLOURS[1], ms=7, mfc="none", mew=1.8, label="paper, 16,383 words")
    axes.axvline(0, color=INK, lw=1)
    reach = max(map(abs, every))
    axes.set(xlim=(min(every) - 0.08 * reach, max(0, *every) + 0.55 * reach), xlabel="change of test perplexity (%)")
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.set_axisbelow(True)
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8.5)
    return titled(figure, f"{what}: {', '.join(told)}")


def curves(seen: Runs, steps: int) -> Figure:
    """Validation perplexity pass by pass, `steps` steps each, of the networks with and without direct connections."""
    figure = Figure(figsize=(7.6, 4))
    axes = figure.subplots()
    ends, labels = [], []
    for colour, (arm, runs) in zip(COLOURS, seen.items(), strict=False):
        ends.append(number(runs, "val_perplexity"))
        for name, style, words in (("val_perplexity", "-", ""), ("val_mixed", "--", ", mixed")):
            lines = [{row["step"]: row[name] for row in run.rows if row.get(name) is not None} for run in runs]
            shared = sorted(set(lines[0]).intersection(*lines[1:]))
            points = [mean(line[step] for line in lines) for step in shared]
            axes.plot([step / steps for step in shared], points, style, color=colour, marker="o", ms=4)
            labels.append((points[-1], f"{points[-1]:.1f}  {arm}{words}", colour, shared[-1] / steps))
    low, high = axes.get_ylim()
    place = low
    for value, words, colour, x in sorted(labels):
        place = max(value, place + 0.05 * (high - low))  # none upon another
        axes.annotate(words, (x, place), xytext=(8, 0), textcoords="offset points", va="center", color=colour,
                      fontsize=9)  # fmt: skip
    axes.set(xlabel="passes over the training text", ylabel="validation perplexity")
    right = axes.get_xlim()[1]
    axes.set_xlim(0, right * 1.45)
    axes.set_xticks([tick for tick in axes.get_xticks() if tick == int(tick) and 0 <= tick <= right])
    behind = 100 * (ends[-1] / ends[0] - 1)
    return titled(figure, f"Without direct connections: validation perplexity {behind:+.1f} % at the end")


def shown(words: Sequence[str], counts: Int[Tensor, " vocab"], most: int) -> list[int]:
    """The most frequent words that are words, not marks, and were seen often enough, by falling frequency."""
    ranked = counts.argsort(descending=True, stable=True).tolist()
    return [i for i in ranked if i and counts[i] >= KNOWN and words[i][0].isalpha()][:most]


def neighbours(
    features: Float[Tensor, "vocab embed"], words: Sequence[str], counts: Int[Tensor, " vocab"], rows: int = 16
) -> Figure:
    """Words of falling frequency, and the six nearest of each by the cosine of their centred features."""
    pool = shown(words, counts, 2000)
    ranks = np.geomspace(4, max(len(pool) // 2, 5), rows).astype(int)
    chosen = [rank for rank in dict.fromkeys(ranks.tolist()) if rank < len(pool)]
    centred = features[pool] - features[pool].mean(0)
    centred = centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)
    near, order = (centred[chosen] @ centred.T).sort(dim=1, descending=True, stable=True)
    figure = Figure(figsize=(9, 0.9 + 0.29 * len(chosen)))
    axes = figure.subplots()
    axes.axis("off")
    for row, place in enumerate(chosen):
        axes.text(0, -row, words[pool[place]], color=COLOURS[0], fontweight="bold", fontsize=10)
        others = [(i, c) for i, c in zip(order[row].tolist(), near[row].tolist(), strict=True) if i != place][:6]
        for column, (other, cosine) in enumerate(others):
            axes.text(0.17 + 0.14 * column, -row, words[pool[other]], fontsize=10, alpha=0.35 + 0.65 * max(cosine, 0))
    axes.set(xlim=(0, 1), ylim=(-len(chosen) + 0.5, 0.8))
    return titled(figure, "Nearest words in the feature space (the paler, the farther)")


def word_map(
    features: Float[Tensor, "vocab embed"], words: Sequence[str], counts: Int[Tensor, " vocab"], most: int = 180
) -> Figure:
    """The frequent words on a plane by t-SNE; colours are groups that k-means finds in all dimensions."""
    from sklearn.cluster import KMeans
    from sklearn.manifold import TSNE

    pool = shown(words, counts, most)
    figure = Figure(figsize=(11, 8))
    axes = figure.subplots()
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if len(pool) >= 10:
        x = features[pool] - features[pool].mean(0)
        x = (x / x.norm(dim=1, keepdim=True).clamp(min=1e-12)).double().numpy()
        groups = KMeans(len(COLOURS), n_init=5, random_state=0).fit_predict(x)
        perplexity = min(15, (len(pool) - 1) / 3)
        places = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(x.astype(np.float32))
        for place, group, i in zip(places, groups, pool, strict=True):
            axes.text(*place, words[i], color=COLOURS[group], fontsize=8.5, ha="center", va="center")
        low, high = places.min(0), places.max(0)
        axes.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 1, high[1] + 1))
    return titled(figure, f"The {len(pool)} most frequent words by their features (t-SNE)")
