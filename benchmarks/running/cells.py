"""Finished measurements on disk: one file a cell, whole or not there."""

import hashlib
import json
from pathlib import Path

from tflite_ocr.files import replacing

_SCHEMA = 1


class Cells:
    """A folder of cells.

    A cell is found by everything that its result depends on; a file that is cut off, of another version, or of another
    key is as good as none.

    Args:
        folder: Made when the first cell is kept.
        fresh: Earlier cells are not taken up.
    """

    def __init__(self, folder: Path, fresh: bool = False):
        self._folder = folder
        self._fresh = fresh

    def find(self, key: dict) -> dict | None:
        """The value that was kept for a key of JSON values; None where it has to be measured."""
        if self._fresh:
            return None
        try:
            cell = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        # Compared as JSON: a tuple comes back as a list.
        is_whole = isinstance(cell, dict) and cell.get("schema") == _SCHEMA and "value" in cell
        return cell["value"] if is_whole and cell.get("key") == json.loads(json.dumps(key)) else None

    def keep(self, key: dict, value: dict) -> None:
        """Writes a finished cell."""
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": _SCHEMA, "key": key, "value": value}, ensure_ascii=False)
        with replacing(self._path(key)) as stream:
            stream.write(text.encode())

    def _path(self, key: dict) -> Path:
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"
