"""What the tests of the engine share."""

import pytest

from firsthand.train import figures


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take longer than these runs."""
    monkeypatch.setattr(figures, "draw", lambda task, folder, network: None)
