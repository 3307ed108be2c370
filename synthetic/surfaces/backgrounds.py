"""Backgrounds on which text is set: crops of photographs that hold no text, and drawn surfaces.

The photographs are those of the Debian packages of backgrounds.txt and of scikit-image, as far as they are installed;
equal seeds give equal backgrounds where the same packages are.
"""

import importlib.util
import logging
import re
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from synthetic.surfaces import textures

_log = logging.getLogger(__name__)

# Photographs are kept no larger than this, and together within the budget; the least recently used one goes first.
_MAX_SIDE = 1024
_BUDGET_BYTES = 290_000_000
_LEAST_SIDE = 600
_PICTURES = r"\.(?:jpe?g|png|webp)$"
# Wallpapers with lettering, logos or transparent parts, and the same ones cut for telephones.
_UNFIT = re.compile(
    r"logo|elephants|greentraditional|plasma_arch|firstgeneration|focal-ubuntukylin|pixels-|vnc-|screenshot|licorice"
    r"|flyingkonqui|origami|arc-colors|silk|spring|waves|flow\.png|gulp|mate-stripes|greentock|wine_by|float-into"
    r"|eveningglow|1080x1920|1622x2880|720x1440",
    re.IGNORECASE,
)
_HOUSES = (
    r"^(?:house(?:10f|12|13|15|17facade|17elevator|21w[12]|22base|22facade|23facade|24brick|24facade|24roof|25facade"
    r"|25roof|25side|26base|26facade|31facade|32facade)|block(?:4f|4s|5f|5s)|building1|conc"
    r"|concretetile|concrete-wall1|concwall2?|rock-wall-e2|rockwall2?|roof11|stone1|tank|tileroof|tirewall"
    r"|wall-concrete|wall14|wall14-2|wall2)\.png$"
)
# Where the pictures of the packages lie, and which of them.
_FOLDERS = (
    ("/usr/share/backgrounds", _PICTURES),
    ("/usr/share/games/torcs/tracks", _HOUSES),
    ("/usr/share/lxqt/wallpapers", _PICTURES),
    ("/usr/share/mypaint/backgrounds", _PICTURES),
    ("/usr/share/palapeli/collection", _PICTURES),
    ("/usr/share/wallpapers", _PICTURES),
)
_SKIMAGE = r"^(?:brick|camera|chelsea|coffee|grass|gravel|moon)\.png$"


@cache
def photographs() -> tuple[Path, ...]:
    """Paths of all installed photographs and textures, none of which holds text; sorted by name, each picture once."""
    found = []
    for folder, pattern in (*_FOLDERS, *_library_folders()):
        paths = (path for path in Path(folder).rglob("*") if re.search(pattern, path.name, re.IGNORECASE))
        found += [path.resolve() for path in paths if path.is_file() and not _UNFIT.search(path.as_posix())]
    by_content = {(path.name, path.stat().st_size): path for path in sorted(found, reverse=True)}
    return tuple(sorted(by_content.values(), key=lambda path: (path.name, path.as_posix())))


def crop(rng: np.random.Generator, height: int, width: int, photograph_share: float = 0.6) -> np.ndarray:
    """A background: a part of a photograph or a drawn surface, with changed light and colours.

    Args:
        photograph_share: How many of 1 are photographs; without photographs all are drawn.

    Returns:
        BGR uint8 [height, width, 3].
    """
    if rng.random() < photograph_share and photographs():
        return photograph_crop(rng, height, width)
    return textures.surface(rng, height, width)


def photograph_crop(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A part of a photograph at a random scale, flipped, with changed light and colours, sometimes blurred.

    Returns:
        BGR uint8 [height, width, 3]; a drawn surface where no photograph is installed.
    """
    paths = photographs()
    if not paths:
        return textures.surface(rng, height, width)
    image = _load(paths[rng.integers(len(paths))])
    part = _part(rng, image, height, width)
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if rng.random() < 0.1:
        part = part[::-1]
    if rng.random() < 0.25:
        part = cv2.GaussianBlur(part, (0, 0), rng.uniform(0.8, 4.0))
    return _jitter(rng, np.ascontiguousarray(part))


def _part(rng: np.random.Generator, image: np.ndarray, height: int, width: int) -> np.ndarray:
    """A random window of the background's shape, from all that fits to a third of that, scaled to its size."""
    rows, columns = image.shape[:2]
    largest = min(rows / height, columns / width)
    scale = largest * np.exp(rng.uniform(np.log(0.4), 0))
    h, w = max(1, int(height * scale)), max(1, int(width * scale))
    y, x = int(rng.integers(rows - h + 1)), int(rng.integers(columns - w + 1))
    method = cv2.INTER_AREA if scale > 1.3 else cv2.INTER_LINEAR
    return cv2.resize(image[y : y + h, x : x + w], (width, height), interpolation=method)


def _jitter(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Changes exposure, contrast and the balance of the colours; now and then leaves greys alone."""
    if rng.random() < 0.1:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    elif rng.random() < 0.3:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(rng.integers(-20, 21))) % 180
        image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
    gain = rng.uniform(0.6, 1.2) * (1 + rng.normal(0, 0.06, 3))
    offset = rng.uniform(-25, 35)
    table = np.clip(np.arange(256)[:, None] * gain + offset, 0, 255).astype(np.uint8)
    return cv2.LUT(image, table.reshape(1, 256, 3))


_loaded: dict[Path, np.ndarray] = {}


def _load(path: Path) -> np.ndarray:
    """A photograph with its longer side at most _MAX_SIDE; kept until the budget is used up."""
    image = _loaded.pop(path, None)
    if image is None:
        image = _decode(path)
        while _loaded and sum(kept.nbytes for kept in _loaded.values()) + image.nbytes > _BUDGET_BYTES:
            del _loaded[next(iter(_loaded))]
    _loaded[path] = image
    return image


def _decode(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        _log.warning("%s: OpenCV cannot read it; a drawn surface is used", path)
        return textures.surface(np.random.default_rng(0), 480, 640)
    scale = _MAX_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # Small textures are made to be laid side by side.
    repeats = [max(1, round(_LEAST_SIDE / side)) for side in image.shape[:2]]
    return np.tile(image, (*repeats, 1)) if max(image.shape[:2]) < _LEAST_SIDE else image


def _library_folders() -> list[tuple[Path, str]]:
    spec = importlib.util.find_spec("skimage")
    return [(Path(spec.origin).parent / "data", _SKIMAGE)] if spec and spec.origin else []
