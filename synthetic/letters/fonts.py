"""The fonts of this machine that draw Latin text: what each covers, what kind it is, how often it is drawn.

Every outline font under Debian's font folders is looked at once, with those of npm's packages, and the result kept in a
cache file. A font counts by its shapes, not by its tables: a character is covered when its glyph is neither empty nor
the font's box for missing characters, and (but for npm's) letters and figures count only where they look like them.
"""

import hashlib
import json
import logging
import re
import zlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageFont
from tqdm import tqdm

from synthetic.charset import edge_charset
from synthetic.corpora.figures import read_sections
from synthetic.errors import DrawingError
from synthetic.letters import glyphs
from tflite_ocr import files

_log = logging.getLogger(__name__)

_VERSION = 7  # of the cache file; counts up when the inspection changes
_DEV_PERCENT = 4
_FEWEST = 3  # fonts under which there is nothing to learn from

# Families that a reader of print takes for other letters, or for letters of the other case, though each glyph resembles
# its model: figures of base twelve in the places of letters, alphabets of one case, letters that are hardly any.
_UNFIT = re.compile(
    r"^(?:drm(?:doz|inf|figs)|solothurn|ubuntu-title|unifur|punk nova|cinzel decorative|newcmuncial|.f500|wargames"
    r"|(?:code of life|inertia|loopy|lynx|konector.*|waver|weaver|sequence|brass knuckle.*|underscore|pseudo|claw 2"
    r"|spheroids x|perfect dark|scalelines|collective .|goose bumps.*|powderworks|mobilize|united|foreshadow) brk)",
    re.IGNORECASE,
)

# Kinds by words in a font's folder, file or family name; the first that fits counts. What fits none is of the kind
# that npm's package names as its category, else mono or text.
_KINDS = read_sections(Path(__file__).with_name("kinds.txt"), " ")
_CATEGORIES = {"handwriting": "script", "display": "display", "monospace": "mono"}
# How often each kind is drawn for each use of a line.
_SHARES = {
    "document": {"text": 0.7, "mono": 0.15, "typewriter": 0.09, "pixel": 0.01, "script": 0.03, "display": 0.02},
    "scene": {"text": 0.55, "display": 0.2, "fancy": 0.06, "script": 0.14, "mono": 0.03, "typewriter": 0.02},
    "screen": {"text": 0.7, "mono": 0.2, "pixel": 0.05, "display": 0.03, "script": 0.02},
    "receipt": {"mono": 0.5, "pixel": 0.12, "text": 0.28, "typewriter": 0.1},
    "panel": {"segment": 0.6, "pixel": 0.4},
}
USES = tuple(_SHARES)
_LEANING = re.compile("italic|oblique|slant", re.IGNORECASE)


@dataclass(frozen=True)
class InstalledFont:
    """One face of a font file."""

    path: str  # Path of the file
    family: str  # As the file names it, e.g. "DejaVu Sans"
    style: str  # As the file names it, e.g. "Bold Oblique"
    kind: str  # text, mono, typewriter, pixel, segment, script, display or fancy
    covered: str  # The characters of the edge charset that it draws, in the charset's order

    @property
    def folder(self) -> str:
        """Name of the package's folder: what its many faces have in common."""
        return _package(Path(self.path)).name


class FontSet:
    """Fonts and how to choose among them."""

    def __init__(self, fonts: list[InstalledFont]):
        self.fonts = fonts
        self._row = {character: row for row, character in enumerate(edge_charset())}
        self._covers = np.zeros((len(self._row), len(fonts)), bool)
        for column, font in enumerate(fonts):
            self._covers[[self._row[character] for character in font.covered], column] = True
        self._weights = {use: self._weigh(shares) for use, shares in _SHARES.items()}

    def __len__(self) -> int:
        return len(self.fonts)

    def covering(self, text: str) -> np.ndarray:
        """Which fonts draw every character of a text: bool [fonts]."""
        rows = [self._row[character] for character in set(text)]
        return self._covers[rows].all(0) if rows else np.ones(len(self.fonts), bool)

    def pick(self, rng: np.random.Generator, text: str, use: str) -> InstalledFont | None:
        """A font for a text; returns a font that draws the whole text, or None where there is none.

        Args:
            use: One of USES.
        """
        weights = np.cumsum(self._weights[use] * self.covering(text))
        if weights[-1] <= 0:
            return None
        return self.fonts[int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]

    def _weigh(self, shares: dict[str, float]) -> np.ndarray:
        """A kind's share is split among folders by the cube root of how many of its fonts they hold, then evenly."""
        members: dict[str, dict[str, list[int]]] = {}
        for index, font in enumerate(self.fonts):
            members.setdefault(font.kind, {}).setdefault(font.folder, []).append(index)
        weights = np.zeros(len(self.fonts))
        for kind, groups in members.items():
            total = sum(len(group) ** (1 / 3) for group in groups.values())
            for group in groups.values():
                upright = np.array([0.45 if _LEANING.search(self.fonts[index].style) else 1.0 for index in group])
                weights[group] = shares.get(kind, 1e-4) * len(group) ** (1 / 3) / total * upright / upright.sum()
        return weights


@lru_cache(maxsize=2)
def fonts(split: str = "train") -> FontSet:
    """The fonts of this machine, from the cache file where nothing was installed since.

    Args:
        split: "train", or "dev": families that training never draws, a few percent.

    Raises:
        DrawingError: There are too few fonts, or there is no such split.
    """
    if split not in ("train", "dev"):
        raise DrawingError(f"expected the split train or dev, found {split!r}")
    fit = [font for font in _installed() if not _UNFIT.search(font.family)]
    chosen = [font for font in fit if (split == "dev") == _is_dev(font)]
    if not chosen:
        raise DrawingError(f"expected fonts of the split {split}, found none; install more of them: make fonts")
    return FontSet(chosen)


@lru_cache(maxsize=2500)
def face(path: str, size: int) -> ImageFont.FreeTypeFont:
    """An opened font at a size in pixels of its em square."""
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def cache_path() -> Path:
    """The file in the user's cache folder that keeps what is known about the fonts."""
    return files.user_folder() / "fonts.json"


def inspect(paths: list[Path]) -> list[InstalledFont]:
    """The faces among some files that draw Latin text or figures; of faces with equal shapes the first."""
    found: dict[str, InstalledFont] = {}
    for path in tqdm(paths, desc="fonts", unit="file", disable=None, leave=False):
        drawn = glyphs.look(path)
        if drawn:
            font = InstalledFont(str(path), drawn.family, drawn.style, _kind(path, drawn), drawn.covered)
            found.setdefault(drawn.signature, font)
    return list(found.values())


def _installed() -> list[InstalledFont]:
    paths = glyphs.font_files()
    stamp = repr((_VERSION, edge_charset(), [(str(path), path.stat().st_size) for path in paths]))
    key, target = hashlib.sha256(stamp.encode()).hexdigest(), cache_path()
    known = _known(target, key)
    if known:
        return known
    _log.info("looking at the glyphs of %d font files, once; the result is kept in %s", len(paths), target)
    found = inspect(paths)
    if len(found) < _FEWEST:
        raise DrawingError(
            f"expected fonts under {', '.join(map(str, glyphs.FOLDERS))}, found {len(found)} that draw Latin text; "
            "install the packages that synthetic/packages/fonts.txt lists: make fonts"
        )
    content = {"key": key, "fonts": [asdict(font) for font in found]}
    with files.replacing(target, parents=True) as file:
        file.write(json.dumps(content, ensure_ascii=False).encode())
    return found


def _known(path: Path, key: str) -> list[InstalledFont]:
    """The fonts of a cache file; none where there is no file, it is broken, or the fonts are others by now."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return [InstalledFont(**font) for font in known["fonts"]] if known["key"] == key else []
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        _log.warning("%s cannot be read and is made anew: %s", path, error)
        return []


def _package(path: Path) -> Path:
    """The folder of a font's package; npm's keep files one below."""
    return path.parent.parent if path.parent.name == "files" else path.parent


def _category(package: Path) -> str | None:
    """The kind of font that npm's package says it holds; None where it says nothing, or plain text."""
    try:
        metadata = json.loads((package / "metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _CATEGORIES.get(metadata.get("category"))


def _kind(path: Path, drawn: glyphs.Face) -> str:
    package = _package(path)
    name = f"{package.name}/{path.name}|{drawn.family}".lower()
    name += name.replace(" ", "")
    for kind, words in _KINDS.items():
        if any(word in name for word in words):
            return kind
    return _category(package) or ("mono" if drawn.fixed_width else "text")


def _is_dev(font: InstalledFont) -> bool:
    first = re.match(r"[^\W\d_]*", font.family.lower()).group()
    return zlib.crc32(f"dev {first or font.family}".encode()) % 100 < _DEV_PERCENT
