"""Lines that are read once more, wider: thin signs, equal letters side by side and accents are easily missed."""

import re

from tflite_ocr.page import Recognition

# Programs, addresses: names with points, paths, options, calls, doubled signs, and runs of letters that are numerals.
_CODE = re.compile(
    r"//|www|\w@[a-zA-Z]|\w\.[a-z]{2}|(?:^|\s)[~.]{0,2}/[a-z]|[a-z]/\w+/[a-z]|(?:^|\s)-[a-z]|(?<![a-z])--[a-z]"
    r"|==|&&|\+\+|\|\||::|[-=]>|[a-z]_\w|[a-z]\([a-z\"%][^)]|\b[MDCLXVI]{4,}\b"
)
_SIGN = re.compile(r"[][{}<>=;~^\\]")
_SIGNS = 2  # so many of them make code
_DOUBTFUL = (0.75, 0.98)  # confidence of code that is read again; with less it is none
# A wider reading of code counts if it is so sure, and less sure than the other by this at most.
_SURE, _LESS = 0.9, 0.02
_ACCENTED = (0.6, 0.95)  # confidence of lines with accents that are read again


def may_gain(result: Recognition) -> bool:
    """Whether a line may be read better when it is read wider."""
    return _is_code(result) or _has_doubtful_accents(result)


def counts(wider: Recognition, result: Recognition) -> bool:
    """Whether the wider reading of such a line counts in place of the other one."""
    if wider.confidence >= result.confidence:
        return _has_doubtful_accents(result) or wider.confidence >= _SURE
    return _is_code(result) and wider.confidence >= max(_SURE, result.confidence - _LESS)


def _is_code(result: Recognition) -> bool:
    low, high = _DOUBTFUL
    if not low <= result.confidence < high:
        return False
    return _CODE.search(result.text) is not None or len(_SIGN.findall(result.text)) >= _SIGNS


def _has_doubtful_accents(result: Recognition) -> bool:
    low, high = _ACCENTED
    if result.text.isascii() or not low <= result.confidence < high:
        return False
    return any(character.isalpha() and not character.isascii() for character in result.text)
