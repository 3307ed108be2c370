"""The film's typefaces: Inter and JetBrains Mono, Debian's fonts-inter and fonts-jetbrains-mono.

Where they are not installed, DejaVu takes their place, which matplotlib brings; `describe` says so.
"""

import importlib.util
from functools import cache
from pathlib import Path

from tflite_ocr.errors import MissingDependencyError

_DEBIAN = Path("/usr/share/fonts")
_INTER, _JETBRAINS = "opentype/inter/Inter{}.otf", "truetype/jetbrains-mono/JetBrainsMono-{}.ttf"
# Key: file of Debian's package, file of matplotlib.
FACES = {
    "sans": (_INTER.format("-Regular"), "DejaVuSans.ttf"),
    "sans medium": (_INTER.format("-Medium"), "DejaVuSans.ttf"),
    "sans bold": (_INTER.format("-SemiBold"), "DejaVuSans-Bold.ttf"),
    "display": (_INTER.format("Display-SemiBold"), "DejaVuSans-Bold.ttf"),
    "display bold": (_INTER.format("Display-Bold"), "DejaVuSans-Bold.ttf"),
    "mono": (_JETBRAINS.format("Regular"), "DejaVuSansMono.ttf"),
    "mono bold": (_JETBRAINS.format("Bold"), "DejaVuSansMono-Bold.ttf"),
}
_DEJAVU_SANS_SCALE = 0.86  # DejaVu is wider than Inter; set smaller it takes the same room


def installed() -> bool:
    """Whether all of Debian's files are there."""
    return all((_DEBIAN / name).is_file() for name, _ in FACES.values())


def describe() -> str:
    """Which typefaces the film is set in, for people."""
    if installed():
        return "Inter and JetBrains Mono"
    return "DejaVu (Debian's fonts-inter and fonts-jetbrains-mono are not installed)"


def path(face: str) -> Path:
    """File of a typeface.

    Raises:
        MissingDependencyError: Neither Debian's fonts nor matplotlib are installed.
    """
    debian, spare = FACES[face]
    if installed():
        return _DEBIAN / debian
    spec = importlib.util.find_spec("matplotlib")
    if spec is None:
        raise MissingDependencyError(
            "expected fonts for the film, found none: apt-get install fonts-inter fonts-jetbrains-mono"
        )
    return Path(spec.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf" / spare


@cache
def font(face: str, size: float):
    """A skia.Font without hinting, so that letters keep their shape while they move."""
    import skia

    scale = 1.0 if installed() or face.startswith("mono") else _DEJAVU_SANS_SCALE
    made = skia.Font(skia.Typeface.MakeFromFile(str(path(face))), size * scale)
    made.setSubpixel(True)
    made.setEdging(skia.Font.Edging.kAntiAlias)
    made.setHinting(skia.FontHinting.kNone)
    return made
