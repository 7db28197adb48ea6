"""The command line: finds the command, turns mistakes and signals into one line and an exit code.

The commands are in `firsthand.commands`, imported when one is called; they import torch only where they compute.
"""

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import signature
from typing import Any

from firsthand import __version__
from firsthand.errors import Notice, UserError, unknown
from firsthand.train.launch import Interrupted, Lost, leads

# Each command's module, and what it does in one line.
COMMANDS = {
    "list": ("listing", "Show the papers that are here."),
    "show": ("catalogue", "Show one paper: what is new, its layers, its presets."),
    "train": ("training", "Train a paper's network on its data, or on yours."),
    "sample": ("training", "Write with a trained run: lines, text or sound."),
    "classify": ("training", "Say what your own image files show, with a trained classifier."),
    "check": ("proof", "Prove networks, layers and update rules equal to their references."),
    "reproduce": ("proof", "Measure what a paper claims: its numbers beside ours, with verdicts."),
    "experiment": ("experiment", "Run one experiment of a paper."),
    "data": ("catalogue", "Show the data sets, or one with its size, files and examples."),
    "runs": ("catalogue", "List the training runs."),
    "compare": ("comparison", "Lay runs beside one another: a table of their losses, and a figure."),
}
OWN_PARSER = ("train", "experiment", "reproduce")  # their options, or their help, depend on their first words


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


def complain(text: str, red: bool = False) -> None:
    """Say on stderr what went wrong, once, however many processes work on the run."""
    from firsthand.commands.screen import err

    if leads():
        err.print(text, markup=False, style="red" if red and err.is_terminal else None)


def remark(warning: Warning | str, kind: type[Warning], *place: Any, **more: Any) -> None:
    """Show a warning: our own are sentences, others say where they come from."""
    if issubclass(kind, Notice):
        complain(str(warning))
    else:
        _show(warning, kind, *place, **more)


_show = warnings.showwarning


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; a user's mistake is one sentence on stderr and exit code 2."""
    args = list(sys.argv[1:] if args is None else args)
    warnings.showwarning = remark
    try:
        if not args or args[0] in ("-h", "--help", "help"):
            usage()
        elif args[0] == "--version":
            print(f"firsthand {__version__}")
        elif args[0] not in COMMANDS:
            raise unknown("command", args[0], COMMANDS, "`firsthand --help` explains them")
        else:
            call(args[0], args[1:])
        sys.stdout.flush()
    except UserError as error:
        complain(f"firsthand: {error}", red=True)
        raise SystemExit(2) from None
    except Interrupted as stop:
        complain(str(stop))
        raise SystemExit(128 + stop.number) from None
    except Lost as loss:
        complain(f"firsthand: {loss}")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        complain("Stopped.")
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of our output has seen enough (`firsthand list | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would fail once more at its exit
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
