"""Every kind of the everyday set: the same every time, its texts on the picture, drawn in letters that the font has."""

import numpy as np
import pytest

from synthetic.builtin import sheet as builtin_sheet
from synthetic.builtin.sheet import Sheet, font
from synthetic.everyday import displays, drawing, scripts, stored, strokes
from synthetic.everyday.kinds import KINDS


def test_a_part_has_about_three_hundred_pictures_and_begins_with_many_kinds():
    order = stored.order()
    assert 290 <= len(order) <= 330
    assert len(set(order)) == len(order) == sum(kind.count for kind in KINDS.values())
    assert len({kind for kind, _ in order[: len(KINDS)]}) > 0.6 * len(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_shows_its_texts_and_is_the_same_every_time(kind, monkeypatch):
    def write(sheet, text, left, baseline, face, size, *rest, **more):
        absent = font(face, size).getmask("\uffff")
        for character in set(text) - {" "}:
            drawn = font(face, size).getmask(character)
            assert (drawn.size, bytes(drawn)) != (absent.size, bytes(absent)), f"{face} has no {character!r}"
            assert character not in builtin_sheet.OTHERWISE.get(face, ""), f"{face} draws {character!r} as another"
        return plain(sheet, text, left, baseline, face, size, *rest, **more)

    plain = Sheet.write
    monkeypatch.setattr(Sheet, "write", write)
    for number in range(2):
        sheet = stored.draw("dev", kind, number)
        assert sheet.lines and all(line.text.strip() == line.text != "" for line in sheet.lines)
        for line in sheet.lines:
            assert (line.quad >= -1).all() and (line.quad <= (sheet.width + 1, sheet.height + 1)).all()
            x0, y0 = np.maximum(line.quad.min(axis=0), 0).astype(int)
            x1, y1 = np.ceil(line.quad.max(axis=0)).astype(int)
            assert sheet.image[y0:y1, x0:x1].mean(axis=2).std() > 3, line.text
    again, other = stored.draw("dev", kind, 1), stored.draw("test", kind, 1)
    np.testing.assert_array_equal(again.image, sheet.image)
    assert [line.text for line in again.lines] == [line.text for line in sheet.lines]
    assert other.image.shape != sheet.image.shape or (other.image != sheet.image).any()


def test_letters_come_from_the_libraries_and_never_from_the_machine(monkeypatch):
    opened = []
    truetype = builtin_sheet.ImageFont.truetype

    def recorded(path, *rest, **more):
        opened.append(str(path))
        return truetype(path, *rest, **more)

    monkeypatch.setattr(builtin_sheet.ImageFont, "truetype", recorded)
    builtin_sheet.font.cache_clear()
    for face in (*builtin_sheet.FACES, *builtin_sheet.MORE_FACES, builtin_sheet.PILLOW_FACE):
        font(face, 20)
    assert len(opened) >= 18 and all("mpl-data" in path or "BytesIO" in path for path in opened)


def test_turning_a_sheet_moves_its_texts_with_it():
    sheet = Sheet.plain(60, 200, (255, 255, 255))
    sheet.write("Abc", 20, 40, "sans", 24)
    sheet.lines[0].quad[:] = np.round(sheet.lines[0].quad)
    for quarters in range(4):
        turned = drawing.turned(sheet, quarters)
        corners = turned.lines[0].quad
        across, down = corners[1] - corners[0], corners[3] - corners[0]
        # Cut out along its own axes, the text is upright again.
        assert np.linalg.norm(across) > np.linalg.norm(down)
        x0, y0 = corners.min(axis=0).astype(int)
        x1, y1 = corners.max(axis=0).astype(int)
        cut = np.rot90(turned.image[y0:y1, x0:x1], -quarters)
        left, top = sheet.lines[0].quad[0].astype(int)
        want = sheet.image[top : top + cut.shape[0], left : left + cut.shape[1]]
        np.testing.assert_array_equal(cut, want)
        assert across[0] * down[1] - across[1] * down[0] > 0


def test_segments_are_lit_as_a_display_lights_them():
    background, unlit, lit = displays.LOOKS["lcd"]
    for digit, count in zip("0123456789-", (6, 2, 5, 5, 4, 5, 6, 3, 7, 6, 1), strict=True):
        assert len(set(displays.SEGMENTS[digit])) == count
    areas = [
        (np.abs(displays.display(digit, "lcd", 100, 0.0, 0.12).image - np.array(lit)).max(axis=2) < 5).sum()
        for digit in "1742508"
    ]
    assert areas == sorted(areas)


def test_arabic_letters_join_and_run_to_the_left():
    # Sheen, kaf, ra, alef: initial, medial, final, and alef alone because ra does not join to the left.
    assert scripts.leftward("شكرا") == "\ufe8d\ufeae\ufedc\ufeb7"
    assert scripts.leftward("אבג") == "גבא"


def test_all_words_of_the_scripts_without_a_font_have_strokes():
    for text in (text for texts in strokes.WORDS.values() for text in texts):
        for character in text:
            points = np.concatenate(strokes.strokes(character))
            assert (points >= 0).all() and (points <= 1).all() and np.ptp(points, axis=0).max() > 0.5
    # A syllable is made of its letters: 한 of a ring with a bar above it, an upright bar with an arm, an angle below.
    assert len(strokes.strokes("한")) == 3 + 2 + 1
    with pytest.raises(KeyError):
        strokes.strokes("鬱")


def test_the_set_is_drawn_again_when_the_code_changed(monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "order", lambda: [("single character", 0), ("foreign script", 0)])
    folder = stored.ensure(tmp_path, "dev")
    labels = (folder / "labels.jsonl").read_bytes()
    monkeypatch.setattr(stored, "_draw_all", None)
    assert stored.ensure(tmp_path, "dev") == folder
    monkeypatch.undo()
    monkeypatch.setattr(stored, "order", lambda: [("single character", 0), ("foreign script", 0)])
    monkeypatch.setattr(stored, "version", lambda: "other")
    stored.ensure(tmp_path, "dev")
    assert (folder / "labels.jsonl").read_bytes() == labels
    assert '"other"' in (tmp_path / "dev" / "set.json").read_text()


def test_faces_of_the_words_of_the_built_in_set_stay_as_they_are():
    assert not set(builtin_sheet.FACES) & (set(builtin_sheet.MORE_FACES) | {builtin_sheet.PILLOW_FACE})
