"""Runs of claims inside the tests' own process."""

from types import SimpleNamespace

import pytest

from firsthand.cli import main
from firsthand.reproduce import runner


@pytest.fixture
def inside(monkeypatch, capsys, request):
    """Runs train in this process, which is faster; the list of the commands that were run."""
    request.getfixturevalue("without_figures")
    commands: list[list[str]] = []

    def run(words: list[str], **_) -> SimpleNamespace:
        commands.append(words[3:])
        try:
            main(words[3:])
            code = 0
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=captured.out, stderr=captured.err)

    monkeypatch.setattr(runner, "subprocess", SimpleNamespace(run=run))
    return commands
