"""Texts that can be written in one way only: Roman numerals, addresses, hexadecimal numbers, names of files, marks."""

import re

from tflite_ocr.recognition.ctc import UNKNOWN

_ROMAN = re.compile(r"(?=[MDCLXVI]{3})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
# Of two equal strokes side by side one is easily missed; no scheme of these is followed by a single one.
_SCHEME = re.compile(r"\b(https?|ftps?|wss?):/(?=[^/\s])", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"\b(0x)([\da-fA-FOoIl]{2,})\b")
# Colours of six digits, of which one is no letter.
_COLOUR = re.compile(r"(?<!\w)(#)(?=\w*\d)([\da-fA-FOoIl]{6})\b")
# Digests, of seven digits or more: two are no letters, and one letter is none but of these.
_DIGEST = re.compile(r"(?<![\w-])()(?=\w*[a-f])(?=\w*\d\w*\d)([\da-fOIl]{7,})(?![\w-])")
# The blanks that an underscore at the foot of a line leaves around itself, where it joins the parts of a file's name.
_SUFFIX = r"\.(?:txt|pdf|docx?|xlsx?|pptx?|csv|jpe?g|png|gif|tiff?|zip|log|json|html?|md|py|mp[34])\b"
_FILE = re.compile(rf"(?<=\w)(?: ?_ (?=\w+{_SUFFIX})| _(?=\d+{_SUFFIX}))")
# A point is seen twice, and a blank before a 1, which is as wide as other digits.
_POINTS = re.compile(rf"(?<=\w)\.(?={_SUFFIX})")
_NUMBER = re.compile(rf"(_\d+) (?=\d+{_SUFFIX})")
# Or the parts of a function's name: no two names side by side begin a call.
_CALL = re.compile(r"(\w\.\w+)(?: _ ?|_ )(?=\w+\()")
_DIGITS = str.maketrans("OoIl", "0011")
# What opens a Spanish question or call stands before its first letter, and looks like a semicolon or a j.
_SPANISH = re.compile(r"[¿¡áéíóúñ]")
_OPENED = re.compile(r"(?<=[¿¡]) (?=\w)|(?<=¡)j(?=[A-ZÁÉÍÓÚÑ])")
_CALLED = re.compile(r"(?<!\S);(?=\w[^?!;]*!)")
# Before other letters of a Turkish word no digit and no sign of money stands, but letters that look like them.
_TURKISH = re.compile(r"[ığşİ]")
_LOOKALIKES = re.compile(r"(?<![\w$])[1$](?=[a-zçğıöşü]{2})")
_QUOTED = re.compile(r"((?<!\S)'[^'′]*)′(?![^\s.,;:)])")
# Releases are counted from 1 on.
_RELEASE = re.compile(r"(?<=\d-)(alpha|beta|rc)(\.?)[lI](?![\w.])")
# Nothing but digits around it: no small o.
_ZEROS = re.compile(r"\b\d+o[\do]*\d\b")
# Their first number may be 0, and it stands between a v or a number and points.
_VERSION = re.compile(r"(?:(?<=\b[vV])|(?<=\d\.))[Oo](?=\.\d)")
_DATE = re.compile(r"(\d[-/.]\d{2,4},)(?=\d\d?:\d\d\b)")


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

    Every address has both strokes behind its scheme (`https:/a.org` becomes `https://a.org`), hexadecimal numbers,
    colours and digests have no O, I and l (`0xdOdf` becomes `0xd0df`, `#4DOB1B` `#4D0B1B`), names of files and of
    functions no blanks around an underscore, names of files no two points before what they end in, a date and a time
    have a blank behind the comma between them, no number has an o between its digits (`517o7`), no release is called
    `1.0-rcl` and no version `vO.1`, nothing parts `¿` and `¡` from their sentence, no Turkish word begins with 1 or $,
    and a line with straight quotes has no closing curly ones that nothing opens.
    """
    if "'" in text and "‘" not in text:
        text = text.replace("’", "'")
        text = _QUOTED.sub(r"\1'", text)
    if _SPANISH.search(text):
        text = _CALLED.sub("¡", _OPENED.sub("", text))
    if _TURKISH.search(text):
        text = _LOOKALIKES.sub(lambda sign: {"1": "ı", "$": "Ş"}[sign[0]], text)
    text = _NUMBER.sub(r"\1", _CALL.sub(r"\1_", _FILE.sub("_", _POINTS.sub("", text))))
    text = _DATE.sub(r"\1 ", _SCHEME.sub(r"\1://", text))
    text = _ZEROS.sub(lambda number: number[0].replace("o", "0"), text)
    text = _VERSION.sub("0", _RELEASE.sub(r"\1\g<2>1", text))
    for digits in (_HEXADECIMAL, _COLOUR, _DIGEST):
        text = digits.sub(lambda code: code[1] + code[2].translate(_DIGITS), text)
    return text
