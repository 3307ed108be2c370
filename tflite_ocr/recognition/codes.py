"""Lines of programs and addresses, in which equal letters side by side and thin signs are easily missed."""

import re

from tflite_ocr.page import Recognition

# Addresses and names with points, paths, options, calls, doubled signs, and runs of letters that are numerals.
_CODE = re.compile(
    r"//|www|\w@\w|\w\.[a-z]{2}|(?:^|\s)[~.]{0,2}/\w|[a-z]/\w+/[a-z]|(?:^|\s)--?[a-z]|--|==|&&|\+\+|\|\||::|[-=]>"
    r"|[a-z]\([a-z\"%]|\b[MDCLXVI]{4,}\b"
)
_SIGN = re.compile(r"[][{}<>=;|$*~^\\_&]")
_SIGNS = 2  # so many of them make code
_LEAST = 0.75  # what is read with less confidence is no code
_SURE, _LESS = 0.9, 0.02  # a wider reading counts if it is so sure, and less sure than the other by this at most


def may_gain(result: Recognition) -> bool:
    """Whether a line may be read better when it is read wider."""
    text = result.text
    return result.confidence >= _LEAST and (_CODE.search(text) is not None or len(_SIGN.findall(text)) >= _SIGNS)


def counts(wider: Recognition, result: Recognition) -> bool:
    """Whether the wider reading of a line counts in place of the other one."""
    return wider.confidence >= max(_SURE, result.confidence - _LESS)
