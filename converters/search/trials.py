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
from tflite_ocr import Reader, files, manifest


class Trials:
    """Measured accuracies, kept on disk in a folder: an interrupted search does not read anything twice."""

    def __init__(self, plan: Plan, made: Sequence[Made], sets: Sequence[LabelledSet], work: Path):
        self._plan, self._made, self._sets, self._work = plan, made, sets, work
        self._digest = accuracy.digest(sets) + cache.digest_code(accuracy.measure)
        self._store = work / "accuracies.json"
        self._known: dict[str, dict[str, float]] = {}
        if self._store.is_file():
            self._known = json.loads(self._store.read_text(encoding="utf-8"))

    def score(self, chosen: Mapping[str, Path]) -> dict[str, float]:
        """Percent by set with these .tflite files of the networks."""
        digests = {name: cache.digest_file(file) for name, file in sorted(chosen.items())}
        key = hashlib.sha256(json.dumps([self._digest, digests]).encode()).hexdigest()
        if key not in self._known:
            folder = self._publish(chosen)
            with progress.bar("reading") as advance:
                self._known[key] = accuracy.measure(Reader(folder, precision=manifest.MIXED), self._sets, advance)
            with files.replacing(self._store) as stream:
                stream.write(json.dumps(self._known, indent=1).encode())
        return self._known[key]

    def _publish(self, chosen: Mapping[str, Path]) -> Path:
        folder, kind = self._work / "trial", manifest.MIXED
        folder.mkdir(parents=True, exist_ok=True)
        tried = [Made(one.network, {kind: chosen[one.network.name]}, {kind: {}}) for one in self._made]
        text = manifest.dump(publish.manifest_of(self._plan, tried, [kind]))
        publish.publish(folder, tried, text, self._plan.attached)
        return folder
