"""Debian's Chromium, driven through chromedriver by the WebDriver protocol; it can look no name up."""

import json
import shutil
import subprocess
import time
import urllib.request
from typing import Any

DRIVER, CHROMIUM = shutil.which("chromedriver"), shutil.which("chromium")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
PHONE = {"deviceMetrics": {"width": 420, "height": 900, "pixelRatio": 1.0, "touch": True}}


class Browser:
    """One window; with `phone` as narrow as a telephone's."""

    def __init__(self, phone: bool = False):
        self.driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
        told = next(line for line in self.driver.stdout if "successfully on port" in line)
        self.root = f"http://127.0.0.1:{told.rstrip().rstrip('.').rpartition(' ')[2]}"
        options: dict[str, Any] = {"args": [*FLAGS, "--window-size=1500,1000"], "binary": CHROMIUM}
        if phone:
            options["mobileEmulation"] = PHONE
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        try:
            self.window = self.ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.end()
            raise

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """Send the driver a command of its protocol and return the value that it answers."""
        place = "/".join(part for part in (self.root, "session", getattr(self, "window", ""), path) if part)
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(place, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def open(self, address: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.ask("POST", "url", {"url": address})

    def run(self, script: str) -> Any:
        """What a script returns on the page."""
        return self.ask("POST", "execute/sync", {"script": script, "args": []})

    def wait(self, script: str, seconds: float = 30.0) -> Any:
        """What a script returns as soon as that is true; raises TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.run(script):
                return found
            time.sleep(0.1)
        raise TimeoutError(script)

    def errors(self) -> list[str]:
        """What the pages have complained of since this was asked last."""
        return [entry["message"] for entry in self.ask("POST", "se/log", {"type": "browser"})]

    def close(self) -> None:
        """End it."""
        try:
            self.ask("DELETE", "")
        finally:
            self.end()

    def end(self) -> None:
        """Let nothing of it run on."""
        self.driver.kill()
        self.driver.wait()
        self.driver.stdout.close()
