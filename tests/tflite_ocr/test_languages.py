"""Which languages a recogniser reads."""

import dataclasses
import string
import unicodedata
from pathlib import Path

import pytest

from tflite_ocr import Reader, languages, manifest
from tflite_ocr.errors import ArtifactError
from tflite_ocr.recognition import tesseract

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge"


def recognizer(charset, *named):
    return dataclasses.replace(tesseract.FACTS, charset=("", *charset), languages=named)


def test_a_language_is_read_where_all_its_letters_are_known():
    ascii_only = recognizer(string.printable)
    assert languages.reads(ascii_only, "en") and languages.reads(ascii_only, "id")
    assert not any(languages.reads(ascii_only, code) for code in ("de", "fr", "ru", "ja", "xx", ""))
    german = recognizer(string.ascii_letters + "äöüßÄÖÜ")
    assert languages.reads(german, "de") and not languages.reads(german, "sv")
    assert not languages.reads(recognizer(string.ascii_letters + "äöüß"), "de")  # no capitals
    assert languages.spoken(recognizer("abc", "klingon")) == ("klingon",)


def test_codes_may_be_typed_otherwise():
    typed = {"en": ("EN", "en-GB", "eng"), "de": ("de_AT", "deu"), "ch_tra": ("zh-TW",), "ch_sim": ("zh",)}
    typed |= {"rs_latin": ("sr-Latn", "rs_latin"), "pt": ("pt-br",), "xx": ("xx",)}
    for code, others in typed.items():
        assert {languages.usual(other) for other in others} == {code}


def test_a_string_is_one_language_and_several_may_be_joined():
    assert languages.listed("en") == ("en",) and languages.listed(["en", "de"]) == ("en", "de")
    assert languages.listed("eng+deu") == ("eng", "deu") and languages.listed(" en, fr ") == ("en", "fr")
    assert languages.listed(None) == languages.listed("") == languages.listed(()) == ()


def test_letters_of_the_table_are_letters():
    for code, letters in languages._LETTERS.items():
        kinds = {unicodedata.category(letter)[0] for letter in letters}
        assert kinds <= {"L", "M"} and len(set(letters)) == len(letters), code
        assert code in languages.LATIN or not set(letters) & set(string.ascii_letters)


@pytest.mark.parametrize("wanted", ["en", ["en"], ["de", "en"], ("fr", "pl", "tr"), "latin", "en-US", "eng+deu"])
def test_the_embedded_model_knows_the_languages_of_its_letters(wanted):
    assert Reader(EDGE, languages=wanted).name == "edge"


@pytest.mark.parametrize(
    ("wanted", "advised"),
    [
        ("ru", "LANGS=ru"),
        (["ja", "en"], "--charset full"),
        ("hi", "LANGS=hi"),
        (["en", "xx"], "found xx"),
        ("el", "tesseract"),
    ],
)
def test_what_it_does_not_read_is_refused_with_what_does(wanted, advised, tmp_path, monkeypatch):
    monkeypatch.setattr("tflite_ocr.models.installed", list)
    with pytest.raises(ArtifactError, match="expected a recogniser for") as caught:
        Reader(EDGE, languages=wanted)
    assert advised in str(caught.value) and "\n" not in str(caught.value)


def test_an_installed_model_that_reads_them_is_named(tmp_path, monkeypatch):
    facts = manifest.load(EDGE)
    russian = dataclasses.replace(facts.recognizers[0], languages=("ru", "en"))
    (tmp_path / "cyrillic").mkdir()
    text = manifest.dump(dataclasses.replace(facts, name="cyrillic", recognizers=(russian,)))
    (tmp_path / "cyrillic" / manifest.FILE_NAME).write_text(text, encoding="utf-8")
    monkeypatch.setenv("TFLITE_OCR_MODELS", str(tmp_path))
    with pytest.raises(ArtifactError, match="installed models that read them: cyrillic"):
        Reader(EDGE, languages=["ru", "en"])


def test_conversion_is_advised_for_what_easyocr_really_has(easyocr_module):
    config = easyocr_module("config")
    for code in languages._LETTERS:
        advised = "MODEL=easyocr" in languages.advice([code])
        assert advised == (code in config.all_lang_list), code
