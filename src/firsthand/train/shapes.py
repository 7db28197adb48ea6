"""What the files of a run folder hold: the types that their readers check."""

from typing import Any, NotRequired, TypedDict

_Word = bool | int | float | str | None
_Value = _Word | list[_Word | list[_Word]]
Fields = dict[str, _Value | dict[str, _Value | dict[str, _Value]]]  # a recipe, its parts nested
Numbers = dict[str, int | float | None]  # a row of metrics.jsonl: numbers by name, the step among them


# That a run was given another end: where it stood, its last step before and after.
Extension = TypedDict("Extension", {"from": int, "before": int, "steps": int})


class Config(TypedDict):
    """config.json: what was asked for."""

    paper: str
    preset: NotRequired[str]
    data: NotRequired[str]
    data_sha256: NotRequired[str]  # of the examples, see Task.digest
    seed: NotRequired[int]
    recipe: NotRequired[Fields]
    launch: NotRequired[Fields]
    weights: NotRequired[str | None]
    extended: NotRequired[list[Extension]]
    experiment: NotRequired[str]
    options: NotRequired[Fields]
    firsthand: NotRequired[str]
    commit: NotRequired[str | None]
    machine: NotRequired[Fields]
    command: NotRequired[str]


class Result(TypedDict):
    """result.json of a training run."""

    paper: str
    preset: str
    data: str
    seed: int
    steps: int
    seconds: int | float
    params: int
    weights: str
    stopped: str
    metrics: Numbers


class Measured(TypedDict):
    """result.json of an experiment."""

    paper: str
    experiment: str
    seed: int
    seconds: int | float
    metrics: Fields
    series: dict[str, list[Any]]


class Time(TypedDict):
    """A row of times.jsonl."""

    step: int
    seconds: int | float


class Statistics(TypedDict):
    """How the numbers of a layer are spread."""

    mean: float | None
    std: float | None
    reach: float
    histogram: list[int]


class Layer(TypedDict):
    """A layer's health."""

    name: str
    activation: Statistics
    gradient: NotRequired[Statistics]
    saturation: NotRequired[float | None]


class Weight(TypedDict):
    """A weight matrix's health."""

    name: str
    std: float | None
    gradient_std: float | None
    update_ratio: float | None


class Health(TypedDict):
    """A row of diagnostics.jsonl."""

    step: int
    layers: list[Layer]
    weights: list[Weight]


class Groups(TypedDict):
    """An optimiser's options, and the numbers that it remembers for each parameter."""

    groups: list[dict[str, _Value]]
    scalars: dict[str, Numbers]


class Standing(TypedDict):
    """Where a run stands, see `engine.State`."""

    step: int
    seconds: NotRequired[float]
    loss_count: NotRequired[int]
    first: NotRequired[float | None]
    best: NotRequired[float | None]
    worse: NotRequired[int]
    stopped: NotRequired[str]


class Marked(TypedDict):
    """How a file of rows began, see `folder.Mark`."""

    rows: int
    bytes: int
    sha256: str


class Checkpoint(TypedDict):
    """The JSON of a checkpoint; that of the best weights also holds their scores."""

    step: int
    sha256: str  # of the tensors
    own_sha256: NotRequired[str]  # of all that is here beside it; old ones lack this and what follows `plateau`
    optim: NotRequired[Groups]
    state: NotRequired[Standing]
    plateau: NotRequired[Numbers]
    asked: NotRequired[str]  # digest of the config, but for its number of steps
    end: NotRequired[int]  # that number
    rows: NotRequired[dict[str, Marked]]
