"""Parts of things with text: what large letters say, letters in the looks of signs, plates, frames and arrows."""

from collections.abc import Callable

import cv2
import numpy as np

from synthetic.corpora import corpus, figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import wording
from synthetic.letters import ink
from synthetic.letters.typesetting import Style
from synthetic.surfaces import blocks, textures
from synthetic.surfaces.sheet import Surface


def words_of_signs(rng: np.random.Generator) -> str:
    """What is written in large letters."""
    kind = rng.random()
    if kind < 0.3:
        return choose(rng, wording.SIGNS)
    if kind < 0.5:
        return wording.company(rng)
    if kind < 0.75:
        return wording.cased(rng, wording.phrase(rng, 3))
    return corpus.text(rng, "scene")[:28].strip()


def letters(
    rng: np.random.Generator,
    sheet: Surface,
    texts: list[str],
    style: Style,
    place: tuple[float, float, float],
    align: str,
) -> float:
    """Letters in the looks of signs between two edges, place = (left, top, right); y below them."""
    left, top, right = place
    block = blocks.straight(texts, style, align, float(rng.uniform(1.05, 1.35)))
    if block is None:
        return top
    height, width = block.coverage.shape
    x = {"left": left, "middle": (left + right - width) / 2, "right": right - width}[align]
    if top + height > sheet.image.shape[0] + 0.3 * style.size:
        return top + height
    put(rng, sheet, block, x, top, "scene")
    return top + height


def put(rng: np.random.Generator, sheet: Surface, block: blocks.Lettering, x: float, y: float, use: str) -> None:
    """Lays a block on a sheet, its top-left corner at (x, y), and keeps the places of its lines."""
    matrix = np.array([[1, 0, round(x)], [0, 1, round(y)], [0, 0, 1]], float)
    quads = blocks.lay(rng, sheet.image, block, matrix, use)
    sheet.lines += [blocks.placed(quad, text) for quad, text in zip(quads, block.texts, strict=True)]


def headline(rng: np.random.Generator, large: bool) -> str:
    """What posters say, in large letters or in small print."""
    if large:
        return words_of_signs(rng)
    makers: tuple[Callable[[np.random.Generator], str], ...] = (
        figures.date,
        figures.clock,
        figures.phone,
        figures.price,
        wording.street,
        wording.town,
        words_of_signs,
        lambda r: words.sentence(r, 40),
        wording.web,
    )
    return choose(rng, makers)(rng)


def plain(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A colour of signs, even or slightly worn, or another surface."""
    if rng.random() < 0.2:
        return textures.surface(rng, height, width)
    image = np.full((height, width, 3), ink.sign_color(rng).astype(np.uint8))
    if rng.random() < 0.4:
        dirt = textures.noise(rng, height, width, 8, 0.7) * rng.uniform(1, 9)
        image = np.clip(image + dirt[..., None], 0, 255).astype(np.uint8)
    return image


def rounded(background: np.ndarray, height: int, width: int, radius: int) -> Surface:
    """A plate of one colour with round corners."""
    image = np.full((height, width, 3), np.clip(background, 0, 255).astype(np.uint8))
    if radius < 2:
        return Surface(image)
    alpha = np.zeros((height, width), np.uint8)
    shape = Surface(cv2.merge([alpha] * 3))
    shape.fill(0, 0, width - 1, height - 1, (255, 255, 255), radius)
    return Surface(image, alpha=np.ascontiguousarray(shape.image[..., 0]))


def frame(rng: np.random.Generator, sheet: Surface) -> None:
    """Puts a frame along the edge of some sheets."""
    if rng.random() < 0.3:
        height, width = sheet.image.shape[:2]
        sheet.frame(1, 1, width - 2, height - 2, textures.color(rng).tolist(), max(1, height // 24))


def arrow(rng: np.random.Generator, sheet: Surface, middle: tuple[float, float], reach: float, color) -> None:
    """An arrow in one of eight directions."""
    angle = rng.integers(8) * np.pi / 4
    dx, dy = reach * np.cos(angle), reach * np.sin(angle)
    start, stop = (round(middle[0] - dx), round(middle[1] - dy)), (round(middle[0] + dx), round(middle[1] + dy))
    cv2.arrowedLine(sheet.image, start, stop, color, max(1, round(reach / 3)), cv2.LINE_AA, tipLength=0.5)
