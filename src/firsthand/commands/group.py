"""The command `study group`: a reading group in one shared folder."""

from collections.abc import Callable, Sequence
from getpass import getuser
from pathlib import Path

from firsthand.commands.screen import Positional, WeekNumber, out, show_actions, show_json
from firsthand.errors import UserError, unknown
from firsthand.options import parse
from firsthand.study import journey
from firsthand.study.journal import JOURNAL, Journal


def group(words: Sequence[str]) -> None:
    """Read with others: firsthand study group init|bring|agenda ...

    Every member has a journal of their own; what they bring to a meeting lies in one folder that they share: a drive,
    a git repository, a synchronised folder. Roles rotate: presenter, sceptic, historian, engineer.
    """
    first, rest = (words[0], words[1:]) if words else ("--help", [])
    if first in ("-h", "--help", "help"):
        return show_actions(group, ACTIONS)
    if first not in ACTIONS:
        raise unknown("action of study group", first, ACTIONS, "`firsthand study group --help` explains them")
    return parse(ACTIONS[first], rest, f"firsthand study group {first}")


def init(
    folder: Positional[Path | None] = None, /, *, name: str | None = None, journal: Path = JOURNAL, json: bool = False
) -> None:
    """Begin a group in a shared folder, or join the one that is there.

    Args:
        folder: the shared folder; by default group/ in your journal.
        name: by which the others know you; by default your name on this machine.
        journal: your folder.
        json: print JSON instead.
    """
    from firsthand.study.group import Group
    from firsthand.study.group import init as begin

    mine = Journal(journal)
    shared = begin(mine, folder, user() if name is None else name)
    members = Group(mine).members
    if json:
        return show_json({"folder": str(shared), "member": mine.settings["member"], "members": members})
    out.print(f"You are in the group of {shared} with {', '.join(members)}.", markup=False)
    out.print("Next: firsthand study group bring 1, and on the day firsthand study group agenda 1", markup=False)
    return None


def user() -> str:
    """The reader's name on this machine."""
    try:
        return getuser()
    except (KeyError, OSError):
        raise UserError("Say who you are: firsthand study group init --name NAME") from None


def bring(
    week: WeekNumber, /, *, confusion: str = "", objection: str = "", journal: Path = JOURNAL, json: bool = False
) -> None:
    """Write down what you bring to a week's meeting: one thing not understood, and one objection.

    Args:
        week: the week, from 1.
        confusion: what you did not understand; without it, what stands under Confusions in your notes.
        objection: what you do not believe.
        journal: your folder.
        json: print JSON instead.
    """
    from firsthand.study.group import Group

    path = Group(Journal(journal)).bring(week, confusion, objection)
    if json:
        return show_json({"file": str(path)})
    out.print(f"{path} holds what you bring; change it as you like.", markup=False)
    return None


def agenda(week: WeekNumber, /, *, journal: Path = JOURNAL, json: bool = False) -> None:
    """Print a week's agenda in Markdown: roles, the hour, and everyone's confusion and objection.

    Args:
        week: the week, from 1.
        journal: your folder.
        json: print JSON instead.
    """
    from dataclasses import asdict

    from firsthand.study.group import Group, roles
    from firsthand.study.group import agenda as made

    shared = Group(Journal(journal))
    if not json:
        return print(made(shared, week), end="")
    return show_json({"week": journey.week(week).number, "papers": journey.week(week).papers,
                      "roles": roles(shared.members, week),
                      "brought": [asdict(one) for one in shared.brought(week)]})  # fmt: skip


ACTIONS: dict[str, Callable] = {"init": init, "bring": bring, "agenda": agenda}
