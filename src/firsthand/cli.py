"""The command line: finds the command, turns mistakes and signals into one line and an exit code.

The commands are in `firsthand.commands`, imported when one is called; they import torch only where they compute.
"""

import errno
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import signature
from typing import Any

from firsthand import process

# Each command's module, and what it does in one line.
COMMANDS = {
    "list": ("listing", "Show the papers that are here."),
    "show": ("catalogue", "Show one paper: what is new, its layers, its presets."),
    "train": ("training", "Train a paper's network on its data, or on yours."),
    "sample": ("training", "Write with a trained run: lines, text or sound."),
    "classify": ("training", "Say what your own image files show, with a trained classifier."),
    "translate": ("translation", "Translate a sentence, a file or standard input with a trained run."),
    "fill": ("reading", "Say what stands where a text has [MASK]."),
    "label": ("reading", "Say which class, or number, sentences have, with a fine-tuned run."),
    "embed": ("reading", "Make a vector of each sentence, and tell how near they are."),
    "neighbours": ("vectors", "Show the nearest words of a word, by a trained run or a file of vectors."),
    "vectors": ("vectors", "Test a run's vectors of words, draw a map of them, or write them into a file."),
    "check": ("proof", "Prove networks, layers and update rules equal to their references."),
    "reproduce": ("proof", "Measure what a paper claims: its numbers beside ours, with verdicts."),
    "experiment": ("experiment", "Run one experiment of a paper."),
    "exercise": ("rebuild", "Write a paper yourself: a file with its steps to fill in."),
    "judge": ("rebuild", "Judge what you wrote, step by step: right, or which mistake it is."),
    "study": ("study", "Go on with the reading journey: this week, what comes next, your notes and questions."),
    "read": ("reader", "Read a paper in passes, beside your own note."),
    "cite": ("references", "Print a paper's reference, to be pasted."),
    "resources": ("reader", "Show where to learn what the papers assume, and how to read them."),
    "site": ("site", "Make a site of all papers, to read without a network."),
    "data": ("catalogue", "Show the data sets, or one with its size, files and examples."),
    "runs": ("catalogue", "List the training runs."),
    "compare": ("comparison", "Lay runs beside one another: a table of their losses, and a figure."),
}
OWN_PARSER = ("train", "experiment", "reproduce", "study")  # their options, or their help, depend on their first words


def usage() -> None:
    """The overview that `firsthand --help` prints; as light as `firsthand list`."""
    print("firsthand: the landmark deep-learning papers, from tensors up.\n")
    print("usage: firsthand COMMAND ...\n")
    for name, (_, does) in COMMANDS.items():
        print(f"  {name:10} {does}")
    print("\n`firsthand COMMAND --help` explains a command. Start with: firsthand train mlp")


def call(name: str, words: Sequence[str]) -> None:
    """Run the command `name` with these words; the parser is imported only where there is something to parse."""
    module = import_module(f"firsthand.commands.{COMMANDS[name][0]}")
    command: Callable = getattr(module, "list_" if name == "list" else name)
    if name in OWN_PARSER:
        command(words)
    elif not words and all(option.default is not option.empty for option in signature(command).parameters.values()):
        command()
    else:
        from firsthand.options import parse

        parse(command, words, f"firsthand {name}")


def complain(text: str) -> None:
    """Say on stderr what went wrong, once, however many processes work on the run, and if anybody can read it."""
    text = re.sub(r"\s*\n\s*", " ", text).encode(errors="replace").decode()  # whatever the names in it hold
    red = text.startswith("firsthand:") and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    try:
        if process.leads():
            print(f"\x1b[31m{text}\x1b[0m" if red else text, file=sys.stderr, flush=True)
    except OSError:
        process.mute(sys.stderr)


def remark(warning: Warning | str, kind: type[Warning], *place: Any, **more: Any) -> None:
    """Show a warning: our own are sentences, others say where they come from."""
    from firsthand.errors import Notice

    if issubclass(kind, Notice):
        complain(str(warning))
    else:
        _show(warning, kind, *place, **more)


_show = warnings.showwarning


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; without `args` those of this process, which is then set up as a command.

    A user's mistake is one sentence on stderr and exit code 2; what the machine refuses is one, too, and exit code 1.
    """
    if args is not None:
        return run(list(args))
    process.prepare()
    try:
        run(sys.argv[1:])
    except KeyboardInterrupt:  # while the end was being told
        process.leave()


def run(args: list[str]) -> None:
    """Run one command; raises SystemExit with its exit code where it is not 0, and where the command does."""
    code: int | str | None = 0
    text, ended = "", False
    warnings.showwarning = remark
    try:
        dispatch(args)
    except BaseException as error:
        code, text = ending(error)
        ended = True
    try:
        sys.stdout.flush()
    except OSError as error:
        process.mute(sys.stdout)
        code, text = (code, text) if code else ending(error)
    if text:
        complain(text)
    if code or ended:
        raise SystemExit(code)


def dispatch(args: list[str]) -> None:
    """Find the command and run it."""
    from firsthand import __version__
    from firsthand.errors import UserError, unknown

    if any("\0" in word for word in args):
        raise UserError("A word of the command line holds the character NUL, which no name of a file can.")
    if not args or args[0] in ("-h", "--help", "help"):
        usage()
    elif args[0] == "--version":
        print(f"firsthand {__version__}")
    elif args[0] not in COMMANDS:
        raise unknown("command", args[0], COMMANDS, "`firsthand --help` explains them")
    else:
        call(args[0], args[1:])


def ending(error: BaseException) -> tuple[int | str | None, str]:
    """The exit code and the sentence that an exception comes to; one that nobody foresaw is raised again."""
    from firsthand.errors import UserError
    from firsthand.train.launch import Interrupted, Lost

    if isinstance(error, SystemExit):
        return error.code, ""
    if isinstance(error, Interrupted):
        return 128 + error.number, str(error)
    if process.interrupted():  # whatever it led to; Python itself would now end with the signal instead of the code
        process.leave()
    if isinstance(error, KeyboardInterrupt):
        return 130, "Stopped."
    if isinstance(error, UserError):
        return 2, f"firsthand: {error}"
    if isinstance(error, Lost):
        return 1, f"firsthand: {error}"
    if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough (`firsthand list | head`)
        return 1, ""
    if out_of_memory(error):
        return 1, "firsthand: Out of memory: try a smaller --batch, a smaller network, or fewer examples."
    if isinstance(error, OSError):
        place = "the output" if error.filename is None else f"'{error.filename}'"
        return 1, f"firsthand: The system refuses {place}: {error.strerror or error}."
    raise error


# How torch, the linker, threads and the system say that there is no memory left, or that no machine has so much.
_NO_MEMORY = re.compile(
    "out of memory|allocate memory|not enough memory|bad_alloc|failed to map segment|can't start new thread"
    "|size calculation overflowed|invalid size of buffer|array is too big|Unable to allocate|exceeds the maximum size",
    re.IGNORECASE,
)


def out_of_memory(error: BaseException) -> bool:
    """Whether something failed for want of memory."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return isinstance(error, RuntimeError | ImportError | OSError | ValueError) and bool(_NO_MEMORY.search(str(error)))


if __name__ == "__main__":
    main()
