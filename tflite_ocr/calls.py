"""Calls with wrong arguments: an error says what was expected, what was found, and what to write instead."""

import difflib
import functools
import inspect
import math
import numbers
import os
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import Any, TypeVar

import numpy as np

_Class = TypeVar("_Class", bound=type)
_FLAG: tuple[type, ...] = bool, np.bool_, int
# A type in a signature, and the types of what is taken for it.
_TAKEN: dict[Any, tuple[type, ...]] = {
    bool: _FLAG,
    float: (numbers.Real,),
    int: (numbers.Integral,),
    str: (str,),
    types.NoneType: (types.NoneType,),
    os.PathLike: (os.PathLike,),
    Sequence: (Iterable,),
    Mapping: (Mapping,),
    frozenset: (Set,),
}
_NAMES = {types.NoneType: "None", os.PathLike: "a path", Sequence: "a list", Mapping: "a dict", frozenset: "a set"}


def explained(kind: _Class) -> _Class:
    """Gives a class methods that check their arguments: all that are public, and the constructor.

    They raise a TypeError for what is missing, unknown or of another type. A signature whose types are not among those
    known here, such as an image's, is left to the method.
    """
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, _checked(kind, name, method))
    return kind


def check_range(options: Any, names: str, least: float = -math.inf, most: float = math.inf) -> None:
    """Refuses numbers, by the names of their attributes, that are not finite or out of range."""
    for name in names.split():
        value = getattr(options, name)
        if not (math.isfinite(value) and least <= value <= most):
            limits = "a finite number" if least == -math.inf else f"{least:g} to {most:g}"
            raise ValueError(f"expected {name} of {limits}, found {value!r}")


def check_choice(options: Any, name: str, choices: Collection[str]) -> None:
    """Refuses a value of an attribute that is none of the choices."""
    if getattr(options, name) not in choices:
        raise ValueError(f"expected {name} of {', '.join(choices)}, found {getattr(options, name)!r}")


def _checked(kind: type, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(method)
    taken = {item.name: _types(item.annotation) for item in signature.parameters.values()}
    place = kind.__name__ if name == "__init__" else f"{kind.__name__}.{name}"

    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            given = signature.bind(*arguments, **named).arguments
        except TypeError as error:
            own = list(signature.parameters)[1:]
            unknown = [word for word in named if word not in own]
            found = ", ".join(unknown) or str(error).replace("missing a required argument:", "nothing for")
            advice = _advice(kind, name, own, unknown[0]) if unknown else ""
            raise TypeError(f"{place}: expected {', '.join(own) or 'no arguments'}; found {found}{advice}") from None
        for word, value in given.items():
            title, kinds = taken[word]
            if kinds and not isinstance(value, kinds):
                raise TypeError(f"{place}: expected {word} to be {title}, found {_shown(value)}")
        return method(*arguments, **named)

    return call


def _types(annotation: Any) -> tuple[str, tuple[type, ...]]:
    """What a type in a signature is called, and the types of what is taken for it; none for those not known here."""
    union = isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union
    titles: list[str] = []
    kinds: list[type] = []
    for part in typing.get_args(annotation) if union else (annotation,):
        plain = typing.get_origin(part) or part
        if plain in _TAKEN:
            titles.append(_NAMES.get(plain, getattr(plain, "__name__", "")))
            kinds[:0] = _TAKEN[plain]  # None is last, given most often, and soonest checked
        elif inspect.isclass(plain) and plain.__module__.split(".")[0] == __package__:
            titles.append(f"a {plain.__name__}(...)")
            kinds[:0] = [plain]
        else:
            return "", ()
    return " or ".join(titles), tuple(kinds)


def _advice(kind: type, method: str, own: Sequence[str], word: str) -> str:
    """What to write for an unknown keyword: a similar one, another method that takes it, or EasyOCR's Reader."""
    similar = difflib.get_close_matches(word, own, 1)
    if similar:
        return f"; did you mean {similar[0]}?"
    from tflite_ocr import easyocr, reader  # here: they import this module

    others: dict[type, str] = {kind: "", reader.Reader: "Reader's ", easyocr.Reader: "easyocr.Reader's "}
    for other, whose in (others | {kind: ""}).items():
        takers = [name for name, each in vars(other).items() if inspect.isfunction(each) and _takes(each, word)]
        takers = [name for name in takers if not name.startswith("_")]
        if takers:
            taker = method if method in takers else takers[0]
            door = "; write `from tflite_ocr import easyocr`" if whose.startswith("easyocr") else ""
            return f"; {word} is a keyword of {whose}{taker}{door}"
    return ""


def _takes(method: Callable[..., Any], word: str) -> bool:
    return word in inspect.signature(method).parameters


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
