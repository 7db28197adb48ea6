"""The files of the layers and update rules: where a name is defined, and which fast implementation a definition has."""

import ast
from functools import cached_property
from pathlib import Path

import firsthand
from firsthand.site.source import Source, Writer, implementations, names

ROOT = Path(firsthand.__file__).parent
CHAPTERS = {"nn": "layers", "optim": "rules"}  # a package, and the folder of its pages


class Library:
    """The layers and update rules that the papers' networks and recipes are made of."""

    @cached_property
    def files(self) -> dict[str, Source]:
        """Every file by its module's name under `firsthand`, such as nn.lstm and nn.fast.lstm."""
        paths = sorted(path for package in CHAPTERS for path in (ROOT / package).rglob("*.py"))
        return {".".join(path.relative_to(ROOT).with_suffix("").parts): Source(path) for path in paths}

    def chapter(self, package: str) -> dict[str, Source]:
        """The files of one package that have a page, by their names."""
        return {
            name.rpartition(".")[2]: source
            for name, source in self.files.items()
            if name.count(".") == 1 and name.startswith(f"{package}.") and not name.endswith("__init__")
        }

    @cached_property
    def where(self) -> dict[str, str]:
        """Where each name of a chapter that may be used elsewhere is defined: LSTM in nn.recurrent."""
        return {
            name: f"{package}.{stem}"
            for package in reversed(CHAPTERS)
            for stem, source in self.chapter(package).items()
            for name in source.definitions
            if not name.startswith("_")
        }

    def links(self, source: Source, root: str) -> dict[str, str]:
        """Where the names lead that a file imports from the chapters, or defines as a file of one."""
        modules = [name for name, other in self.files.items() if other is source and name.count(".") == 1]
        found = {
            name: self.address(module, name, root)
            for module in modules
            for name in source.definitions
            if not name.startswith("_")
        }
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("firsthand."):
                continue
            if node.module == "firsthand.nn.fast":  # whose files are called as those of nn are, but have no page
                continue
            for alias in node.names:
                module, name = self.where.get(alias.name, ""), alias.asname or alias.name
                package = node.module.split(".")[1]
                if alias.name == "init" and package == "nn":
                    found[name] = f"{root}layers/init.html"
                elif module.startswith(f"{package}."):
                    found[name] = self.address(module, alias.name, root)
        return found

    def address(self, module: str, name: str, root: str) -> str:
        """The page and place of a name that a chapter defines."""
        package, _, stem = module.partition(".")
        return f"{root}{CHAPTERS[package]}/{stem}.html#{name}"

    def fast(self, module: str, name: str) -> tuple[Source, str, str] | None:
        """The file, its short name and the function that stand in for a definition; None where nothing does."""
        source = self.files[module]
        node = source.definitions.get(name)
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "definition":
                (value,) = (keyword.value for keyword in decorator.keywords if keyword.arg == "fast")
                return self._imported(source, value)
        return None

    def _imported(self, source: Source, value: ast.expr) -> tuple[Source, str, str]:
        """Where `module.function` of the fast implementations leads, by the imports of the file that names it."""
        assert isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
        for node in source.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "firsthand.nn.fast":
                for alias in node.names:
                    if (alias.asname or alias.name) == value.value.id:
                        return self.files[f"nn.fast.{alias.name}"], alias.name, value.attr
        raise ValueError(f"{source.path.name}: nothing is imported as {value.value.id}.")

    def operations(self, module: str, name: str) -> list[tuple[str, str]]:
        """The operations with two implementations that a class, or a function, is made of: their modules and names."""
        source = self.files[module]
        used = [other for node in source.closure(name).values() for other in names(node)]
        places = [(self.where.get(other, ""), other) for other in dict.fromkeys([name, *used])]
        return [place for place in places if place[0].startswith("nn.") and self.fast(*place) is not None]

    def writer(self, root: str) -> Writer:
        """Of a page from which `root` leads to the first one: names lead to the pages of the layers and rules."""
        return Writer(lambda source: self.links(source, root))

    def explained(self, writer: Writer, module: str, name: str, prefix: str = "") -> str:
        """A function or class in words and code; what has a fast implementation in tabs."""
        source, other = self.files[module], self.fast(module, name)
        shown = writer.passages(source, source.of(name), prefix)
        if other is None:
            return shown
        fast, stem, function = other
        fast_shown = writer.passages(fast, fast.of(*fast.closure(function)), f"fast-{prefix}")
        both = {"definition": shown, f"fast implementation · nn/fast/{stem}.py": fast_shown}
        return implementations(f"{prefix}implementations-{name}", both)
