"""Training's tests draw with a few fonts and a short word list, so that they take seconds and need no packages."""

from pathlib import Path

import pytest

from synthetic.corpora import words
from synthetic.letters import fonts, glyphs

FONT_FILES = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSansCondensed.ttf",
)
_ENGLISH = (
    "above bread city dark every flower green house island jump kettle lamp Monday night open paper quick river "
    "station table under village window yellow zero wasn't co-op Exit Paris OK"
)
_GERMAN = "Straße Öl Übung Äpfel größer Mühle schön Jäger Zweck Quark Vogel Klang"
_TEXT = "The quick brown fox -- so they say -- jumps over the lazy dog; then it sleeps (all day).\n%\nWhy not?\n%\n"


def clear_caches():
    for cached in (fonts.fonts, fonts.face, glyphs._models, words.languages, words._shares, words.words_with):
        cached.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def small_world(tmp_path_factory):
    """A folder of plain fonts and one of words in the places of Debian's, and a cache folder of its own."""
    root = tmp_path_factory.mktemp("world")
    for name in ("fonts/plain", "dict", "fortunes", "cache"):
        (root / name).mkdir(parents=True)
    found = {path.name: path for path in Path("/usr/share/fonts").rglob("DejaVu*.ttf")}
    for name in FONT_FILES:
        if name in found:
            (root / "fonts" / "plain" / name).symlink_to(found[name])
    (root / "dict" / "american-english").write_text("\n".join(_ENGLISH.split()) * 40, encoding="utf-8")
    (root / "dict" / "ngerman").write_text("\n".join(_GERMAN.split()) * 40, encoding="utf-8")
    (root / "fortunes" / "literature").write_text(_TEXT * 20, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glyphs, "FOLDERS", (root / "fonts",))
        patch.setattr(words, "DICT", root / "dict")
        patch.setattr(words, "FORTUNES", root / "fortunes")
        patch.setattr(words, "HUNSPELL", root / "hunspell")
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        patch.setenv("XDG_DATA_HOME", str(root / "data"))
        clear_caches()
        yield root
    clear_caches()


@pytest.fixture(scope="session")
def plain_fonts(small_world):
    """The folder of plain fonts; tests that draw letters ask for it."""
    folder = small_world / "fonts" / "plain"
    if len(list(folder.iterdir())) < len(FONT_FILES):
        pytest.skip("the DejaVu fonts are not installed (Debian: fonts-dejavu)")
    return folder
