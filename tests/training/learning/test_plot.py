import cv2
import numpy as np
import pytest

from training.errors import TrainingError
from training.learning import plot

HEADER = "step,seconds,rate,loss,text,norm,words\n"
BLUE, ORANGE = (180, 119, 31), (14, 127, 255)  # BGR, the first two of matplotlib's colours
ROWS = "10,1,0.1,2.0,1.5,9,0.1\n20,2,0.1,1.0,0.5,9,0.7\n"


def drawn(folder, rows, scores=("words",)):
    (folder / "figures.csv").write_text(HEADER + rows)
    plot.draw(folder / "figures.csv", folder / "figures.png", ["loss", "text"], scores)
    return cv2.imread(str(folder / "figures.png"))


def changed_rows(picture, other):
    """Of the pictures, which differ: first and last, as shares of the height."""
    found = np.flatnonzero((picture != other).any(axis=(1, 2)))
    return found.min() / len(picture), found.max() / len(picture)


def test_losses_stand_above_figures(tmp_path):
    picture = drawn(tmp_path, ROWS)
    falling = "10,1,0.1,2.0,1.5,9,0.7\n20,2,0.1,1.0,0.5,9,0.1\n"
    assert changed_rows(picture, drawn(tmp_path, falling))[0] > 0.5
    rising = "10,1,0.1,1.0,0.5,9,0.1\n20,2,0.1,2.0,1.5,9,0.7\n"
    assert changed_rows(picture, drawn(tmp_path, rising))[1] < 0.5
    again = drawn(tmp_path, "10,5,0.3,2.0,1.5,99,0.1\n20,6,0.2,1.0,0.5,98,0.7\n")
    assert (again == picture).all()  # time, rate and norm are not drawn
    assert len(drawn(tmp_path, ROWS, scores=())) < 0.6 * len(picture)


def test_losses_without_a_logarithm_are_drawn_too(tmp_path):
    for values in ("0.0", "-1.5"):
        picture = drawn(tmp_path, ROWS.replace("1.5", values))
        colours = {tuple(pixel) for pixel in picture[: len(picture) // 2, : -picture.shape[1] // 4].reshape(-1, 3)}
        assert ORANGE in colours and BLUE in colours  # of the second and the first loss
    assert not np.array_equal(drawn(tmp_path, ROWS.replace("1.5", "nan")), drawn(tmp_path, ROWS))


def test_one_row_is_enough(tmp_path):
    (row, _) = ROWS.splitlines()
    assert (drawn(tmp_path, row + "\n") != 255).any()


@pytest.mark.parametrize(("rows", "missing"), [("", "step, loss, text, words"), (ROWS, "score")])
def test_a_file_without_rows_or_columns_is_refused(tmp_path, rows, missing):
    with pytest.raises(TrainingError, match=f"expected rows with {missing}"):
        drawn(tmp_path, rows, ("words",) if not rows else ("score",))
    assert not (tmp_path / "figures.png").exists()


def test_a_row_that_was_cut_is_refused_where_it_is_no_number(tmp_path):
    assert drawn(tmp_path, ROWS + "30,3,0.1,0.5") is not None
    with pytest.raises(TrainingError, match="expected numbers: .*'1.x'"):
        drawn(tmp_path, ROWS + "30,3,0.1,1.x")
