"""The engine: recipes, tasks, the loop, checkpoints, run folders, figures.

The package and the function `firsthand.train(...)` share their name, so the package itself can be called.
"""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        """`firsthand.api.train`."""
        from firsthand.api import train

        return train(*args, **options)


sys.modules[__name__].__class__ = _Callable
