"""Images of a directory, and files that are written whole or not at all."""

import contextlib
import errno
import glob
import os
import stat
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from tflite_ocr.errors import ImageReadError

IMAGE_SUFFIXES = frozenset(".jpg .jpeg .png .webp .tif .tiff .bmp .gif .jp2 .avif .heic .heif .ppm .pgm .pbm".split())
DOCUMENT_SUFFIXES = IMAGE_SUFFIXES | {".pdf", ".apng"}
_READ_BYTES = 1 << 26
_KINDS = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}


def user_folder() -> Path:
    """The user's folder for what can be had again, of this project: $XDG_CACHE_HOME/tflite-ocr, or in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tflite-ocr"


def images_in(folder: Path, suffixes: frozenset[str] = IMAGE_SUFFIXES) -> list[Path]:
    """Image files below a folder by their suffix, sorted by path; hidden files and folders are skipped.

    Raises:
        ImageReadError: There is none.
    """
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(parent, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in suffixes
        ]
    if not found:
        raise ImageReadError(f"{folder}: expected a directory with images, found none in it; check the path")
    return sorted(found)


def read_regular(path: str | os.PathLike, most_bytes: int) -> bytes:
    """The bytes of a regular file, also through links; waits for no pipe and reads no device.

    Raises:
        OSError: It cannot be read, has more than `most_bytes`, or is no regular file; `strerror` says which.
        ValueError: The path holds a NUL character.
    """
    with _regular(path) as file:
        if os.fstat(file.fileno()).st_size > most_bytes:
            raise _too_large(most_bytes, os.fspath(path))
        return read_limited(file, most_bytes, os.fspath(path))


def first_bytes(path: str | os.PathLike, count: int) -> bytes:
    """The first bytes of a regular file, at most `count`; errors as of read_regular."""
    with _regular(path) as file:
        return file.read(count) or b""


def _regular(path: str | os.PathLike) -> FileIO:
    # Checked before it is opened, as opening alone may act on a device, and after, as it may be another file by then.
    # Some files of /proc call themselves regular and wait for what comes.
    _require_regular(path, os.stat(path).st_mode)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    file = FileIO(os.open(path, flags))
    try:
        _require_regular(path, os.fstat(file.fileno()).st_mode)
    except OSError:
        file.close()
        raise
    return file


def read_limited(stream: BinaryIO, most_bytes: int, name: str) -> bytes:
    """All bytes of a binary stream up to a limit.

    Raises:
        OSError: There are more; or the stream cannot be read.
    """
    first, rest = stream.read(min(_READ_BYTES, most_bytes + 1)), bytearray()
    count = len(first or b"")
    # Not a list of pieces: they may be as small as their sender likes.
    while count <= most_bytes and first and (piece := stream.read(min(_READ_BYTES, most_bytes + 1 - count))):
        rest += piece
        count += len(piece)
    if count > most_bytes:
        raise _too_large(most_bytes, name)
    return first + rest if rest else first or b""


def _too_large(most_bytes: int, name: str) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most_bytes} bytes", name)


def require_regular(path: str | os.PathLike) -> None:
    """Refuses what is no regular file before anything opens it.

    Raises:
        OSError: It is none, or is not there.
        ValueError: The path holds a NUL character.
    """
    _require_regular(path, os.stat(path).st_mode)


def _require_regular(path: str | os.PathLike, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _KINDS.items() if test(mode)), "a special file")
        raise OSError(errno.EINVAL, f"it is {kind}, no regular file", os.fspath(path))


@contextlib.contextmanager
def replacing(path: str | os.PathLike, parents: bool = False) -> Iterator[BinaryIO]:
    """Opens a temporary file beside `path` for writing bytes; renames it to `path` when the block ends well.

    After an error or an interruption the old file, if any, is unchanged and the temporary one is removed. With
    `parents` missing directories above it are made.
    """
    path = Path(path)
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(21, "expected the name of a file, found a directory", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "the directory to write in does not exist", str(path))
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe: nothing to rename over
        with naming(path), open(path, "wb") as stream:
            yield stream
        return
    temporary = beside(path)
    try:
        with naming(path), open(temporary, "wb") as stream:
            yield stream
        take_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def beside(path: Path, suffix: str = "") -> Path:
    """A new empty file in the folder of `path`, in which it is made until it is whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{beginning(path.name)}.", suffix=f".part{suffix}")
    os.close(descriptor)
    return Path(name)


def remove_begun(path: Path) -> None:
    """Removes what killed runs had begun of a file (see replacing); only for one that no other run is writing."""
    for part in path.parent.glob(f".{glob.escape(beginning(path.name))}.????????.part"):
        part.unlink(missing_ok=True)


def take_place(temporary: Path, path: Path) -> None:
    """Gives a whole file the name `path`, with the permissions of the file before or those of a new one."""
    mode = path.stat().st_mode if path.exists() else 0o666 & ~umask()
    os.chmod(temporary, mode & 0o777)
    os.replace(temporary, path)


def beginning(name: str, most_bytes: int = 200) -> str:
    """A name cut so that a suffix can be added to it: file systems allow 255 bytes."""
    return os.fsdecode(os.fsencode(name)[:most_bytes])


class WholeLines:
    """A file that is written line by line, so that it can be followed; a full disk leaves no partial line in it."""

    def __init__(self, path: str | os.PathLike, keep_bytes: int = 0):
        """Opens it; of an old file the first `keep_bytes` are kept, and the rest is cut off.

        Raises:
            OSError: It cannot be opened for writing.
        """
        self._path, self._end = path, keep_bytes
        self._file = open(path, "r+b" if keep_bytes else "wb", buffering=0)
        if keep_bytes:
            self._file.truncate(keep_bytes)
            self._file.seek(keep_bytes)

    def __enter__(self) -> "WholeLines":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def write(self, line: str) -> None:
        """Adds a line.

        Raises:
            OSError: It cannot be written; a part already written is removed again.
        """
        data, written = line.encode("utf-8", "backslashreplace"), 0
        try:
            with naming(self._path):
                while written < len(data):
                    written += self._file.write(data[written:])
        except OSError:
            with contextlib.suppress(OSError):  # a pipe or a device cannot be shortened
                os.ftruncate(self._file.fileno(), self._end)
                self._file.seek(self._end)
            raise
        self._end += len(data)


@contextlib.contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Adds the path to system errors that name no file, as those of writing to an open file do."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def umask() -> int:
    """The umask of the process, read from the system if possible: asking os.umask sets it to 0 for a moment."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return int(next(line for line in lines if line.startswith("Umask:")).split()[1], 8)
    mask = os.umask(0)
    os.umask(mask)
    return mask
