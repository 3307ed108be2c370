"""What formats of angle brackets share."""

import re
from collections import Counter

# What XML 1.0 has no place for; a text that was read holds none, a file name may.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Identities:
    """Names the elements of pages, by their kind."""

    def __init__(self, page: int | None = None):
        """Numbers those of one page from 1; with its number in their names, where there are several."""
        self._page, self._counts = "" if page is None else f"_{page}", Counter[str]()

    def __call__(self, kind: str) -> str:
        """The name of the next element of a kind."""
        self._counts[kind] += 1
        return f"{kind}{self._page}_{self._counts[kind]}"


def escaped(text: str) -> str:
    """A text for an element or an attribute in double quotes."""
    text = _FORBIDDEN.sub("\ufffd", text)
    for sign, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("\r", "&#13;"),
        ("\n", "&#10;"),
    ):
        text = text.replace(sign, entity)
    return text
