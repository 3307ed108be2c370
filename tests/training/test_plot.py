import cv2
import numpy as np
import pytest

from training import plot
from training.errors import TrainingError

HEADER = "step,seconds,rate,loss,text,norm,dev_words\n"


def drawn(folder, rows):
    (folder / "figures.csv").write_text(HEADER + rows)
    plot.draw(folder / "figures.csv", folder / "figures.png")
    return cv2.imread(str(folder / "figures.png"))


def test_losses_stand_above_figures(tmp_path):
    picture = drawn(tmp_path, "10,1,0.1,2.0,1.5,9,0.1\n20,2,0.1,1.0,0.5,9,0.7\n")
    assert picture.shape == (720, 960, 3)
    low = drawn(tmp_path, "10,1,0.1,2.0,1.5,9,0.7\n20,2,0.1,1.0,0.5,9,0.1\n")
    changed = np.flatnonzero((picture != low).any(axis=(1, 2)))
    assert len(changed) and changed.min() > 350  # another course of the words changes the lower half alone
    again = drawn(tmp_path, "10,5,0.3,2.0,1.5,99,0.1\n20,6,0.2,1.0,0.5,98,0.7\n")
    assert (again == picture).all()  # time, rate and norm are not drawn


def test_a_file_without_rows_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="at least one row"):
        drawn(tmp_path, "")
    assert not (tmp_path / "figures.png").exists()
