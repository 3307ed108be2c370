"""Texts that can be written in one way only: Roman numerals, addresses, hexadecimal numbers, names of files, quotes."""

import re

from tflite_ocr.recognition.ctc import UNKNOWN

_ROMAN = re.compile(r"(?=[MDCLXVI]{3})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
# Of two equal strokes side by side one is easily missed; no scheme of these is followed by a single one.
_SCHEME = re.compile(r"\b(https?|ftps?|wss?):/(?=[^/\s])", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"\b(0x)([\da-fA-FOoIl]{2,})\b")
# The blanks that an underscore at the foot of a line leaves around itself, where it joins the parts of a file's name.
_SUFFIX = r"\.(?:txt|pdf|docx?|xlsx?|pptx?|csv|jpe?g|png|gif|tiff?|zip|log|json|html?|md|py|mp[34])\b"
_FILE = re.compile(rf"(?<=\w)(?: ?_ (?=\w+{_SUFFIX})| _(?=\d+{_SUFFIX}))")
# Or the parts of a function's name: no two names side by side begin a call.
_CALL = re.compile(r"(\w\.\w+)(?: _ ?|_ )(?=\w+\()")
_DIGITS = str.maketrans("OoIl", "0011")


def are_roman(unknown: str, known: str) -> bool:
    """Whether all words of a line that have unknown signs are Roman numerals of three letters or more.

    Args:
        unknown: The line with U+FFFD.
        known: The same line read in known characters.
    """
    words, instead = unknown.split(), known.split()
    if UNKNOWN not in unknown or len(words) != len(instead):
        return False
    return all(_ROMAN.fullmatch(other) for word, other in zip(words, instead, strict=True) if UNKNOWN in word)


def spelt(text: str) -> str:
    """A text with what its form leaves no choice about.

    Every address has both strokes behind its scheme (`https:/a.org` becomes `https://a.org`), hexadecimal numbers
    have no O, I and l (`0xdOdf` becomes `0xd0df`), names of files and functions no blanks around an underscore,
    and a line with straight quotes no closing curly ones that nothing opens.
    """
    if "'" in text and "‘" not in text:
        text = text.replace("’", "'")
    text = _CALL.sub(r"\1_", _FILE.sub("_", text))
    text = _SCHEME.sub(r"\1://", text)
    return _HEXADECIMAL.sub(lambda code: code[1] + code[2].translate(_DIGITS), text)
