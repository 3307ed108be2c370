"""Where results go: standard output, one file, or a folder with a file a document and format; whole or not at all."""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tflite_ocr import files, formats
from tflite_ocr.errors import OcrError
from tflite_ocr.formats.result import Result

_MOST_NAME_BYTES = 200


class Output:
    """Takes pages in order and writes them in every format that is wanted; to be used in a `with`.

    Files appear when the block ends well. After an error or an interruption old ones are untouched.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        target: str | None,
        many: bool,
        on_write: Callable[[], None] = lambda: None,
        resumes: bool = False,
    ):
        """Checks what can be checked before anything is read.

        Args:
            names: Of the formats.
            target: A file; a folder, if it is one, ends with a slash, or there are several formats; None for standard
                output.
            many: Whether several documents may come.
            on_write: Called before something is written to a terminal.
            resumes: Whether the run continues another one; what that one, killed, had begun of a file is removed.

        Raises:
            OcrError: These formats cannot go there.
        """
        self._kinds = {name: formats.find(name) for name in names}
        self._many, self._on_write, self._resumes = many, on_write, resumes
        self._folder = None
        if target is not None and (len(names) > 1 or target.endswith(("/", os.sep)) or Path(target).is_dir()):
            self._folder = Path(target)
            if self._folder.exists() and not self._folder.is_dir():
                raise OcrError(f"-o {target}: expected a directory for several formats, found a file")
            if not self._folder.absolute().parent.is_dir():
                raise OcrError(f"-o {target}: expected the directory {self._folder.parent}, found none; make it first")
        elif len(names) > 1:
            raise OcrError(
                f"expected -o DIRECTORY for the formats {', '.join(names)}, found none; or write one of them"
            )
        self._target, self._model = target, ""
        self._stack = contextlib.ExitStack()
        self._open: list[_Writer] = []
        self._key: object = None
        self._taken: set[Path] = set()

    def start(self, model: str) -> None:
        """Opens what is opened once.

        Args:
            model: Name of the model that reads.

        Raises:
            OSError: The file cannot be written.
            MissingDependencyError: A format needs a package that is absent.
        """
        self._model = model
        if self._folder is None:
            ((name, kind),) = self._kinds.items()
            if self._target is None:
                self._open = [self._writer(kind, _standard_output(name, kind), self._many, sys.stdout.isatty())]
            else:
                stream = self._stack.enter_context(self._replacing(Path(self._target)))
                self._open = [self._writer(kind, stream, self._many, False)]

    def add(self, result: Result, base: Path) -> None:
        """Writes a page.

        Args:
            result: See Result.
            base: The folder that was named, below which its file lies; in a folder results lie as files do there.

        Raises:
            OcrError: The format has no place for a second page.
            OSError: It cannot be written.
        """
        if self._folder is not None and self._key != (result.name, base):
            self._finish()
            self._key = result.name, base
            for kind in self._kinds.values():
                if not getattr(kind, "one_page", False) or result.pages == 1:
                    self._open.append(self._in_folder(kind, result, base, None))
        for writer in self._open:
            writer.add(result)
        if self._folder is not None and result.pages > 1:
            for kind in self._kinds.values():
                if getattr(kind, "one_page", False):
                    writer = self._in_folder(kind, result, base, result.number)
                    writer.add(result)
                    writer.finish()
                    writer.close()

    def finish(self) -> None:
        """Ends all files."""
        self._finish()
        self._stack.close()

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, *error: Any) -> bool:
        handled = False
        with contextlib.suppress(IndexError):
            for writer in reversed(self._open):
                writer.abandon(*error)
        self._stack.__exit__(*error)
        return handled

    def _finish(self) -> None:
        for writer in self._open:
            writer.finish()
            writer.close()
        self._open = []

    def _in_folder(self, kind: Any, result: Result, base: Path, number: int | None) -> "_Writer":
        path = self._place(result.name, base, (f"-{number:04d}" if number else "") + kind.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        stack = contextlib.ExitStack()
        stream = stack.enter_context(self._replacing(path))
        return self._writer(kind, stream, False, False, stack)

    def _replacing(self, path: Path) -> contextlib.AbstractContextManager[BinaryIO]:
        if self._resumes:
            files.remove_begun(path)
        return files.replacing(path)

    def _writer(
        self, kind: Any, stream: Any, many: bool, terminal: bool, stack: contextlib.ExitStack | None = None
    ) -> "_Writer":
        stack = stack or contextlib.ExitStack()
        try:
            if hasattr(kind, "finish"):
                return _Writer(kind(stream, self._model, many), stack)
            return _TextWriter(kind(self._model, many), stream, stack, self._on_write if terminal else None)
        except BaseException:
            stack.__exit__(*sys.exc_info())
            raise

    def _place(self, name: str, base: Path, suffix: str) -> Path:
        """A file below the folder that no other document of this run has."""
        inside = Path(name)
        with contextlib.suppress(ValueError):
            inside = inside.relative_to(base)
        if name == "-":
            inside = Path("stdin")
        if inside.is_absolute() or ".." in inside.parts or "://" in name:  # nothing is written outside
            inside = Path(inside.name or "page")
        stem, number = files.beginning(inside.stem if inside.suffix else inside.name, _MOST_NAME_BYTES), 1
        target = Path(self._folder or ".", inside.parent, stem + suffix)
        while target in self._taken:
            number += 1
            target = target.with_name(f"{stem}-{number}{suffix}")
        self._taken.add(target)
        return target


class _Writer:
    """One file of a format that writes itself at the end."""

    def __init__(self, made: Any, stack: contextlib.ExitStack):
        self._made, self._stack = made, stack

    def add(self, result: Result) -> None:
        self._made.add(result)

    def finish(self) -> None:
        self._made.finish()

    def close(self) -> None:
        self._stack.close()

    def abandon(self, kind: Any, error: Any, trace: Any) -> None:
        self._stack.__exit__(kind or RuntimeError, error or RuntimeError("unfinished"), trace)


class _TextWriter(_Writer):
    """One file of text in UTF-8."""

    def __init__(
        self, made: "formats.Format", stream: Any, stack: contextlib.ExitStack, on_write: Callable[[], None] | None
    ):
        super().__init__(made, stack)
        self._stream, self._on_write, self._pages = stream, on_write, 0
        self._write(made.head())

    def add(self, result: Result) -> None:
        if self._pages and getattr(self._made, "one_page", False):
            raise OcrError("page-xml has one page a file, found several; give a directory: -o DIRECTORY/")
        self._pages += 1
        self._write(self._made.body(result))

    def finish(self) -> None:
        self._write(self._made.tail())

    def _write(self, text: str) -> None:
        if not text:
            return
        if self._on_write:
            self._on_write()
        if isinstance(self._stream, io.TextIOBase):
            self._stream.write(text)
        else:
            self._stream.write(text.encode("utf-8", "backslashreplace"))
        self._stream.flush()


def _standard_output(name: str, kind: Any) -> Any:
    if not hasattr(kind, "finish"):
        return sys.stdout
    if sys.stdout.isatty():
        raise OcrError(f"expected -o FILE for {name}, which is no text for a terminal")
    return sys.stdout.buffer
