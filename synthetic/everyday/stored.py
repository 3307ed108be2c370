"""The everyday set on disk: two parts of equal kinds and different pictures, each a labelled folder.

Models are chosen by the part "dev"; the part "test" is what reports show, and nothing is chosen or tuned by it.
"""

import hashlib
import zlib
from pathlib import Path

import numpy as np

from synthetic.builtin import drawn_set
from synthetic.builtin import sheet as builtin_sheet
from synthetic.calibration import text as synthetic
from synthetic.everyday.kinds import KINDS

PARTS = ("dev", "test")
LICENCE = "drawn by the project, Apache-2.0"
_SEEDS = {"dev": 101, "test": 202}


def ensure(root: Path, part: str) -> Path:
    """Draws a part of the set unless it is there, whole and drawn by this code.

    Returns:
        The data folder, with labels.jsonl.

    Raises:
        DatasetError: The folder holds something else, or cannot be written.
        MissingDependencyError: matplotlib, which brings the fonts, is not installed.
    """
    name = f"everyday_{part}"
    drawn_set.ensure(Path(root) / part, (name,), version(), lambda fresh: _draw_all(fresh / name, part))
    return Path(root) / part / name


def order() -> list[tuple[str, int]]:
    """(kind, number) of all pictures of a part. Kinds are interleaved, so that the first few are a fair choice."""
    pictures = [(name, number) for name, kind in KINDS.items() for number in range(kind.count)]
    return sorted(pictures, key=lambda picture: (picture[1] + 0.5) / KINDS[picture[0]].count)


def draw(part: str, kind: str, number: int) -> builtin_sheet.Sheet:
    """One picture; the same whatever else is drawn."""
    rng = np.random.default_rng((_SEEDS[part], zlib.crc32(kind.encode()), number))
    return KINDS[kind].draw(rng, number)


def version() -> str:
    """Of what is drawn: a digest of the code that draws it."""
    own = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".txt"))
    files = [*own, Path(builtin_sheet.__file__), Path(synthetic.__file__), synthetic.WORD_LIST]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _draw_all(folder: Path, part: str) -> None:
    rows = []
    for index, (kind, number) in enumerate(order()):
        sheet = draw(part, kind, number)
        name = f"images/{index:03d}_{kind.replace(' ', '_')}_{number:02d}.png"
        drawn_set.write_png(folder / name, np.clip(np.rint(sheet.image), 0, 255).astype(np.uint8))
        row = {"image": name, "kind": kind, "items": [drawn_set.item(line) for line in sheet.lines]}
        if not KINDS[kind].latin:
            row["latin"] = False
            for item in row["items"]:
                item["ignore"] = True
        rows.append(row)
    drawn_set.write_labels(folder, rows)
