"""The kinds of the everyday set: what draws each, and how many of its pictures a part of the set has."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.everyday import curves, displays, grids, lists, pages, places, plates, screens, scripts
from synthetic.everyday import small_crops as crops


@dataclass(frozen=True)
class PictureKind:
    """One kind of picture."""

    draw: Callable[[np.random.Generator, int], Sheet]  # Gives the picture of a number, counted from 0
    count: int  # Pictures in a part of the set
    latin: bool = True  # Whether its letters are Latin; where they are not, nothing Latin may be read with confidence


KINDS: dict[str, PictureKind] = {
    "single character": PictureKind(crops.single_character, 14),
    "number": PictureKind(crops.number_crop, 14),
    "list of numbers": PictureKind(crops.number_list, 6),
    "tight crop": PictureKind(crops.tight_crop, 10),
    "word crop": PictureKind(crops.word_crop, 10),
    "pixel font": PictureKind(crops.pixel_font, 8),
    "large letters": PictureKind(crops.large_letters, 10),
    "seven segments": PictureKind(displays.seven_segment, 14),
    "meter": PictureKind(displays.meter, 8),
    "plate": PictureKind(plates.plate_crop, 12),
    "car": PictureKind(plates.car, 6),
    "sudoku": PictureKind(grids.sudoku, 6),
    "table of figures": PictureKind(grids.figures_table, 6),
    "calendar": PictureKind(grids.calendar, 4),
    "scores": PictureKind(grids.scores, 4),
    "upright page": PictureKind(pages.upright_page, 5),
    "turned page": PictureKind(pages.turned_page, 9),
    "skewed page": PictureKind(pages.skewed_page, 10),
    "side label": PictureKind(pages.side_label, 6),
    "narrow columns": PictureKind(pages.narrow_columns, 6),
    "text to the border": PictureKind(pages.to_the_border, 6),
    "curved page": PictureKind(pages.curved_page, 6),
    "tilted rows": PictureKind(pages.tilted_rows, 4),
    "degraded": PictureKind(pages.degraded, 12),
    "repeated digits": PictureKind(lists.repeated_digits, 10),
    "repeated letters": PictureKind(lists.repeated_letters, 8),
    "codes": PictureKind(lists.codes, 8),
    "tall screenshot": PictureKind(screens.tall_screenshot, 6),
    "terminal": PictureKind(screens.terminal, 6),
    "window": PictureKind(screens.window, 6),
    "curved word": PictureKind(curves.curved_word, 6),
    "stacked word": PictureKind(curves.stacked_word, 6),
    "accents": PictureKind(lists.accents, 13),
    "Spanish marks": PictureKind(lists.spanish_marks, 4),
    "sign": PictureKind(places.sign, 8),
    "street": PictureKind(places.street, 10),
    "receipt": PictureKind(places.receipt, 6),
    "foreign script": PictureKind(scripts.foreign_script, 14, latin=False),
}
