"""What a learner has done so far: `progress.json` beside the files that they write in."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from firsthand.errors import notice
from firsthand.train.folder import write_json
from firsthand.typed import parse_json, read_bytes


@dataclass
class Done:
    """One step of one exercise."""

    attempts: int = 0  # judgements, until it was right
    hints: int = 0  # shown
    revealed: bool = False  # whether the answer was shown
    passed: str = ""  # the day on which it was right first
    digest: str = ""  # of the file that was


class Progress:
    """The steps of all exercises in a folder; a damaged file is kept aside, not written over."""

    def __init__(self, folder: Path):
        self.path = folder / "progress.json"
        self.steps: dict[str, dict[str, Done]] = {}
        try:
            self.steps = read(self.path)
        except FileNotFoundError:
            pass
        except ValueError:
            aside = self.path.with_suffix(".damaged.json")
            notice(f"{self.path} cannot be read: it is kept as {aside.name}, and progress starts anew.")
            self.path.replace(aside)

    def of(self, key: str, step: str) -> Done:
        """One step's record, which may be changed."""
        return self.steps.setdefault(key, {}).setdefault(step, Done())

    def tried(self, key: str, step: str, right: bool, file: Path) -> None:
        """Count a judgement."""
        done = self.of(key, step)
        if not done.passed:
            done.attempts += 1
        if right:
            done.passed = done.passed or date.today().isoformat()
            done.digest = hashlib.sha256(file.read_bytes()).hexdigest()

    def write(self) -> None:
        """Write the file, whole or not at all."""
        found = {key: {name: asdict(done) for name, done in steps.items()} for key, steps in self.steps.items()}
        write_json(self.path, found)


def read(path: Path) -> dict[str, dict[str, Done]]:
    """The records in a file, by paper and step; raises FileNotFoundError, and ValueError for what no command wrote."""
    return parse_json(read_bytes(path), dict[str, dict[str, Done]])
