"""Packages that share their name with a word of the API: `firsthand.train` is one, `firsthand.train(...)` trains."""

import sys
from importlib import import_module
from inspect import Signature, signature
from types import ModuleType
from typing import Any


def call(package: str, home: str, name: str) -> None:
    """Let the package be called as the function `name` of the module `home`, which is imported when that happens."""

    class Callable(ModuleType):
        def __call__(self, *args: Any, **options: Any) -> Any:
            return getattr(import_module(home), name)(*args, **options)

        @property
        def __signature__(self) -> Signature:
            return signature(getattr(import_module(home), name))

    Callable.__call__.__doc__ = f"`{home}.{name}`."
    sys.modules[package].__class__ = Callable
