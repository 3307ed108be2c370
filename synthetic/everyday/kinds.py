"""The kinds of the everyday set: what draws each, and how many of its pictures a part of the set has."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.everyday import curves, displays, grids, languages, lists, pages, places, plates, screens, scripts
from synthetic.everyday import small_crops as crops


@dataclass(frozen=True)
class Kind:
    """One kind of picture.

    Attributes:
        draw: Gives the picture of a number, counted from 0.
        count: Pictures in a part of the set.
        latin: Whether its letters are Latin; where they are not, nothing Latin may be read with confidence.
    """

    draw: Callable[[np.random.Generator, int], Sheet]
    count: int
    latin: bool = True


KINDS: dict[str, Kind] = {
    "single character": Kind(crops.single_character, 14),
    "number": Kind(crops.number_crop, 14),
    "list of numbers": Kind(crops.number_list, 6),
    "tight crop": Kind(crops.tight_crop, 10),
    "word crop": Kind(crops.word_crop, 10),
    "pixel font": Kind(crops.pixel_font, 8),
    "large letters": Kind(crops.large_letters, 10),
    "seven segments": Kind(displays.seven_segment, 14),
    "meter": Kind(displays.meter, 8),
    "plate": Kind(plates.plate_crop, 12),
    "car": Kind(plates.car, 6),
    "sudoku": Kind(grids.sudoku, 6),
    "table of figures": Kind(grids.figures_table, 6),
    "calendar": Kind(grids.calendar, 4),
    "scores": Kind(grids.scores, 4),
    "upright page": Kind(pages.upright_page, 5),
    "turned page": Kind(pages.turned_page, 9),
    "skewed page": Kind(pages.skewed_page, 10),
    "side label": Kind(pages.side_label, 6),
    "narrow columns": Kind(pages.narrow_columns, 6),
    "text to the border": Kind(pages.to_the_border, 6),
    "curved page": Kind(pages.curved_page, 6),
    "tilted rows": Kind(pages.tilted_rows, 4),
    "degraded": Kind(pages.degraded, 12),
    "repeated digits": Kind(lists.repeated_digits, 10),
    "repeated letters": Kind(lists.repeated_letters, 8),
    "codes": Kind(lists.codes, 8),
    "tall screenshot": Kind(screens.tall_screenshot, 6),
    "terminal": Kind(screens.terminal, 6),
    "window": Kind(screens.window, 6),
    "curved word": Kind(curves.curved_word, 6),
    "stacked word": Kind(curves.stacked_word, 6),
    "accents": Kind(languages.accents, 13),
    "Spanish marks": Kind(languages.spanish_marks, 4),
    "sign": Kind(places.sign, 8),
    "street": Kind(places.street, 10),
    "receipt": Kind(places.receipt, 6),
    "foreign script": Kind(scripts.foreign_script, 14, latin=False),
}
