"""Which classes of a recogniser are kept."""

import pytest

from converters.charsets import foreign, is_latin, keep
from converters.errors import ConversionError


@pytest.mark.parametrize("text", ["The Quick brown fox 0123456789", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "€£¥¢₹₽$"])
def test_ascii_and_currency_are_latin(text):
    assert all(map(is_latin, text))


@pytest.mark.parametrize(
    "text",
    ["ÄÖÜäöüßẞ", "éèêëçœŒæÆ", "ñ¿¡áíóú", "åøØÅ", "ąćęłńśźż", "čďěňřšťůž", "ğışİ", "șțȘȚ", "őű", "Ệếạồ", "«»„“”‘’…–—•"],
)
def test_letters_and_marks_of_european_languages_and_vietnamese_are_latin(text):
    assert all(map(is_latin, text))


@pytest.mark.parametrize(
    "text", ["中文字", "ひらカナ", "한글", "αβγΩ", "Жук", "שלום", "العربية", "ไทย", "，。！￥", "Ａｂ１", "①②", "ʃəʒ"]
)
def test_other_scripts_are_not(text):
    assert not any(map(is_latin, text))


@pytest.mark.parametrize("text", ["", "ab", "\n", "\t", "\x7f", "\u3000"])
def test_only_single_printable_characters_are_latin(text):
    assert not is_latin(text)


def test_kept_classes_are_ascending_and_hold_the_blank():
    charset = ["", "中", "a", "7", "б", " ", "é"]
    assert keep(charset, "latin") == [0, 2, 3, 5, 6]
    assert keep(charset, "full") == list(range(7))


def test_a_blank_in_another_place_is_kept():
    assert keep(["a", "中", ""], "latin", blank=2) == [0, 2]


def test_letters_without_case_of_other_scripts_are_foreign():
    foreigners = "中文字ひらカナｱ한글שלוםไทย"
    assert foreign(foreigners) == list(range(len(foreigners)))


@pytest.mark.parametrize(
    "charset", ["azß9.,é", "ªº", "，：０Ａｂ！￥", "①Ⅷ℃", "αЖΩ", "。、「」", "→★□", ["", " ", "中文"]]
)
def test_latin_characters_signs_and_what_looks_like_them_are_not_foreign(charset):
    assert foreign(charset) == []


def test_an_unknown_charset_is_refused():
    with pytest.raises(ConversionError, match="expected a charset of latin, full, found 'klingon'"):
        keep(["", "a"], "klingon")
