"""The command `firsthand`, also as `python -m firsthand`: Ctrl-C ends it quietly from the first import on."""

import os
import signal


def start() -> None:
    """Run the command line."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # `main` does better once it is imported
    from firsthand.cli import main

    main()


if __name__ == "__main__":
    start()
