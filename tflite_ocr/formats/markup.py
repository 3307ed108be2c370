"""What formats of angle brackets share."""

import re

# What XML 1.0 has no place for; a text that was read holds none, a file name may.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
