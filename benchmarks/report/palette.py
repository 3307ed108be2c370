"""One colour and one shape an engine, everywhere; distinguished without colour vision by lightness and shape."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How an engine is drawn."""

    light: str  # Colour on the light page, "#rrggbb"
    dark: str  # Colour on the dark page
    shape: str  # A symbol of Vega: "circle", "square", or a path in a square of -1 to 1


_DIAMOND = "M0,-1.2L1.2,0L0,1.2L-1.2,0Z"
_UP = "M0,-1.1L1.1,0.9L-1.1,0.9Z"
_DOWN = "M0,1.1L1.1,-0.9L-1.1,-0.9Z"
_CROSS = "M-1.1,-0.4L-0.4,-0.4L-0.4,-1.1L0.4,-1.1L0.4,-0.4L1.1,-0.4L1.1,0.4L0.4,0.4L0.4,1.1L-0.4,1.1L-0.4,0.4L-1.1,0.4Z"
_SQUARE = "M-0.9,-0.9L0.9,-0.9L0.9,0.9L-0.9,0.9Z"
_CIRCLE = "M0,-1A1,1 0 1 1 0,1A1,1 0 1 1 0,-1Z"
_HEXAGON = "M-1.15,0L-0.58,-1L0.58,-1L1.15,0L0.58,1L-0.58,1Z"
_BAR = "M-1.3,-0.5L1.3,-0.5L1.3,0.5L-1.3,0.5Z"

# Blue, vermilion, green, purple, ochre, sky, wine, slate: after Okabe and Ito (2008), each with at least three to one
# against the page that it stands on.
LOOKS = {
    "ours": Look("#0a58c2", "#6cb0ff", _CIRCLE),
    "rapidocr": Look("#c4510c", "#ff9b57", _SQUARE),
    "tesseract": Look("#00795b", "#3fcfa2", _UP),
    "easyocr": Look("#a83f8c", "#f094d4", _DIAMOND),
    "onnxruntime": Look("#8a6d00", "#e3c04a", _DOWN),
    "openvino": Look("#2a8fb8", "#8fdcf7", _CROSS),
    "pytorch": Look("#8c2347", "#f58aa6", _HEXAGON),
    "savedmodel": Look("#5b6675", "#b6c2d1", _BAR),
}
_SPARE = (
    Look("#4b3d9e", "#b3a8ff", _DIAMOND),
    Look("#6b7d12", "#c2d66a", _UP),
    Look("#7a4a2b", "#d8a580", _SQUARE),
    Look("#3d3d3d", "#dcdcdc", _DOWN),
)
# Families by beginnings of names and titles, lower-case letters and digits alone; the first that fits counts.
_FAMILIES = {
    "ours": ("tensorflowlite", "tfliteocr", "litert", "tflite", "ours"),
    "savedmodel": ("tensorflow", "savedmodel", "xla"),
    "pytorch": ("torch", "pytorch"),
    "onnxruntime": ("onnx",),
    **{name: (name,) for name in ("tesseract", "rapidocr", "openvino", "easyocr")},
}

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
