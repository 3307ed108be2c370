"""Contact sheets show lines beside their texts."""

import numpy as np

from synthetic.letters import fonts
from synthetic.pictures import preview


def test_a_sheet_of_lines(plain_fonts):
    split = "dev" if fonts._is_dev(fonts.inspect([plain_fonts / "DejaVuSans.ttf"])[0]) else "train"
    sheet = preview.line_sheet(3, rows=2, columns=2, split=split)
    assert sheet.dtype == np.uint8 and sheet.shape == (2 * 66, 2 * 420, 3)
    labels = (sheet[51:66, :420] == (160, 255, 255)).all(2)  # the labels' light yellow, in BGR
    assert labels.any()
    np.testing.assert_array_equal(sheet, preview.line_sheet(3, rows=2, columns=2, split=split))
    assert not np.array_equal(sheet, preview.line_sheet(4, rows=2, columns=2, split=split))
