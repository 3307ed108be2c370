"""Reads the labelled images with a candidate, as a user would: a folder with a manifest, opened by the Reader."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from converters import cache, progress, publish
from converters.plan import Plan
from converters.publish import Made
from converters.search import accuracy
from converters.search.accuracy import LabelledSet
from tflite_ocr import Reader, manifest


class Trials:
    """Measured accuracies, kept on disk: an interrupted search does not read anything twice."""

    def __init__(self, plan: Plan, made: Sequence[Made], sets: Sequence[LabelledSet], work: Path):
        """Prepares readings.

        Args:
            plan: Plan of the model.
            made: Its networks.
            sets: What to read.
            work: Folder for the model that is tried and the accuracies.
        """
        self._plan, self._made, self._sets, self._work = plan, made, sets, work
        self._digest = hashlib.sha256((accuracy.digest(sets) + cache.digest_code(accuracy)).encode()).hexdigest()
        self._store = work / "accuracies.json"
        self._known: dict[str, dict[str, float]] = {}
        if self._store.is_file():
            self._known = json.loads(self._store.read_text(encoding="utf-8"))

    def score(self, files: Mapping[str, Path]) -> dict[str, float]:
        """Percent by set.

        Args:
            files: .tflite file of every network.
        """
        key = self._key(files)
        if key not in self._known:
            folder = self._publish(files)
            with progress.bar("reading") as advance:
                self._known[key] = accuracy.measure(Reader(folder, precision=manifest.MIXED), self._sets, advance)
            self._keep()
        return self._known[key]

    def _key(self, files: Mapping[str, Path]) -> str:
        digests = {name: cache.digest_file(file) for name, file in sorted(files.items())}
        return hashlib.sha256(json.dumps([self._digest, digests]).encode()).hexdigest()

    def _publish(self, files: Mapping[str, Path]) -> Path:
        folder = self._work / "trial"
        folder.mkdir(parents=True, exist_ok=True)
        tried = [
            Made(one.network, {manifest.MIXED: files[one.network.name]}, {manifest.MIXED: {}}) for one in self._made
        ]
        text = manifest.dump(publish.manifest_of(self._plan, tried, [manifest.MIXED]))
        publish.publish(folder, tried, text, self._plan.attached)
        return folder

    def _keep(self) -> None:
        partial = self._store.with_suffix(".partial")
        partial.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
        partial.replace(self._store)
