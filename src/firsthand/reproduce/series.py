"""What a claim's figure is drawn from, kept beside its results: the numbers of every run, in six digits, packed."""

import gzip
import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from firsthand.claims import Claim, Seen
from firsthand.train.folder import write_atomically


def write_series(folder: Path, key: str, claim: Claim, seen: Mapping[str, list[Seen]]) -> None:
    """Keep what the runs of a claim's arms left, if it has a figure of its own."""
    if claim.figure is None:
        return
    content = {
        arm: [{"seed": run.seed, "result": compact(kept(run.result)), "rows": columns(run.rows)} for run in runs]
        for arm, runs in seen.items()
    }
    packed = gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
    write_atomically(place(folder, key, claim), packed)


def read_series(folder: Path, key: str, claim: Claim) -> dict[str, list[Seen]]:
    """The same again; empty where nothing was kept."""
    path = place(folder, key, claim)
    if not path.exists():
        return {}
    content = json.loads(gzip.decompress(path.read_bytes()))
    return {
        arm: [Seen(run["seed"], run["result"], rows(run["rows"])) for run in runs] for arm, runs in content.items()
    }


def place(folder: Path, key: str, claim: Claim) -> Path:
    """Where it lies."""
    return folder / "series" / f"{key}-{claim.key}.json.gz"


def kept(result: Mapping[str, Any]) -> dict[str, Any]:
    """The part of result.json that figures draw."""
    return {name: result[name] for name in ("metrics", "series", "seconds", "steps", "params") if name in result}


def columns(rows: list[Mapping[str, Any]]) -> dict[str, list]:
    """Rows as lists of their values, a name once."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [compact(row.get(name)) for row in rows] for name in names}


def rows(columns: Mapping[str, list]) -> list[dict[str, Any]]:
    """The rows again; a value that a row does not have is left out."""
    return [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]


def compact(content: Any) -> Any:
    """Numbers in six digits; what is none as null."""
    if isinstance(content, Mapping):
        return {name: compact(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [compact(value) for value in content]
    if isinstance(content, float):
        return float(f"{content:.6g}") if isfinite(content) else None
    return content
