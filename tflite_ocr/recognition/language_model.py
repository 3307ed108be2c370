"""How likely words are, by their characters: n-grams with backing off (Katz, 1987; Chen and Goodman, 1999, section 2).

Characters are folded first: case and accents do not count, digits are one symbol. A word is enclosed by two
boundaries; the probability of each character, and of the boundary at its end, depends on up to five before it.
"""

import functools
import io
import struct
import tokenize
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tflite_ocr.errors import ArtifactError

ORDER = 6
# Symbols are numbers from 1 to 63, so that an n-gram is a number of n times 6 bits and no two of them are the same.
BITS = 6
BOUNDARY, DIGIT, OTHER = 1, 2, 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = ".,:;!?-'\"/&()[]@#+*%$€£=_|"
_SYMBOLS = {character: 4 + i for i, character in enumerate(_LETTERS + _SIGNS)}
SYMBOLS = (BOUNDARY, DIGIT, OTHER, *_SYMBOLS.values())
# Letters that are no plain letter with an accent, and characters treated as others.
_PLAIN = str.maketrans(
    dict(zip("øłđðħŧıæœþŋ‘’‚“”„–—«»", 'o l d d h t i ae oe th n \' \' \' " " " - - " "'.split(), strict=True))
)
# Natural logarithms are stored as numbers of steps below the highest.
STEP, HIGHEST = 1 / 16, 4.0
_KEY_BYTES = -(-ORDER * BITS // 8)
_MOST_BYTES = 1 << 28
# Errors raised for damaged archives and array headers.
_DAMAGED = (
    *(OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, RuntimeError, SyntaxError),
    *(ArithmeticError, MemoryError, zipfile.BadZipFile, zlib.error, tokenize.TokenError, struct.error),
)


class LanguageModel:
    """A table of n-grams. Safe to use from many threads."""

    def __init__(self, keys: np.ndarray, log_probabilities: np.ndarray, backoffs: np.ndarray):
        """Wraps a table; see `unpack`. Tables are made by `python -m training language-model`.

        Args:
            keys: uint64 [N], ascending: n-grams of all orders, every symbol 6 bits, the last one lowest; all of one
                symbol are there.
            log_probabilities: float32 [N], natural logarithms of the probability of its last symbol after the others.
            backoffs: float32 [N], likewise of the factor for a shorter n-gram where this one has no such successor.
        """
        self._keys, self._log_probabilities, self._backoffs = keys, log_probabilities, backoffs

    def __len__(self) -> int:
        return len(self._keys)

    def log_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Natural logarithms of the probabilities of texts, float64 [N]: the sum over their words, 0.0 of none."""
        words = [text.split() for text in texts]
        counts = [len(of_text) for of_text in words]
        spelt = "".join([f"\0{word}\0" for of_text in words for word in of_text])
        if not spelt:
            return np.zeros(len(texts))
        symbols = _spelt(spelt)
        boundaries = np.flatnonzero(symbols == BOUNDARY)
        starts, lengths = boundaries[::2], np.diff(boundaries)[::2] + 1
        places = np.arange(len(symbols)) - np.repeat(starts, lengths)
        of_words = np.add.reduceat(self._of_symbols(symbols, places), starts)
        return np.bincount(np.repeat(np.arange(len(texts)), counts), of_words, minlength=len(texts))

    def _of_symbols(self, symbols: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Log probability of each symbol after those before it in its word; 0 for the boundary at place 0."""
        by_order = ending_keys(symbols)
        result = np.zeros(len(symbols))
        left = np.flatnonzero(places > 0)
        for order in range(ORDER, 0, -1):
            now = left[places[left] >= order - 1]
            keys = by_order[order - 1][now]
            at, known = self._find(keys)
            result[now[known]] += self._log_probabilities[at[known]]
            now = now[~known]
            if order > 1:
                at, known_context = self._find(keys[~known] >> np.uint64(BITS))
                result[now[known_context]] += self._backoffs[at[known_context]]
            left = np.concatenate((left[places[left] < order - 1], now))
        return result

    def _find(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return at, self._keys[at] == keys


def _spelt(text: str) -> np.ndarray:
    """Symbols of a text in which \\0 stands for boundaries, uint64."""
    if not text.isascii():
        return np.array([symbol for character in text for symbol in _symbols(character)], np.uint64)
    return _ascii()[np.frombuffer(text.encode("ascii"), np.uint8)]


@functools.lru_cache(maxsize=1)
def _ascii() -> np.ndarray:
    return np.array([_symbols(chr(code))[0] for code in range(128)], np.uint64)


def ending_keys(symbols: np.ndarray) -> list[np.ndarray]:
    """By order, from 1 to ORDER, the n-grams that end at each symbol, uint64 [N], padded with zeros in front."""
    padded = np.concatenate((np.zeros(ORDER - 1, np.uint64), symbols))
    keys = [symbols]
    for distance in range(1, ORDER):
        start = ORDER - 1 - distance
        keys.append(keys[-1] | padded[start : start + len(symbols)] << np.uint64(BITS * distance))
    return keys


def folded(word: str) -> list[int]:
    """The symbols of a word, without boundaries."""
    return [symbol for character in word for symbol in _symbols(character)]


@functools.lru_cache(maxsize=4096)
def _symbols(character: str) -> tuple[int, ...]:
    if character == "\0":
        return (BOUNDARY,)
    plain = unicodedata.normalize("NFD", character.casefold().translate(_PLAIN))
    return tuple(
        DIGIT if part.isdigit() else _SYMBOLS.get(part, OTHER) for part in plain if not unicodedata.combining(part)
    )


def pack(keys: np.ndarray, log_probabilities: np.ndarray, backoffs: np.ndarray) -> bytes:
    """A table as bytes, to be read with `unpack`; keys as in LanguageModel, logarithms are rounded to STEP."""
    gaps = np.diff(keys, prepend=np.uint64(0)).astype("<u8").view(np.uint8).reshape(-1, 8)[:, :_KEY_BYTES]
    file = io.BytesIO()
    np.savez_compressed(
        file, gaps=np.ascontiguousarray(gaps.T), log_probabilities=_steps(log_probabilities), backoffs=_steps(backoffs)
    )
    return file.getvalue()


def unpack(data: bytes, path: Path) -> LanguageModel:
    """The table in a file's bytes.

    Raises:
        ArtifactError: The bytes are no language model; the message names the path.
    """
    try:
        gaps, *logarithms = _arrays(data)
        widened = np.zeros((gaps.shape[1], 8), np.uint8)
        widened[:, :_KEY_BYTES] = gaps.T
        keys = np.cumsum(widened.view("<u8")[:, 0], dtype=np.uint64)
        return LanguageModel(keys, *(HIGHEST - STEP * steps.astype(np.float32) for steps in logarithms))
    except _DAMAGED as error:
        raise ArtifactError(
            f"{path}: expected a language model, found {error or type(error).__name__}; convert the model again"
        ) from None


def _arrays(data: bytes) -> list[np.ndarray]:
    """The arrays of a table, whose sizes are compared before anything is unpacked.

    Raises:
        ValueError: There are other arrays, or one is too large or of another dtype. Damaged ones raise _DAMAGED.
    """
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("gaps.npy", "log_probabilities.npy", "backoffs.npy"):
            entry = archive.getinfo(name)
            if entry.file_size > _MOST_BYTES:
                raise ValueError(f"{name} of {entry.file_size} bytes")
            read_array: Any = np.lib.format.read_array
            found.append(read_array(io.BytesIO(archive.read(entry)), allow_pickle=False))
    gaps, *logarithms = found
    count = gaps.shape[-1]
    shapes = [gaps.shape == (_KEY_BYTES, count), *(array.shape == (count,) for array in logarithms)]
    if not count or not all(shapes) or any(array.dtype != np.uint8 for array in found):
        raise ValueError(f"arrays of the shapes {', '.join(str(array.shape) for array in found)}")
    return found


def _steps(logarithms: np.ndarray) -> np.ndarray:
    return np.clip(np.rint((HIGHEST - logarithms) / STEP), 0, 255).astype(np.uint8)
