"""Texts of lines: only the charset's characters, every class, equal for equal seeds, of the promised lengths."""

import re
from collections import Counter

import numpy as np
import pytest

from synthetic.charset import drawable
from synthetic.corpora import corpus, figures, runs, words
from synthetic.errors import DrawingError

CHARSET = set(drawable())
USES = ("scene", "document", "receipt", "screen", "panel")


def texts(use, count, seed=0):
    rng = np.random.default_rng(seed)
    return [corpus.text(rng, use) for _ in range(count)]


@pytest.mark.parametrize("use", USES)
def test_texts_hold_only_characters_of_the_charset(use):
    for written in texts(use, 600):
        assert set(written) <= CHARSET
        assert 1 <= len(written) <= corpus.LONGEST
        assert written == " ".join(written.split(" ")) == written.strip() and "  " not in written


def test_equal_seeds_write_equal_texts():
    assert texts("document", 50, 3) == texts("document", 50, 3) != texts("document", 50, 4)


def test_half_of_the_scenes_lines_are_single_words_and_papers_have_long_ones():
    single = [sum(" " not in written for written in texts(use, 800)) / 800 for use in ("scene", "document")]
    assert single[0] > 0.55 > 0.5 > single[1]
    assert 0.1 < sum(len(written) > 30 for written in texts("document", 800)) / 800 < 0.5


def test_receipts_and_signs_have_more_capitals():
    def capitals(use):
        letters = [letter for written in texts(use, 500) for letter in written if letter.isalpha()]
        return sum(letter.isupper() for letter in letters) / len(letters)

    assert capitals("receipt") > capitals("document") + 0.1


@pytest.mark.slow
def test_every_class_is_reached():
    rng = np.random.default_rng(5)
    seen = Counter(character for _ in range(9000) for character in set(corpus.rare(rng)))
    # About 25 of each by the even draw alone.
    assert not [character for character in CHARSET - {" "} if seen[character] < 5]


def test_the_mixture_itself_draws_rare_characters():
    written = "".join(texts("document", 4000))
    assert len(set(written) & CHARSET) > 0.5 * len(CHARSET)


@pytest.mark.parametrize(
    ("words_", "expected"), [("größe µm", "GRÖßE µM"), ("ŷęß", "ŶĘß"), ("ıj", "IJ"), ("½ ª", "½ ª")]
)
def test_capitals_stay_inside_the_charset(words_, expected):
    assert corpus.upper(words_) == expected


def test_small_letters_stay_inside_the_charset():
    assert corpus.lower("ÄİẞZ") == "äİßz"


FORMS = {
    "amount": r"[\d.,]+",
    "clock": r".*\d.*",
    "postcode": r"[A-Z0-9 -]{4,9}",
    "phone": r"(?:\w+[:.]* ?:? ?)?[\d() +./-]+",
    "year": r"(?:19|20)\d\d",
}


@pytest.mark.parametrize("section", FORMS)
def test_patterns_become_what_they_promise(section):
    rng = np.random.default_rng(1)
    for _ in range(300):
        made = figures.make(rng, section)
        assert re.fullmatch(FORMS[section], made), made


def test_every_entry_of_every_section_can_be_filled():
    rng = np.random.default_rng(2)
    used = set()
    for section, entries in figures.sections().items():
        for entry in entries:
            assert entry and entry == entry.strip(), (section, entry)
            used |= set(re.findall(r"\{([a-z ]+)\}", entry))
            made = figures._filled(rng, entry)
            assert set(made) <= CHARSET, (section, entry, made)
            left = re.findall(r"\{\w[^{}]*\}", made)
            assert not left or section == "online", (section, entry, made)
    assert used - {"word", "wordlet"} <= set(figures.sections())


@pytest.mark.parametrize(
    ("asked", "pattern"),
    [
        ("d3", r"\d{3}"),
        ("d2-4", r"\d{2,4}"),
        ("A2", "[A-Z]{2}"),
        ("X5", "[A-Z0-9]{5}"),
        ("h4", "[0-9a-f]{4}"),
        ("n7-9", "[789]"),
        ("z7-9", "0[789]"),
        ("a|b|", "[ab]?"),
        ("(", "\ue000"),
    ],
)
def test_what_stands_in_braces(asked, pattern):
    rng = np.random.default_rng(3)
    made = [figures._fill(rng, asked) for _ in range(60)]
    assert all(re.fullmatch(pattern, one) for one in made)


def test_alternatives_and_ranges_are_all_drawn():
    rng = np.random.default_rng(4)
    assert {figures._fill(rng, "x|y|") for _ in range(60)} == {"x", "y", ""}
    assert {figures._fill(rng, "n1-3") for _ in range(60)} == {"1", "2", "3"}


def test_addresses_of_the_net_are_made_of_the_given_words():
    rng = np.random.default_rng(0)
    made = [figures.online(rng, "Öl-Kanne", "Bus") for _ in range(200)]
    assert all("ölkanne" in one.lower() for one in made)
    assert any("bus" in one.lower() for one in made)


def test_words_come_from_lists_and_texts():
    rng = np.random.default_rng(0)
    names = {spoken.name for spoken in words.languages()}
    assert names == {"english", "german"}
    english = words.languages()[0]
    assert "kettle" in english.words and "kettle" not in english.running
    assert english.running[:4] == ["The", "quick", "brown", "fox"]
    german = words.languages()[1]
    assert sorted(german.running) == sorted(german.words)  # there are no German texts here
    assert {words.word(rng, german) for _ in range(400)} == set(german.words)


def test_sentences_run_on_as_the_text_does():
    rng = np.random.default_rng(1)
    english = " ".join(words.languages()[0].running)
    german = set(words.languages()[1].words)
    for _ in range(100):
        written = words.sentence(rng, 30)
        assert len(written) <= 30
        assert written in english or set(written.split()) & german


def test_lists_of_other_encodings_are_read(tmp_path):
    (tmp_path / "swedish").write_bytes("smörgås\nå\n".encode("iso8859-1") * 30)
    (tmp_path / "spanish").write_bytes("señal\ncafé\n".encode() * 30)
    assert set(words._listed(tmp_path / "swedish")) == {"smörgås", "å"}
    assert set(words._listed(tmp_path / "spanish")) == {"señal", "café"}


def test_no_words_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "DICT", tmp_path)
    monkeypatch.setattr(words, "FORTUNES", tmp_path)
    words.languages.cache_clear()
    try:
        with pytest.raises(DrawingError, match="make fonts"):
            words.languages()
    finally:
        words.languages.cache_clear()


def test_dictionaries_of_spelling_checkers_lose_their_flags(tmp_path, monkeypatch):
    (tmp_path / "vi_VN.aff").write_text("SET UTF-8\n", encoding="utf-8")
    (tmp_path / "vi_VN.dic").write_text("3\nđường/AB\nhuệ po:noun\nбег\n", encoding="utf-8")
    (tmp_path / "sl_SI.aff").write_text("SET ISO8859-2\n", encoding="ascii")
    (tmp_path / "sl_SI.dic").write_bytes("1\nčaša/X\n".encode("iso8859-2"))
    assert words._spelt(tmp_path / "vi_VN.dic") == ["đường", "huệ"]  # Cyrillic is not drawn
    assert words._spelt(tmp_path / "sl_SI.dic") == ["čaša"]
    assert words._spelt(tmp_path / "tr_TR.dic") == []


def test_runs_have_equal_neighbours():
    rng = np.random.default_rng(0)
    for length in (2, 3, 7, 18):
        for _ in range(50):
            number = runs.repeated_digits(rng, length)
            assert len(number) == length and number.isdigit()
            assert any(a == b for a, b in zip(number, number[1:]))
    made = [runs.run(rng) for _ in range(600)]
    assert {text[0] for text in made} >= set("-.+0123456789") and any("//" in text for text in made)
    assert any("==" in text for text in made) and any(len(text) == 1 for text in made)
