"""Images of a directory, and files that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tflite_ocr.errors import ImageReadError

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".jp2", ".avif", ".ppm", ".pgm", ".pbm")
)


def images_in(folder: Path) -> list[Path]:
    """Image files below a folder by their suffix, sorted by path; hidden files and folders are left out.

    Raises:
        ImageReadError: There is none.
    """
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(parent, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES
        ]
    if not found:
        raise ImageReadError(f"{folder}: expected a directory with images, found none in it; check the path")
    return sorted(found)


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Opens a temporary file beside `path` for writing bytes; renames it to `path` when the block ends well.

    After an error or an interruption the old file, if any, is untouched and the temporary one is gone.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(21, "expected the name of a file, found a directory", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "the directory to write in does not exist", str(path))
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe: nothing to rename over
        with naming(path), open(path, "wb") as stream:
            yield stream
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with naming(path), os.fdopen(descriptor, "wb") as stream:
            yield stream
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Gives the path to errors of the system that name no file: writing to an open one only says what is wrong."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
