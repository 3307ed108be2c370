"""Gets published weights: out of a local folder, out of the cache, or from their publisher's address."""

import hashlib
import http.client
import logging
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from converters.errors import download_error

_log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30
# No recogniser or detector is larger; an archive or a member of more is not what it says.
MAX_ARCHIVE_BYTES = MAX_MEMBER_BYTES = 1 << 30
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class RemoteFile:
    """A file inside a published zip archive.

    Attributes:
        url: Address of the archive: https, or http of this machine.
        md5: MD5 of the file itself, hexadecimal, as its publisher gives it.
    """

    url: str
    member: str
    md5: str


def obtain(remote: RemoteFile, cache: Path, weights: Path | None = None, also: Sequence[Path] = ()) -> Path:
    """Finds or downloads a published file.

    Args:
        weights: The user's own folder; when given, nothing is downloaded. A file of another md5 is taken as
            the user's own training of the model, with a warning.
        also: Further folders to look into, never written to; only files with the right md5 are taken.

    Returns:
        The path of the file.

    Raises:
        ConversionError: It is not in `weights`, cannot be downloaded, or is not what was published.
    """
    if weights is not None:
        return _own(remote, weights)
    for folder in (cache, *also):
        path = folder / remote.member
        if path.is_file() and md5(path) == remote.md5:
            return path
    return download(remote, cache / remote.member)


def download(remote: RemoteFile, target: Path) -> Path:
    """Downloads the archive, takes the one file out of it, checks its md5 and renames it to `target`.

    Raises:
        ConversionError: An address, also after a redirection, that is not https; no connection, an error of the
            server, a transfer that ended early or does not end, no such member in the archive, or another md5. Nothing
            is left at `target` then.
    """
    _require_safe(remote.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as work:
        archive = Path(work) / "archive.zip"
        _fetch(remote.url, archive)
        unpacked = Path(work) / "member"
        _extract(archive, remote.member, unpacked)
        found = md5(unpacked)
        if found != remote.md5:
            raise download_error(
                f"{remote.member} of {remote.url}: expected md5 {remote.md5}, found {found}; try again, or get the "
                "file otherwise and name its folder with --weights"
            )
        unpacked.replace(target)
    return target


def _require_safe(url: str) -> None:
    """https, so that nobody on the way puts another file in the place; on this machine nobody is on the way."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise download_error(
            f"expected an https address, found {url}; get the file otherwise and name its folder with --weights"
        )


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to https alone."""

    def redirect_request(self, request, stream, code, message, headers, url):
        """As in urllib, after the address was looked at."""
        _require_safe(url)
        return super().redirect_request(request, stream, code, message, headers, url)


def md5(path: Path) -> str:
    """MD5 of a file, hexadecimal; a check against damage, as published, not against forgery."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _own(remote: RemoteFile, weights: Path) -> Path:
    path = weights / remote.member
    if not path.is_file():
        raise download_error(
            f"expected {remote.member} in {weights}, found none; get it from {remote.url} and unpack it there, or "
            "leave --weights out to download it"
        )
    if md5(path) != remote.md5:
        _log.warning("%s is not the published file (md5 %s): converting it as your own weights", path, remote.md5)
    return path


def _fetch(url: str, target: Path) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "tflite-ocr"})
    try:
        opener = urllib.request.build_opener(_SafeRedirects)
        with opener.open(request, timeout=_TIMEOUT_S) as response, open(target, "wb") as file:
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            _require_small(url, total or 0)
            name, terminal = url.rsplit("/", 1)[-1], sys.stderr.isatty()
            if not terminal:
                size = f" ({total / 1e6:.1f} MB)" if total else ""
                print(f"downloading {name}{size}", file=sys.stderr, flush=True)
            with tqdm(total=total, unit="B", unit_scale=True, desc=name, disable=not terminal) as bar:
                while chunk := response.read(_CHUNK_BYTES):
                    _require_small(url, file.tell() + len(chunk))
                    file.write(chunk)
                    bar.update(len(chunk))
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise download_error(
            f"cannot get {url}: {reason}; check the connection, or get the file otherwise and name its folder with "
            "--weights"
        ) from None
    if total is not None and target.stat().st_size != total:
        raise download_error(f"{url}: expected {total} bytes, found {target.stat().st_size}; try again")


def _require_small(url: str, size: int) -> None:
    if size > MAX_ARCHIVE_BYTES:
        raise download_error(f"{url}: expected at most {MAX_ARCHIVE_BYTES} bytes, found more")


def _extract(archive: Path, member: str, target: Path) -> None:
    """Writes exactly one member to `target`; no name from the archive ever becomes a path."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entry = opened.getinfo(member)
            if entry.file_size > MAX_MEMBER_BYTES:
                raise download_error(f"{member}: expected at most {MAX_MEMBER_BYTES} bytes, found {entry.file_size}")
            with opened.open(entry) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file, _CHUNK_BYTES)
    except KeyError:
        raise download_error(f"expected {member} in the archive, found no such file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise download_error(f"expected a zip archive with {member}, found {error}; try again") from None
