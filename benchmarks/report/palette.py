"""One colour and one shape an engine, everywhere; distinguished without colour vision by lightness and shape."""

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Look:
    """How an engine is drawn."""

    light: str  # Colour on the light page, "#rrggbb"
    dark: str  # Colour on the dark page
    shape: str  # A symbol of Vega: "circle", "square", or a path in a square of -1 to 1


# Looks of families (light, dark, shape), spare ones for others, and families by beginnings of names and titles, of
# lower-case letters and digits alone; the first that fits counts. The colours are blue, vermilion, green, purple,
# ochre, sky, wine and slate, after Okabe and Ito (2008), each with at least three to one against its page.
_TABLES = json.loads(Path(__file__).with_name("palette.json").read_text(encoding="utf-8"))


def _look(light: str, dark: str, shape: str) -> Look:
    return Look(light, dark, _TABLES["shapes"][shape])


LOOKS = {name: _look(*look) for name, look in _TABLES["looks"].items()}
_SPARE = [_look(*look) for look in _TABLES["spare"]]
_FAMILIES = {name: tuple(starts) for name, starts in _TABLES["families"].items()}

# The page's own colours, light to dark; plots are written in the light ones and translated by the page.
INK, SOFT, GRID, PAPER = "#1c2128", "#59636e", "#dfe3e8", "#ffffff"
GROUND = {INK: "#e8ebef", SOFT: "#9da7b3", GRID: "#333b45", PAPER: "#14181d"}


def family(name: str) -> str:
    """The family of an engine by its name or title: "ours" for "LiteRT", its own name for one that is not known."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    return next((known for known, starts in _FAMILIES.items() if letters.startswith(starts)), letters or name)


def looks(families: list[str]) -> dict[str, Look]:
    """The looks of families; those that are not known take the spare ones, in the order of their names."""
    unknown = sorted(set(families) - set(LOOKS))
    spare = {name: _SPARE[index % len(_SPARE)] for index, name in enumerate(unknown)}
    known = [name for name in LOOKS if name in families]
    return {name: LOOKS.get(name) or spare[name] for name in (*known, *unknown)}


def dark_of(chosen: dict[str, Look]) -> dict[str, str]:
    """Light colours and what the dark page puts in their place."""
    return GROUND | {look.light: look.dark for look in chosen.values()}
