"""The whole site, made once for all tests, and served; browsers, where Chromium is installed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from browser import CHROMIUM, DRIVER, Browser
from filelock import FileLock

from firsthand.site.serve import server


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the site, in which Sphinx found nothing to warn of; the tests' processes make it together."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    out = shared / "site"
    with FileLock(shared / "site.lock"):
        if not out.exists():
            command = [sys.executable, "-P", "-m", "firsthand.cli", "site", "--out", str(out), "--json"]
            made = subprocess.run(command, capture_output=True, text=True, cwd=shared)  # where no journal lies
            assert made.returncode == 0, made.stderr[-5000:]
            assert json.loads(made.stdout)["warnings"] == []
    return out


@pytest.fixture(scope="session")
def address(site) -> Iterator[str]:
    """Where the site is served."""
    serving = server(site, 0)
    thread = Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@contextmanager
def opened(phone: bool) -> Iterator[Browser]:
    """A browser; without Chromium the test is skipped, but fails where CI=true."""
    if CHROMIUM is None or DRIVER is None:
        reason = "chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    browser = Browser(phone)
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A window of a screen."""
    with opened(phone=False) as one:
        yield one


@pytest.fixture(scope="session")
def phone() -> Iterator[Browser]:
    """A window as narrow as a telephone's."""
    with opened(phone=True) as one:
        yield one


@pytest.fixture(scope="session")
def pages(site) -> Callable[..., list[str]]:
    """pages("papers/*/claims.html") are the addresses of these pages within the site."""

    def matching(pattern: str = "**/*.html") -> list[str]:
        return sorted(str(path.relative_to(site)) for path in site.glob(pattern))

    return matching
