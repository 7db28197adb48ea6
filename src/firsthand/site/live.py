"""The live page: two small networks that write names in the reader's browser, and how they were trained."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firsthand.site import addresses, prose
from firsthand.site.origin import Page

PAGE = "live"
TITLE = "Write a name with me"
FOLDER = Path(__file__).parent / "static" / "live"
FILE = FOLDER / "weights.js"  # written by docs/live.py
NETWORKS = ("lstm", "selfattention")  # the papers whose networks write

# What page.js fills in.
PART = """\
<div id="live" class="live">
<form class="controls" autocomplete="off">
<label>Begin with
<input name="beginning" maxlength="20" size="14" spellcheck="false" autocapitalize="off" placeholder="nothing"></label>
<label>Temperature <input name="temperature" type="range" min="0.1" max="2" step="0.1" value="1">
<output name="degree">1.0</output></label>
<span class="buttons"><button name="step" type="button">Step</button>
<button name="run" type="button">Run</button> <button name="again" type="button">Clear</button></span>
</form>
<p class="note" role="status"></p>
<div class="networks"></div>
<p class="check"></p>
<noscript><p>This part computes with JavaScript, which is switched off here.</p></noscript>
</div>
<script src="_static/live/weights.js"></script>
<script src="_static/live/network.js"></script>
<script src="_static/live/page.js"></script>"""
# What it says of the networks is tested.
TRY = """\
- Lower the temperature to 0.1, and the same few names come again and again; raise it to 2, and they fall apart.
- Type `kri` and step: where what came before leaves one choice, one bar stands alone.
- In these names the second does not depend on the first, and both networks have noticed. Forget gate f is faintest
  where the space was read: there the LSTM drops most of the first name. Most heads of self-attention look back as far
  as the space, and little beyond."""


def weights() -> dict[str, Any]:
    """What weights.js holds: the characters, and each network's training command, test loss and tensors."""
    return json.loads(FILE.read_text(encoding="utf-8").partition("const WEIGHTS = ")[2].rstrip(";\n"))


def folded(command: str) -> str:
    """A command on lines that a telephone can show: broken before options, none wider than 46 characters."""
    words = command.replace(" --", "\n--").splitlines()
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < 44:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}")
    return " \\\n".join(lines)


def pages() -> Iterator[Page]:
    """The one page."""
    networks = weights()
    first = networks[NETWORKS[0]]
    lstm, attention = map(addresses.paper, NETWORKS)
    rows = [
        [
            f"[{key}]({addresses.paper(key, 'source')})",
            f"{networks[key]['parameters']:,}",
            f"{networks[key]['test_loss']:.3f}",
        ]
        for key in NETWORKS
    ]
    parts = [
        f"{prose.WIDE}# {TITLE}",
        f"Two networks that have read {first['names']:,} names write new ones, letter by letter: an "
        f"[LSTM]({lstm}) and [self-attention]({attention}). After every letter they give each letter, and the end, a "
        "probability (the bars), and the next one is drawn from these. Below them stands how a network knows what came "
        "before: the LSTM by its cells, which gates write, keep and show; self-attention by looking back at all "
        "letters.",
        "Type a beginning or none, then step or run; `.` begins and ends a name, `_` is a space. Choose a letter of a "
        "name to see what was expected there, and one of the small pictures to see it large.",
        prose.raw(PART),
        "## What to try",
        TRY,
        "## How they were trained",
        "With the papers' own recipes for names, made narrow, on names that are put together from Faker's lists of "
        f"Indian first and last names. The weights are rounded to 16 bits, and the test loss is that of the rounded "
        f"ones, in nats a letter. `{first['made']['script']}` made the file on {first['made']['cpu']}, with torch "
        f"{first['made']['torch']}.",
        prose.table(["network", "parameters", "test loss"], rows, right=(1, 2)),
        "```sh\n" + "\n".join(folded(networks[key]["made"]["command"]) for key in NETWORKS) + "\n```",
        "## The arithmetic",
        "All of it, in JavaScript without a library: `network.js` does for one name what the papers' `model.py` do for "
        "many.",
        prose.raw("<details><summary><code>network.js</code></summary>"),
        f"```js\n{(FOLDER / 'network.js').read_text(encoding='utf-8').strip()}\n```",
        prose.raw("</details>"),
    ]  # fmt: skip
    yield PAGE, "\n\n".join(parts) + "\n"
