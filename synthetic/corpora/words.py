"""Words and sentences from Debian's word lists and short texts, by language."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from synthetic.charset import drawable
from synthetic.errors import DrawingError

DICT = Path("/usr/share/dict")
FORTUNES = Path("/usr/share/games/fortunes")
HUNSPELL = Path("/usr/share/hunspell")
_LISTED = 30_000  # words that are taken of a list, spread over all of it
_LONGEST_WORD = 18
# Rows of the language, its share, its word lists, folders or files of short texts (".": the English ones), and,
# where only that is there, the dictionary of a spelling checker.
with Path(__file__).with_name("languages.csv").open(encoding="utf-8", newline="") as _file:
    _LANGUAGES = {row["language"]: row for row in csv.DictReader(_file)}
_NOT_ENGLISH = set(
    "ascii-art banner brasil definizioni formiche italia itatrek jackfr leggi luttazzi paolotedeschi zuse norm".split()
)


@dataclass(frozen=True)
class Language:
    """Texts of one language."""

    name: str  # In English, lower case
    share: float  # How often it is drawn
    words: list[str]  # From the word lists, each once; where there is no list, those of the texts
    # Words as they follow each other in the short texts, so that frequent ones are frequent; where there are no texts,
    # those of the lists in no order
    running: list[str]


@lru_cache(maxsize=1)
def languages() -> list[Language]:
    """The languages of which this machine has words.

    Raises:
        DrawingError: There are no words at all.
    """
    found = []
    for name, row in _LANGUAGES.items():
        words = [word for path in _lists(name) for word in _listed(path)]
        running = [word for text in row["texts"].split() for path in _text_files(text) for word in _running(path)]
        if row["spelling"]:
            words = _spelt(HUNSPELL / f"{row['spelling']}.dic")
        if words or running:
            found.append(Language(name, float(row["share"]), words or running, running or _shuffled(words)))
    if not found:
        raise DrawingError(
            f"expected word lists in {DICT}, found none; "
            "install the packages that synthetic/packages/words.txt lists: make fonts"
        )
    return found


@lru_cache(maxsize=1)
def _shares() -> np.ndarray:
    return np.cumsum([language.share for language in languages()])


def language(rng: np.random.Generator) -> Language:
    """A language, by its share."""
    shares = _shares()
    return languages()[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]


def word(rng: np.random.Generator, spoken: Language | None = None) -> str:
    """A word as lists and texts have it; without the punctuation around it."""
    spoken = spoken or language(rng)
    pool = spoken.words if rng.random() < 0.55 else spoken.running
    for _ in range(4):
        chosen = pool[int(rng.integers(len(pool)))].strip("\"'.,;:!?()[]{}<>*-_«»„“”")
        if chosen:
            return chosen
    return "word"


def sentence(rng: np.random.Generator, length: int) -> str:
    """A stretch of running text of at most about `length` characters, beginning at any word."""
    spoken = language(rng)
    start, words, total = int(rng.integers(len(spoken.running))), [], 0
    for following in spoken.running[start : start + 20]:
        total += len(following) + 1
        if words and total > length:
            break
        words.append(following)
    return " ".join(words)[: max(length, 1)]


def listed(name: str) -> list[str]:
    """Every word of a language's lists, once a list."""
    return [word for path in _lists(name) for word in path.read_text("utf-8").split()]


@lru_cache(maxsize=1)
def words_with() -> dict[str, list[str]]:
    """By character: up to 200 words of the lists that contain it."""
    index: dict[str, list[str]] = {}
    for spoken in languages():
        for entry in spoken.words:
            for character in set(entry):
                listed = index.setdefault(character, [])
                if len(listed) < 200:
                    listed.append(entry)
    return index


def _lists(name: str) -> list[Path]:
    return [DICT / file for file in _LANGUAGES[name]["lists"].split() if (DICT / file).is_file()]


def _shuffled(words: list[str]) -> list[str]:
    return [words[index] for index in np.random.default_rng(len(words)).permutation(len(words))]


def _spelt(path: Path) -> list[str]:
    """Words of a spelling checker's dictionary, spread over it, without their flags; none where it is not installed."""
    rules = path.with_suffix(".aff")
    if not (path.is_file() and rules.is_file()):
        return []
    named = re.search(rb"^SET +(\S+)", rules.read_bytes(), re.MULTILINE)
    lines = path.read_text(named.group(1).decode() if named else "iso8859-1", "ignore").splitlines()[1:]
    chosen = [lines[int(place)] for place in np.linspace(0, len(lines) - 1, min(_LISTED, len(lines)))]
    words = (re.split(r"[/\s]", line, maxsplit=1)[0] for line in chosen)
    return list(dict.fromkeys(word for word in words if 0 < len(word) <= _LONGEST_WORD and set(word) <= _allowed()))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # the older lists are in Latin-1, Czech and Polish texts in Latin-2
        return data.decode("iso8859-1")


def _listed(path: Path) -> list[str]:
    """Words spread over a list, which may have millions, in its order."""
    data = path.read_bytes()
    latin = path.name in ("bokmaal", "nynorsk", "swedish")
    found: dict[str, None] = {}
    for offset in np.linspace(0, max(0, len(data) - 40), _LISTED).astype(int):
        start = data.find(b"\n", offset) + 1
        entry = data[start : data.find(b"\n", start)].decode("iso8859-1" if latin else "utf-8", "ignore")
        entry = entry.split("/")[0].split()[0] if entry.strip() else ""
        if entry.endswith("'s") and offset % 6:  # a quarter of the English lists
            continue
        if 0 < len(entry) <= _LONGEST_WORD and set(entry) <= _allowed():
            found[entry] = None
    return list(found)


def _text_files(name: str) -> list[Path]:
    """Files of short texts: of a folder all, of "." the English ones."""
    root = FORTUNES if name == "." else FORTUNES / name
    files = [root] if root.is_file() else sorted(root.iterdir()) if root.is_dir() else []
    wanted = [path for path in files if path.is_file() and path.suffix in ("", ".fortunes")]
    if name == ".":
        wanted = [path for path in wanted if path.name not in _NOT_ENGLISH]
    return [path for path in wanted if "ascii" not in path.name]


def _running(path: Path) -> list[str]:
    entries = _decoded(path.read_bytes()[:400_000]).split()
    return [entry for entry in entries if entry != "%" and len(entry) <= _LONGEST_WORD and set(entry) <= _allowed()]


@lru_cache(maxsize=1)
def _allowed() -> frozenset[str]:
    return frozenset(drawable())
