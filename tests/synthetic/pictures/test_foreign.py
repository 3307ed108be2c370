import numpy as np
import pytest

from synthetic.charset import FOREIGN
from synthetic.pictures import foreign
from synthetic.pictures.lines import LinePicture, render_line

pytestmark = pytest.mark.usefixtures("plain_fonts")


def line(text: str) -> LinePicture:
    return LinePicture(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), text)


@pytest.mark.slow
def test_letters_of_other_scripts_are_unknown_and_figures_are_not():
    rng = np.random.default_rng(0)
    drawn = [found for found in (foreign.foreign_line(rng) for _ in range(60)) if found]
    assert len(drawn) > 20  # DejaVu has Cyrillic and Greek, not Chinese
    texts = "".join(one.text for one in drawn)
    assert set(texts) <= set(FOREIGN + "0123456789 .,!?:") and FOREIGN in texts and any(c.isdigit() for c in texts)
    assert all(one.image_bgr.std() > 3 for one in drawn)


def test_words_have_letters_that_no_latin_one_looks_like():
    rng = np.random.default_rng(1)
    _, letters, strange, cased, lengths = foreign._SCRIPTS[0]
    for _ in range(200):
        made = foreign._word(rng, letters, strange, cased, lengths)
        assert sum(letter in strange for letter in made) >= 2 and not any(letter.isascii() for letter in made)


def test_a_turned_line_is_read_backwards_as_unknown():
    turned = foreign.turned(line("KATE JR"))
    assert turned.text == FOREIGN * 2 + " " + FOREIGN * 4
    assert np.array_equal(turned.image_bgr, line("").image_bgr[::-1, ::-1])


@pytest.mark.parametrize("text", ["8008", "NOON", "SOS 1001", "+0.69", "H"])
def test_what_is_text_upside_down_is_no_lesson(text):
    assert foreign.turned(line(text)) is None


@pytest.mark.slow
def test_drawn_lines_can_be_turned():
    rng = np.random.default_rng(2)
    turned = [foreign.turned(render_line(rng)) for _ in range(60)]
    assert sum(one is not None for one in turned) > 10
