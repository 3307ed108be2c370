"""What a font covers is seen in its glyphs; fonts are drawn by kind, kept in a file and split for development."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from synthetic.charset import drawable
from synthetic.errors import DrawingError
from synthetic.letters import fonts, glyphs


def font(family="A", kind="text", covered="abc ", folder="one", style="Regular"):
    return fonts.InstalledFont(f"/fonts/{folder}/{family}{style}.ttf", family, style, kind, covered)


def test_a_plain_font_covers_the_whole_charset(plain_fonts):
    face = glyphs.look(plain_fonts / "DejaVuSans.ttf")
    assert (face.family, face.style, face.fixed_width) == ("DejaVu Sans", "Book", False)
    assert set(drawable()) - set(face.covered) <= {"₿"}  # which came to DejaVu late


def test_a_fixed_width_is_noticed(plain_fonts):
    assert glyphs.look(plain_fonts / "DejaVuSansMono.ttf").fixed_width


def test_a_file_that_is_no_font_is_passed_over(tmp_path):
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"not a font at all" * 99)
    assert glyphs.look(path) is None


def masks_of(path, draw_as):
    """Glyphs of a font by character, as if its table named others: draw_as maps a character to what is drawn."""
    face = ImageFont.truetype(str(path), glyphs._SIZE, layout_engine=ImageFont.Layout.BASIC)
    return {character: glyphs._mask(face, draw_as(character)) for character in map(chr, range(0x21, 0x7F))}


def test_groups_of_a_latin_font(plain_fonts):
    masks = masks_of(plain_fonts / "DejaVuSerif.ttf", str)
    assert glyphs._trusted(masks) == [glyphs._UPPER, glyphs._LOWER, glyphs._DIGITS]


@pytest.mark.parametrize("shift", [0x2700 - 0x21, 0x0410 - 0x30])  # dingbats, Cyrillic in the places of Latin
def test_symbols_and_other_scripts_in_latin_places_are_not_trusted(plain_fonts, shift):
    masks = masks_of(plain_fonts / "DejaVuSans.ttf", lambda character: chr(ord(character) + shift))
    assert glyphs._UPPER not in glyphs._trusted(masks)


def test_small_letters_that_are_capitals_are_not_covered(plain_fonts):
    masks = masks_of(plain_fonts / "DejaVuSans.ttf", str.upper)
    groups = glyphs._trusted(masks)
    covered = glyphs._covered(masks, groups)
    assert not any(character.islower() for character in covered)
    assert set(glyphs._UPPER + glyphs._DIGITS) <= covered


@pytest.mark.parametrize(("family", "letters"), [("DSEG7 Classic", ""), ("DSEG14 Modern", glyphs._UPPER)])
def test_displays_of_seven_segments_draw_figures_alone(family, letters):
    masks = {character: np.ones((9, 9), np.uint8) for character in glyphs._UPPER + glyphs._DIGITS + ".:-ab&"}
    covered = glyphs._covered(masks, [], glyphs._segments(family))
    assert covered == set(glyphs._DIGITS + ".:-" + letters)
    assert glyphs._segments("DejaVu Sans") == 0


def test_boxes_for_missing_characters_are_not_covered(plain_fonts):
    face = ImageFont.truetype(str(plain_fonts / "DejaVuSans.ttf"), glyphs._SIZE)
    box = glyphs._key(glyphs._mask(face, glyphs._UNASSIGNED))
    drawn = glyphs._drawn(face, "ab\U000f1235\U000f1236", {box})
    assert set(drawn) == {"a", "b"}


def test_faces_of_equal_shapes_are_taken_once(plain_fonts, tmp_path):
    copies = [tmp_path / name for name in ("a.ttf", "b.ttf")]
    for copy in copies:
        copy.write_bytes((plain_fonts / "DejaVuSans.ttf").read_bytes())
    assert [found.path for found in fonts.inspect(copies)] == [str(copies[0])]


@pytest.mark.parametrize(
    ("category", "kind"), [("handwriting", "script"), ("display", "display"), ("monospace", "mono"), ("serif", "text")]
)
def test_faces_of_npm_packages_are_of_the_kind_that_their_package_names(
    category, kind, plain_fonts, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    package = glyphs.web_folder() / "node_modules" / "@fontsource" / "swash"
    (package / "files").mkdir(parents=True)
    for part in ("latin-400-normal.woff", "latin-ext-400-normal.woff", "latin-400-normal.woff2"):
        (package / "files" / f"swash-{part}").symlink_to(plain_fonts / "DejaVuSans.ttf")
    (package / "metadata.json").write_text(json.dumps({"category": category}), encoding="utf-8")
    files = [path for path in glyphs.font_files() if "@fontsource" in path.parts]
    assert [path.name for path in files] == ["swash-latin-400-normal.woff"]
    found = fonts.inspect(files)
    assert [(font.folder, font.kind) for font in found] == [("swash", kind)]
    (package / "metadata.json").write_text("{", encoding="utf-8")
    assert fonts.inspect(files)[0].kind == "text"


def test_pick_takes_only_fonts_that_draw_the_text():
    chosen = fonts.FontSet([font("A", covered="abc "), font("B", covered="abcd ")])
    rng = np.random.default_rng(0)
    assert {chosen.pick(rng, "a d", "scene").family for _ in range(40)} == {"B"}
    assert {chosen.pick(rng, "abc", "scene").family for _ in range(40)} == {"A", "B"}
    assert chosen.pick(rng, "e", "scene") is None
    np.testing.assert_array_equal(chosen.covering("d"), [False, True])


def test_many_faces_of_a_folder_do_not_swamp_the_rest():
    crowd = [font(f"Noto {index}", folder="noto") for index in range(64)]
    chosen = fonts.FontSet([*crowd, font("Lone", folder="lone")])
    rng = np.random.default_rng(1)
    drawn = [chosen.pick(rng, "abc", "document").family for _ in range(2000)]
    # 64 ** (1 / 3) = 4 shares against one.
    assert drawn.count("Lone") / 2000 == pytest.approx(1 / 5, abs=0.04)


def test_kinds_follow_the_use():
    chosen = fonts.FontSet([font("Plain"), font("Fixed", kind="mono", folder="mono")])
    rng = np.random.default_rng(2)
    counts = {use: sum(chosen.pick(rng, "a", use).kind == "mono" for _ in range(600)) for use in ("receipt", "scene")}
    assert counts["receipt"] > 300 > 100 > counts["scene"]


def test_the_result_is_kept_and_made_anew_when_fonts_change(plain_fonts, monkeypatch):
    first = fonts._installed()
    assert {found.family for found in first} >= {"DejaVu Sans", "DejaVu Serif"}
    with monkeypatch.context() as patch:
        patch.setattr(fonts, "inspect", lambda files: pytest.fail("the cache file was not read"))
        assert fonts._installed() == first
    content = json.loads(fonts.cache_path().read_text(encoding="utf-8"))
    fonts.cache_path().write_text(json.dumps(content | {"key": "of other fonts"}), encoding="utf-8")
    monkeypatch.setattr(fonts, "inspect", lambda files: first[:4])
    assert fonts._installed() == first[:4]
    fonts.cache_path().write_text("{", encoding="utf-8")
    assert fonts._installed() == first[:4]
    fonts.cache_path().unlink()


def test_unfit_families_are_never_drawn(plain_fonts, monkeypatch):
    named = [font(name) for name in ("drmdozb6", "drm10", "Konector O2 BRK", "[F500]", "DejaVu Sans", "Dosis", "Jura")]
    monkeypatch.setattr(fonts, "_installed", lambda: named)
    fonts.fonts.cache_clear()
    kept = {found.family for split in ("train", "dev") for found in _fonts_or_none(split)}
    fonts.fonts.cache_clear()
    assert kept == {"drm10", "DejaVu Sans", "Dosis", "Jura"}


def _fonts_or_none(split):
    try:
        return fonts.fonts(split).fonts
    except DrawingError:  # no family of so few belongs to the split
        return []


def test_splits_share_no_family():
    families = ["DejaVu", *(f"Family{letters}" for letters in "abcdefghijklmnopqrstuvwxyz")]
    for family in families:
        assert len({fonts._is_dev(font(family, style=style)) for style in ("Bold", "Italic", "Light")}) == 1
    names = [f"{a}{b}x" for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmnopqrst"]
    share = sum(fonts._is_dev(font(name)) for name in names) / len(names)
    assert 0.01 < share < 0.08


def test_too_few_fonts_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(glyphs, "FOLDERS", (tmp_path,))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with pytest.raises(DrawingError, match="make fonts"):
        fonts._installed()
    with pytest.raises(DrawingError, match="train or dev"):
        fonts.fonts("test")


def test_a_glyph_is_cut_to_its_ink(plain_fonts):
    face = ImageFont.truetype(str(plain_fonts / "DejaVuSans.ttf"), glyphs._SIZE)
    page = Image.new("L", (100, 100))
    ImageDraw.Draw(page).text((30, 30), "g", font=face, fill=255)
    np.testing.assert_array_equal(glyphs._mask(face, "g"), np.asarray(page.crop(page.getbbox())))
    assert glyphs._mask(face, " ").size == 0
