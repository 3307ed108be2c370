"""A contact sheet of the film: some pictures of every scene."""

from pathlib import Path

import cv2
import numpy as np

from demo.film import captions, frames, theme
from demo.film.facts import FilmFacts
from demo.film.scenes.table import COMPARISON
from demo.film.script import Script
from demo.film.stage import Stage
from tflite_ocr.errors import VideoWriteError

_SHARES = (0.15, 0.4, 0.7, 0.92)  # of a scene's time
_WIDTH = 640


def sheet(script: Script, facts: FilmFacts) -> np.ndarray:
    """Draws the sheet, a row a scene; uint8 BGR. Of the comparison only the captions are shown."""
    stage, rows = Stage(*frames.scaled(_WIDTH * 2)), []
    for scene in script.scenes:
        row = []
        for share in _SHARES:
            time_s = share * scene.seconds
            if scene.kind == COMPARISON:
                stage.clear()
                stage.text("(the comparison's video)", theme.WIDTH / 2, 480, theme.LEAD, theme.SOFT, "middle")
                captions.draw(stage, scene.start_s + time_s, scene.sentences)
            else:
                frames.draw(stage, time_s, scene, facts)
            small = cv2.resize(stage.pixels, frames.scaled(_WIDTH), interpolation=cv2.INTER_AREA)
            row.append(small[..., [2, 1, 0]])
        rows.append(np.hstack(row))
    return np.vstack(rows)


def write(script: Script, facts: FilmFacts, target: Path) -> None:
    """Writes the sheet as PNG."""
    try:
        target.write_bytes(cv2.imencode(".png", sheet(script, facts))[1].tobytes())
    except OSError as error:
        raise VideoWriteError(f"{target}: cannot be written: {error.strerror}") from None
