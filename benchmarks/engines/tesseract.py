"""Tesseract 5, Debian's tesseract-ocr: one thread, which is its best on few cores, and its own choice of threads."""

from __future__ import annotations

import csv
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.engines.installed import pipeline
from benchmarks.running.protocol import EngineInfo, EngineLine, EngineVariant, MeasurementChoice, Skipped

NAME = "tesseract"
_BINARY = "tesseract"
_LANGUAGE = "eng"
_LEAST_VERSION = 5
_DEBIAN_PACKAGES = ("tesseract-ocr", "tesseract-ocr-eng", "libtesseract5", "liblept5")
# Page segmentation modes (tesseract --help-psm): a page, and a single line as it is, which reads words as well as
# mode 8 and lines too.
_PAGE, _LINE = "3", "13"
_WORD_LEVEL = "5"


def variants(choice: MeasurementChoice) -> list[EngineVariant]:
    """One thread, and the program's default; in a quick run one thread alone."""
    return [variant(threads) for threads in ((1,) if choice.quick else (1, None))]


def variant(threads: int | None) -> EngineVariant:
    """One configuration; None leaves the threads to the program."""
    skipped, version, size = None, "", None
    try:
        version, size = _version(), _model_bytes()
    except Skipped as reason:
        skipped = str(reason)
    return pipeline(
        __name__,
        f"{NAME}-t{threads}" if threads else f"{NAME}-default",
        EngineInfo(NAME, "Tesseract", version, threads=threads),
        {},
        environment={"OMP_THREAD_LIMIT": str(threads)} if threads else {},
        artifact_bytes=size,
        packages=tuple(f"debian:{package}" for package in _DEBIAN_PACKAGES),
        skipped=skipped,
    )


def create() -> Tesseract:
    """Makes the engine in a worker; the program is started anew for every call, as its users do."""
    return Tesseract()


class Tesseract:
    """The program as an engine."""

    def read(self, path: Path) -> list[EngineLine]:
        """See MeasuredEngine; words of a line are joined, its confidence is their mean, its quad their upright hull."""
        return list(lines_of(_run(str(path), "stdout", "-l", _LANGUAGE, "--psm", _PAGE, "tsv")))

    def recognize(self, paths: Sequence[Path]) -> list[str]:
        """See MeasuredEngine; several crops are handed to one run as a list of files."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as names:
            names.write("".join(f"{path}\n" for path in paths))
            names.flush()
            source = names.name if len(paths) > 1 else str(paths[0])
            text = _run(source, "stdout", "-l", _LANGUAGE, "--psm", _LINE)
        pages = text.split("\f")  # one ends every page
        return [" ".join(page.split()) for page in pages[: len(paths)]]


def lines_of(tsv: str) -> Iterator[EngineLine]:
    """Lines of Tesseract's TSV output.

    Args:
        tsv: A heading and rows; those of level 5 are words with block_num, par_num, line_num, left, top, width,
            height in pixels, conf in percent and text.
    """
    lines: dict[tuple, list[dict]] = {}
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and row["text"].strip():
            place = row["page_num"], row["block_num"], row["par_num"], row["line_num"]
            lines.setdefault(place, []).append(row)
    for words in lines.values():
        left, top = (min(float(word[key]) for word in words) for key in ("left", "top"))
        right = max(float(word["left"]) + float(word["width"]) for word in words)
        bottom = max(float(word["top"]) + float(word["height"]) for word in words)
        confidence = sum(float(word["conf"]) for word in words) / len(words) / 100
        quad = (left, top), (right, top), (right, bottom), (left, bottom)
        yield EngineLine(" ".join(word["text"] for word in words), confidence, quad)


def _run(*arguments: str) -> str:
    command = [_BINARY, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


@functools.cache
def _version() -> str:
    if shutil.which(_BINARY) is None:
        raise Skipped("the program tesseract is not installed: apt-get install tesseract-ocr")
    result = subprocess.run([_BINARY, "--version"], capture_output=True, text=True, check=False)
    first = (result.stdout or result.stderr).splitlines()[:1]
    version = first[0].split()[-1].lstrip("v") if first else "unknown"
    if not version.split(".")[0].isdigit() or int(version.split(".")[0]) < _LEAST_VERSION:
        raise Skipped(f"tesseract {version} does not fit, expected {_LEAST_VERSION} or later")
    return version


@functools.cache
def _model_bytes() -> int:
    """Of the English model, in the folder that the program names."""
    command = [_BINARY, "--list-langs"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    if _LANGUAGE not in listing[1:]:
        raise Skipped("tesseract has no English model: apt-get install tesseract-ocr-eng")
    folder = Path(listing[0].split('"')[1])
    return (folder / f"{_LANGUAGE}.traineddata").stat().st_size
