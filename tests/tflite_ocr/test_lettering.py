"""Text as pictures: outlines against fontTools, letters against Pillow, and accents without any font."""

import unicodedata

import numpy as np
import pytest

from tflite_ocr import lettering, truetype

FONTS = pytest.importorskip("matplotlib.font_manager", reason="matplotlib brings DejaVu")
PATH = FONTS.findfont("DejaVu Sans")
TEXTS = ("Sum 12.50", "Grüße Łódź", "Ωμέγα Привет", "ﬁne ½ – €", "żółć ÅÖ")


@pytest.fixture(scope="module")
def data():
    with open(PATH, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def font(data):
    return truetype.Font(data)


def test_outlines_are_those_of_fonttools(font):
    library = pytest.importorskip("fontTools.ttLib", reason="fontTools is the oracle")
    from fontTools.pens.boundsPen import BoundsPen

    known = library.TTFont(PATH)
    glyphs, names, units = known.getGlyphSet(), known.getBestCmap(), known["head"].unitsPerEm
    for character in "".join(TEXTS) + "gQ@&%ǻ":
        contours, advance = font.outline(character)
        name = names[ord(character)]
        assert advance == pytest.approx(glyphs[name].width / units) and font.knows(character)
        ends = getattr(known["glyf"][name], "endPtsOfContours", None) or [9]
        if min(np.diff([-1, *ends])) < 3:  # contours of a point or two are anchors, and no ink
            continue
        pen = BoundsPen(glyphs)
        glyphs[name].draw(pen)
        if pen.bounds is None:
            assert not contours
            continue
        points = np.concatenate(contours)
        found = [*points.min(axis=0), *points.max(axis=0)]
        np.testing.assert_allclose(found, np.array(pen.bounds) / units, atol=0.006)
    assert not font.knows("\U0010ffff")


@pytest.mark.parametrize("text", TEXTS)
def test_letters_are_those_of_pillow(font, text, monkeypatch):
    image_font = pytest.importorskip("PIL.ImageFont", reason="Pillow is the oracle")
    from PIL import Image, ImageDraw

    monkeypatch.setattr(truetype, "installed", lambda: (font,))
    found = lettering.draw(text, 64).astype(float)
    size = 64 / (font.ascent + font.descent)
    picture = Image.new("L", (found.shape[1], 64))
    ImageDraw.Draw(picture).text((0, font.ascent * size), text, 255, image_font.truetype(PATH, size), anchor="ls")
    wanted = np.asarray(picture, float)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.9
    other = lettering.draw(text[::-1], 64).astype(float)
    width = min(other.shape[1], wanted.shape[1])
    assert np.corrcoef(other[:, :width].ravel(), wanted[:, :width].ravel())[0, 1] < 0.8


@pytest.mark.parametrize("cut", [0, 3, 11, 40, 200, 5000])
def test_damaged_fonts_are_refused_or_draw_nothing(data, cut):
    rng = np.random.default_rng(cut)
    with pytest.raises(ValueError, match="no TrueType font"):
        truetype.Font(data[:cut])
    spoilt = bytearray(data)
    for _ in range(2000):
        spoilt[rng.integers(1000, len(data))] = rng.integers(0, 256)
    try:
        made = truetype.Font(bytes(spoilt))
    except ValueError:
        return
    for character in "abcäÖé€":
        contours, _ = made.outline(character)
        assert all(np.isfinite(contour).all() for contour in contours)


def test_accents_are_drawn_without_any_font(monkeypatch):
    monkeypatch.setattr(truetype, "installed", lambda: ())
    for character in "áàâãäåāăȧčőçşįñÉÖŽůţ":
        plain = unicodedata.normalize("NFD", character)[0]
        with_mark, without = lettering.draw(character, 34), lettering.draw(plain, 34)
        assert with_mark.shape == without.shape and (with_mark.astype(int) - without).max() > 60, character
        assert (with_mark.astype(int) - without).min() > -60, character
    assert lettering.draw("漢字", 20) is None and lettering.draw("", 20) is None and lettering.draw("x", 0) is None


def test_heights_are_as_asked(monkeypatch, font):
    for fonts in ((), (font,)):
        monkeypatch.setattr(truetype, "installed", lambda fonts=fonts: fonts)
        for height in (1, 7, 20, 100):
            assert lettering.draw("Text", height).shape[0] == height
