"""What a converted network must keep of its source, in one table; docs/convert.md explains it to users.

Every limit has a broken network that it refuses, in tests/converters/test_limits.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from converters.errors import ParityError


@dataclass(frozen=True)
class Limit:
    """One row.

    Attributes:
        figure: Its name in the manifest; figures of other sizes have the size behind it.
        bounds: By the precision of a network or the form that it has on its way ("onnx", "saved_model").
        reason: Why so much.
        most: Whether the bounds are upper ones; lower ones otherwise.
    """

    figure: str
    bounds: Mapping[str, float]
    reason: str
    most: bool = False

    def keeps(self, form: str, measured: float) -> bool:
        """Whether a figure is within the bound; what is no number never is."""
        bound = self.bounds[form]
        return measured <= bound if self.most else measured >= bound


def _integers(bound: float) -> dict[str, float]:
    return dict.fromkeys(("dynamic", "int8", "mixed"), bound)


def _exact(bound: float) -> dict[str, float]:
    return dict.fromkeys(("onnx", "saved_model", "float32"), bound)


TABLE = (
    Limit(
        "cosine",
        {"onnx": 0.99999, "saved_model": 0.9999, "float32": 0.9999, "float16": 0.999, "dynamic": 0.95}
        | {"int8": 0.8, "mixed": 0.8},
        "the whole output at once: finds what is altogether wrong; of integers the text decides",
    ),
    Limit(
        "relative_error",
        _exact(0.01),
        "the largest difference by the largest output: other kernels round to 1e-4 of it, a resampling that takes the "
        "wrong pixels is 0.1 off at edges and hardly moves the cosine",
        most=True,
    ),
    Limit(
        "frames_equal",
        {**_exact(0.998), "float16": 0.98, **_integers(0.95)},
        "best class of a frame: in float32 ties alone turn; good int8 networks keep .97 to .99, one that reads a word "
        "in five .72",
    ),
    Limit(
        "character_error_most",
        {**_exact(0.005), "float16": 0.01, **_integers(0.01)},
        "changed characters at the upper end of their interval, as the lines are only some of all: an end at "
        ".015 of drawn lines cost four real words in a hundred, one at .009 none (docs/gates.md); good int8 networks "
        "keep .006, one that reads a word in five .4",
        most=True,
    ),
    Limit(
        "photographed_character_error_most",
        _integers(0.018),
        "the same of small words in poor light: good int8 networks keep .006 to .013 there, one that passes on lines "
        "and loses three of a hundred real words .024 (docs/gates.md)",
        most=True,
    ),
    Limit(
        "mask_iou",
        {**_exact(0.99), "float16": 0.95, **_integers(0.85)},
        "text masks at every size: edges move by a pixel in int8, which is much of thin text; good networks keep .87 "
        "to .99, one of wrong ranges .57 where it is larger",
    ),
    Limit(
        "quads_iou",
        {**_exact(0.98), "float16": 0.95, **_integers(0.93)},
        "what is cut out and read: good int8 networks keep .94 to .99, ones whose ranges are wrong .86 to .92 "
        "(docs/experiments.md)",
    ),
    Limit(
        "sure_quads_iou",
        _integers(0.955),
        "quads of which either side is sure, on drawn photographs: good int8 networks keep .964 to .975, one that "
        "loses text of real photographs .949, one that loses more .917 (docs/experiments.md)",
    ),
    Limit(
        "labels_equal",
        {**_exact(0.98), "float16": 0.98, **_integers(0.95)},
        "equal directions: a line turned wrongly is lost",
    ),
)
COSINE: Mapping[str, float] = TABLE[0].bounds
_BY_FIGURE = {limit.figure: limit for limit in TABLE}


@dataclass(frozen=True)
class Failure:
    """A figure beyond its limit."""

    figure: str
    measured: float
    bound: float
    most: bool


def failures(form: str, figures: Mapping[str, float]) -> list[Failure]:
    """The figures that are beyond their limits; those without a limit are skipped.

    Args:
        form: A precision, "onnx" or "saved_model".
        figures: By name; behind a figure's own name may stand "_" and a size.
    """
    found = []
    for name, measured in figures.items():
        limit = _limit(name)
        if limit and form in limit.bounds and not limit.keeps(form, measured):
            found.append(Failure(name, measured, limit.bounds[form], limit.most))
    return found


def require(network: str, form: str, figures: Mapping[str, float]) -> None:
    """Raises ParityError, which names the network, its form and the first figure that is beyond its limit."""
    for failure in failures(form, figures):
        raise ParityError(f"{network} {form} {failure.figure}", failure.measured, failure.bound)


def _limit(name: str) -> Limit | None:
    base, _, size = name.rpartition("_")
    if name not in _BY_FIGURE and size.replace("x", "").isdigit():
        name = base
    return _BY_FIGURE.get(name)
