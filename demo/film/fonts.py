"""The film's typefaces: Inter and JetBrains Mono, Debian's fonts-inter and fonts-jetbrains-mono.

Where they are not installed, DejaVu takes their place, which matplotlib brings; `describe` says so.
"""

import importlib.util
from functools import cache
from pathlib import Path

from tflite_ocr.errors import MissingDependencyError

_DEBIAN = Path("/usr/share/fonts")
# Key: file of Debian's package, file of matplotlib.
FACES = {
    "sans": ("opentype/inter/Inter-Regular.otf", "DejaVuSans.ttf"),
    "sans medium": ("opentype/inter/Inter-Medium.otf", "DejaVuSans.ttf"),
    "sans bold": ("opentype/inter/Inter-SemiBold.otf", "DejaVuSans-Bold.ttf"),
    "display": ("opentype/inter/InterDisplay-SemiBold.otf", "DejaVuSans-Bold.ttf"),
    "display bold": ("opentype/inter/InterDisplay-Bold.otf", "DejaVuSans-Bold.ttf"),
    "mono": ("truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", "DejaVuSansMono.ttf"),
    "mono bold": ("truetype/jetbrains-mono/JetBrainsMono-Bold.ttf", "DejaVuSansMono-Bold.ttf"),
}
# DejaVu is wider than Inter; set smaller it takes the same room.
_DEJAVU_SCALE = {"mono": 1.0, "mono bold": 1.0}
_DEJAVU_SANS_SCALE = 0.86


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

    scale = 1.0 if installed() else _DEJAVU_SCALE.get(face, _DEJAVU_SANS_SCALE)
    made = skia.Font(skia.Typeface.MakeFromFile(str(path(face))), size * scale)
    made.setSubpixel(True)
    made.setEdging(skia.Font.Edging.kAntiAlias)
    made.setHinting(skia.FontHinting.kNone)
    return made
