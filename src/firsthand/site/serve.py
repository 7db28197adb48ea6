"""Show the site to the browser of this machine."""

import errno
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from firsthand.errors import UserError


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, without a line for each."""

    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of this folder that only this machine reaches; port 0 is any free one.

    Raises UserError for a port that is taken or may not be used.
    """
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(folder)))
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise UserError(f"Port {port} {reason}: give --port another number, or 0 for any that is free.") from None
