"""The command line: finds the command, turns mistakes and signals into one line and an exit code.

The commands are in `firsthand.commands`; they import torch only where they compute.
"""

import os
import sys
from collections.abc import Callable, Sequence

from firsthand import __version__
from firsthand.commands.catalogue import data, list_, runs, show
from firsthand.commands.comparison import compare
from firsthand.commands.experiment import experiment
from firsthand.commands.proof import check, reproduce
from firsthand.commands.screen import err, out
from firsthand.commands.training import classify, sample, train
from firsthand.errors import UserError, unknown
from firsthand.options import parse
from firsthand.train.launch import Interrupted, Lost, leads

COMMANDS: dict[str, Callable] = {
    "list": list_, "show": show, "train": train, "sample": sample, "classify": classify, "check": check,
    "reproduce": reproduce, "experiment": experiment, "data": data, "runs": runs,
    "compare": compare,
}  # fmt: skip


def usage() -> None:
    """The overview that `firsthand --help` prints."""
    out.print("[bold]firsthand[/]: the landmark deep-learning papers, from tensors up.\n")
    out.print("usage: firsthand COMMAND ...\n")
    for name, command in COMMANDS.items():
        out.print(f"  [bold]{name:10}[/] {command.__doc__.splitlines()[0]}", markup=True)
    out.print("\n`firsthand COMMAND --help` explains a command. Start with: firsthand train mlp")


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; a user's mistake is one sentence on stderr and exit code 2."""
    args = list(sys.argv[1:] if args is None else args)
    try:
        if not args or args[0] in ("-h", "--help", "help"):
            usage()
        elif args[0] == "--version":
            print(f"firsthand {__version__}")
        elif args[0] not in COMMANDS:
            raise unknown("command", args[0], COMMANDS, "`firsthand --help` explains them")
        elif args[0] in ("train", "experiment"):  # their options depend on their first words
            COMMANDS[args[0]](args[1:])
        else:
            parse(COMMANDS[args[0]], args[1:], f"firsthand {args[0]}")
        sys.stdout.flush()
    except UserError as error:
        if leads():
            err.print(f"firsthand: {error}", markup=False, style="red" if err.is_terminal else None)
        raise SystemExit(2) from None
    except Interrupted as stop:
        if leads():
            err.print(str(stop), markup=False)
        raise SystemExit(128 + stop.number) from None
    except Lost as loss:
        if leads():
            err.print(f"firsthand: {loss}", markup=False)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        err.print("Stopped.")
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of our output has seen enough (`firsthand list | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would fail once more at its exit
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
