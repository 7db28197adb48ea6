"""The memory that training on a text takes, however long the text is.

    python benchmarks/memory.py [--gigabytes 2] [--steps 300]

Writes a text file of that size into a temporary folder (and as much again for its tokens), trains `rnn` on the embedded
text and on the file, each in a process of its own, and prints the largest resident memory of each process.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tyro


def write(path: Path, size: float) -> None:
    """A text of made-up words, `size` bytes long or a little longer: the same megabyte or so, again and again."""
    dice = random.Random(0)
    words = ["".join(dice.choices("etaoinshrdlu", k=dice.randint(1, 9))) for _ in range(5000)]
    piece = "\n".join(" ".join(dice.choices(words, k=12)) for _ in range(20_000)) + "\n"
    with open(path, "w") as file:
        while file.tell() < size:
            file.write(piece)


def train(data: str, steps: int, order: str) -> None:
    """Train, and print how much memory this process took at most, and how much of it was its own before it began."""
    import firsthand

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        run = firsthand.train("rnn", data=data, steps=steps, order=order, out=f"{place}/run")
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        facts = {"before": before / 1024, "peak": after / 1024, "wall": wall, "train": run.result["seconds"]}
        print(json.dumps(facts))


def main(gigabytes: float = 2.0, steps: int = 300, data: str = "", order: str = "streams") -> None:
    """Print the peak resident memory of training on a short and on a long text.

    Args:
        gigabytes: size of the long text.
        steps: training steps.
        data: train on this alone, in this process.
        order: in which the windows are read: streams or shuffle.
    """
    if data:
        return train(data, steps, order)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "long.txt"
        write(path, gigabytes * 1e9)
        for kind in ("streams", "shuffle"):
            for text in ("python-docs", str(path)):
                command = [sys.executable, __file__, "--data", text, "--steps", str(steps), "--order", kind]
                environment = os.environ | {"XDG_CACHE_HOME": place}
                ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
                facts = json.loads(ran.stdout.splitlines()[-1])
                size = Path(text).stat().st_size / 1e6 if Path(text).exists() else 0.465
                print(
                    f"{kind:8} {size:8.1f} MB of text: peak {facts['peak']:6.0f} MiB resident "
                    f"({facts['before']:.0f} before torch and data), {facts['train']:.1f} s of training, "
                    f"{facts['wall']:.1f} s in all",
                    flush=True,
                )
    return None


if __name__ == "__main__":
    tyro.cli(main, args=sys.argv[1:])
