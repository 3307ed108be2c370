"""The pages that a long run has read so far, beside its output, so that an interrupted run resumes."""

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tflite_ocr import __version__, files
from tflite_ocr.page import Block, Character, Page, TextLine, Word

_VERSION = 1
_PARTS = ("lines", "paragraphs", "rows")


class Journal:
    """A file with a line for each page. A page whose line was cut off is read again; a damaged file is replaced."""

    def __init__(self, path: str | os.PathLike, facts: Mapping[str, Any], resume: bool):
        """Looks for an old one; a new one is made with its first page.

        Args:
            facts: Facts that decide the result: files, model, options. A journal of other facts is not used.
            resume: Whether an old journal is used; otherwise it is replaced.
        """
        self._path = Path(path)
        plain = json.dumps({"version": _VERSION, "package": __version__, **facts}, sort_keys=True, default=str)
        self._head = json.dumps({"journal": _VERSION, "of": hashlib.sha256(plain.encode()).hexdigest()})
        self._places: dict[tuple[int, int], int] = {}
        self._end = self._scan() if resume else 0
        self._lines: files.WholeLines | None = None
        self.resumes = resume

    def __len__(self) -> int:
        """How many pages it holds."""
        return len(self._places)

    def find(self, item: int, number: int) -> tuple[Page, float | None, bool] | None:
        """A page of a document, counted from 0, read before, its dots an inch, and whether its text is its own."""
        place = self._places.get((item, number))
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            record = json.loads(file.readline())
        return from_plain(record["read"]), record["dpi"], record["kept"]

    def add(self, item: int, number: int, read: tuple[Page, float | None, bool]) -> None:
        """Records a page; `read` is the result of `find`.

        Raises:
            OSError: It cannot be written.
        """
        if self._lines is None:
            self._lines = files.WholeLines(self._path, keep_bytes=self._end)
            if not self._end:
                self._lines.write(self._head + "\n")
        page, dpi, kept = read
        record = {"item": item, "page": number, "dpi": dpi, "kept": kept, "read": to_plain(page)}
        self._lines.write(json.dumps(record, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._places[item, number] = -1  # read in this run: nobody asks for it

    def close(self) -> None:
        """Closes the file and keeps it."""
        if self._lines is not None:
            self._lines.__exit__()

    def remove(self) -> None:
        """Removes the file, as the run has ended."""
        self.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def _scan(self) -> int:
        """Notes where pages stand; gives the number of bytes that are whole, 0 where the journal is another's."""
        end = 0
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            if file.readline() != (self._head + "\n").encode():
                return 0
            end = file.tell()
            while (line := file.readline()).endswith(b"\n"):
                try:
                    record = json.loads(line)
                    self._places[int(record["item"]), int(record["page"])] = end
                    record["read"], record["dpi"], record["kept"]
                except (ValueError, KeyError, TypeError):
                    break
                end = file.tell()
        return end


def to_plain(page: Page) -> dict:
    """A page of numbers, texts, lists and dictionaries alone; blocks name lines by their place among the lines."""
    places = {id(line): index for index, line in enumerate(page.lines)}
    equal = {line: index for index, line in reversed(list(enumerate(page.lines)))}

    def place(line: TextLine | str) -> int | str:
        return line if isinstance(line, str) else places.get(id(line), equal.get(line, -1))

    blocks = [{name: _nested(getattr(block, name), place) for name in ("kind", *_PARTS)} for block in page.blocks]
    fields = {field.name: getattr(page, field.name) for field in dataclasses.fields(page)}
    lines = [dataclasses.asdict(line) for line in page.lines]
    return json.loads(json.dumps({**fields, "lines": lines, "blocks": blocks}, default=float))


def from_plain(plain: Mapping[str, Any]) -> Page:
    """The page that to_plain has taken apart; equal to it."""
    lines = tuple(_line(item) for item in plain["lines"])
    blocks = tuple(
        Block(block["kind"], *(_nested(block[name], lines.__getitem__) for name in _PARTS)) for block in plain["blocks"]
    )
    return Page(**{**plain, "lines": lines, "blocks": blocks})


def _nested(value: Any, leaf: Callable[[Any], Any]) -> Any:
    return tuple(_nested(one, leaf) for one in value) if isinstance(value, (list, tuple)) else leaf(value)


def _line(plain: Mapping[str, Any]) -> TextLine:
    words = tuple(
        Word(**{**_placed(word), "characters": tuple(Character(**_placed(item)) for item in word["characters"])})
        for word in plain["words"]
    )
    return TextLine(**{**_placed(plain), "words": words})


def _placed(plain: Mapping[str, Any]) -> dict:
    return {**plain, "quad": tuple((x, y) for x, y in plain["quad"])}
