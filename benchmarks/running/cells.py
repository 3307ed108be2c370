"""Finished measurements on disk: one file a cell, whole or not there."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.running.lanes import Lane
from tflite_ocr.files import replacing

_SCHEMA = 1


class Cells:
    """A folder of cells, each found by everything that its result depends on.

    A file that is cut off, of another version, or of another key is as good as none.
    """

    def __init__(self, folder: Path, fresh: bool = False):
        self._folder, self._fresh = folder, fresh

    def find(self, key: dict) -> dict | None:
        """The value that was kept for a key of JSON values; None where it has to be measured."""
        try:
            cell = json.loads("" if self._fresh else self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        # Compared as JSON: a tuple comes back as a list.
        wanted = {"schema": _SCHEMA, "key": json.loads(json.dumps(key))}
        is_whole = isinstance(cell, dict) and "value" in cell and wanted.items() <= cell.items()
        return cell["value"] if is_whole else None

    def known(self, lanes: Iterable[Lane]) -> dict[str, dict]:
        """Values that need no measuring, by engine: of finished cells, and of engines that cannot run here."""
        found = {}
        for lane in lanes:
            if lane.variant.skipped:
                found[lane.variant.id] = {"status": "skipped", "reason": lane.variant.skipped}
            elif (value := self.find(lane.key)) is not None:
                found[lane.variant.id] = value
        return found

    def keep(self, key: dict, value: dict) -> None:
        """Writes a finished cell."""
        text = json.dumps({"schema": _SCHEMA, "key": key, "value": value}, ensure_ascii=False)
        with replacing(self._path(key), parents=True) as stream:
            stream.write(text.encode())

    def _path(self, key: dict) -> Path:
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"
