"""Fetches a picture from a web address: only http and https, with limits of size and time."""

import http.client
import ipaddress
import socket
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from tflite_ocr.errors import ImageReadError

MAX_BYTES = 100 << 20
TIMEOUT_S = 30.0
_SCHEMES = ("http", "https")
_PIECE = 1 << 16
_MOST_REDIRECTIONS = 5


def is_address(source: object) -> bool:
    """Whether a value is an address that `fetch` takes."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def fetch(address: str, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S) -> bytes:
    """The bytes behind an address.

    Args:
        address: "http://..." or "https://...".
        max_bytes: Largest size; a larger answer is refused before all of it is read.
        timeout_s: Time limit for everything, redirections included.

    Raises:
        ImageReadError: Another kind of address, also one that is redirected to; a redirection from one machine to
            another one of a private network; or nothing there, too much or too slow.
    """
    until = time.monotonic() + timeout_s
    opener = urllib.request.build_opener(_Redirections(address))
    opener.addheaders = [("User-Agent", "tflite-ocr"), ("Accept", "image/*, */*;q=0.5")]
    try:
        _check(address, address)
        with opener.open(address, timeout=timeout_s) as answer:
            data = bytearray()
            while piece := answer.read1(min(_PIECE, max_bytes + 1 - len(data))):
                data += piece
                if len(data) > max_bytes:
                    raise ImageReadError(f"{address}: expected at most {max_bytes} bytes, found more")
                if time.monotonic() > until:
                    raise ImageReadError(f"{address}: expected an answer within {timeout_s:g} s, found it unfinished")
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ImageReadError(f"{address}: expected a picture, found none: {reason}; check the address") from None
    return bytes(data)


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows a few, and none to a file, another kind of address, or another machine of the network that we are in."""

    max_redirections = _MOST_REDIRECTIONS

    def __init__(self, address: str):
        self._address = address

    def redirect_request(self, request: Any, answer: Any, code: int, message: str, headers: Any, address: str) -> Any:
        _check(address, self._address)
        target, first = urlsplit(address).hostname or "", urlsplit(self._address).hostname or ""
        if target.lower() != first.lower() and _is_private(target):
            raise ImageReadError(
                f"{self._address}: expected a public address, was sent to {address} of a private network"
            )
        return super().redirect_request(request, answer, code, message, headers, address)


def _check(address: str, named: str) -> None:
    if urlsplit(address).scheme.lower() not in _SCHEMES:
        raise ImageReadError(f"{named}: expected an address of http or https, found {address}")


def _is_private(host: str) -> bool:
    """Whether a name resolves to this machine or to a private address; True for unknown names."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
        return any(not ipaddress.ip_address(place.partition("%")[0]).is_global for place in found)
    except (OSError, ValueError):
        return True
