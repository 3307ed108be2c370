"""Whole pictures with text: pages, receipts, forms, screens, signs and views of streets."""

from collections.abc import Callable

import cv2
import numpy as np

from synthetic.calibration import text as synthetic
from synthetic.faults.warps import corners

# Light papers, BGR.
_PAPERS = ((255, 255, 255), (244, 250, 252), (225, 238, 245), (236, 236, 236), (215, 230, 232))


def draw(index: int, seed: int) -> np.ndarray:
    """Draws a picture; kinds and sizes come in rotation with `index`; BGR [h, w, 3], uint8.

    Args:
        seed: Equal seeds and numbers give equal pictures.
    """
    rng = np.random.default_rng((seed, index))
    scene, sizes, quality = _SCENES[index % len(_SCENES)]
    height, width = sizes[index // len(_SCENES) % len(sizes)]
    return synthetic.photograph(rng, scene(rng, height, width), rng.uniform(*quality))


def streets(count: int, seed: int) -> list[np.ndarray]:
    """Draws photographs with a few small boards, in several sizes; see draw."""
    kinds = [index for index, (scene, *_) in enumerate(_SCENES) if scene is _street]
    rounds = -(-count // len(kinds))
    return [draw(len(_SCENES) * turn + kind, seed) for turn in range(rounds) for kind in kinds][:count]


def tilt(rng: np.random.Generator, image_bgr: np.ndarray, strength: float) -> np.ndarray:
    """Moves the corners by a normal deviate of `strength` times the shorter side; the edges are continued."""
    height, width = image_bgr.shape[:2]
    moved = corners(height, width) + rng.normal(0, strength * min(height, width), (4, 2))
    matrix = cv2.getPerspectiveTransform(corners(height, width), moved.astype(np.float32))
    return cv2.warpPerspective(
        image_bgr, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _document(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A page: a heading and paragraphs in one or two columns."""
    page = _paper(rng, height, width)
    ink, line_style = rng.uniform(0, 70, 3), synthetic.style(rng)
    size = int(rng.integers(11, 22))
    left = top = max(8, width // 14)
    synthetic.put(page, synthetic.text_mask(synthetic.phrase(rng, 3), synthetic.style(rng), 2 * size), left, top, ink)
    columns = 2 if width > 700 and rng.random() < 0.5 else 1
    column_width = (width - 2 * left) // columns - 10
    for column in range(columns):
        y = top + 4 * size
        while y < height - top:
            words = int(rng.integers(3, 8)) if rng.random() < 0.2 else 40
            x = left + column * (column_width + 20)
            _row(rng, page, line_style, size, (x, y, x + column_width), ink, words)
            y += round(size * rng.choice([1.5, 1.6, 3.0], p=[0.45, 0.45, 0.1]))
    return tilt(rng, page, 0.02) * synthetic.gradient(rng, height, width, rng.uniform(0, 0.35))


def _receipt(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A narrow paper on a table: a name, then goods on the left and prices on the right."""
    paper = _paper(rng, height, width)
    ink, line_style = rng.uniform(20, 110, 3), synthetic.style(rng)
    size, y = max(12, width // 26), width // 12
    for _ in range(3):
        head = synthetic.text_mask(synthetic.phrase(rng, 3).upper(), line_style, size)
        synthetic.put(paper, head, (width - head.shape[1]) // 2, y, ink)
        y += 2 * size
    while y < height - 2 * size:
        words = synthetic.text_mask(synthetic.phrase(rng, int(rng.integers(1, 4))), line_style, size)
        price = synthetic.text_mask(f"{rng.uniform(1, 200):.2f}", line_style, round(size * 0.8))
        synthetic.put(paper, words[:, : width * 2 // 3], width // 14, y, ink)
        synthetic.put(paper, price, width - width // 14 - price.shape[1], y, ink)
        y += round(size * rng.uniform(1.5, 2.2))
    table = synthetic.texture(rng, height, width, rng.uniform(0.4, 0.7))
    return _lay(rng, table, paper, 0.08) * synthetic.gradient(rng, height, width, rng.uniform(0, 0.4))


def _form(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A grid of fields with small captions and larger entries."""
    page = _paper(rng, height, width)
    ink, line_style = rng.uniform(0, 60, 3), synthetic.style(rng)
    rows, columns = max(4, height // int(rng.integers(60, 110))), int(rng.integers(2, 4))
    for row in range(rows):
        y0, y1 = (height - 20) * row // rows + 10, (height - 20) * (row + 1) // rows + 10
        for column in range(columns):
            x0, x1 = (width - 20) * column // columns + 10, (width - 20) * (column + 1) // columns + 10
            cv2.rectangle(page, (x0, y0), (x1, y1), ink.tolist(), int(rng.integers(1, 3)))
            _row(rng, page, line_style, max(9, (y1 - y0) // 6), (x0 + 6, y0 + 5, x1 - 6), ink, 2)
            if rng.random() < 0.8:
                entry_ink = rng.uniform(0, 140, 3)
                place = (x0 + 12, y0 + (y1 - y0) // 2, x1 - 6)
                _row(rng, page, synthetic.style(rng), max(12, (y1 - y0) // 3), place, entry_ink, 3)
    return tilt(rng, page, 0.01) * synthetic.gradient(rng, height, width, rng.uniform(0, 0.2))


def _screen(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Light text on dark panels, as of a programme or a slide."""
    page = np.empty((height, width, 3), np.float32)
    page[:] = rng.uniform(10, 60, 3)
    for _ in range(int(rng.integers(3, 6))):
        x0, y0 = int(rng.integers(0, width * 2 // 3)), int(rng.integers(0, height * 2 // 3))
        x1, y1 = x0 + int(rng.integers(width // 4, width)), y0 + int(rng.integers(height // 5, height))
        background, ink = synthetic.color_pair(rng, rng.uniform(0.45, 0.9))
        page[y0:y1, x0:x1] = background
        size, line_style, y = int(rng.integers(12, 40)), synthetic.style(rng), y0 + 10
        while y + size < min(y1, height):
            _row(rng, page, line_style, size, (x0 + 12, y, min(x1, width) - 6), ink, int(rng.integers(2, 12)))
            y += 2 * size
    return page


def _sign(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """One large board with big words, seen at an angle."""
    background, ink = synthetic.color_pair(rng, rng.uniform(0.5, 0.95))
    board = np.empty((height, width, 3), np.float32)
    board[:] = background
    edge = max(4, width // 50)
    cv2.rectangle(board, (edge, edge), (width - edge, height - edge), ink.tolist(), edge // 2 + 1)
    y = height // 10
    while y < height * 0.8:
        size = int(rng.integers(height // 14, height // 5))
        line = synthetic.text_mask(synthetic.phrase(rng, int(rng.integers(1, 4))), synthetic.style(rng), size)
        if line.shape[1] > 0.86 * width:
            line = cv2.resize(line, (int(0.86 * width), max(8, int(size * 0.86 * width / line.shape[1]))))
        synthetic.put(board, line, (width - line.shape[1]) // 2, y, ink)
        y += round(size * 1.5)
    surroundings = synthetic.texture(rng, height, width, rng.uniform(0.4, 0.9))
    return _lay(rng, surroundings, board, 0.22) * synthetic.gradient(rng, height, width, rng.uniform(0, 0.4))


def _street(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A photo of no particular thing, with a few small boards with words at angles."""
    view = _surroundings(rng, height, width)
    for _ in range(int(rng.integers(5, 12))):
        _hang_board(rng, view)
    return view * synthetic.gradient(rng, height, width, rng.uniform(0, 0.5))


def _quiet(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A photo with a single word: the detector's answer to nothing belongs into the ranges too."""
    view = _surroundings(rng, height, width)
    _hang_board(rng, view)
    return view * synthetic.gradient(rng, height, width, rng.uniform(0, 0.5))


def _surroundings(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Surfaces, walls with joints or windows, leaves, wires: edges that are not letters."""
    view = synthetic.texture(rng, height, width, rng.uniform(0.4, 0.8))
    for _ in range(int(rng.integers(5, 11))):
        w, h = (int(rng.uniform(0.1, 0.6) * side) for side in (width, height))
        patch = synthetic.texture(rng, h, w, rng.uniform(0.2, 0.95))
        if rng.random() < 0.5:
            _draw_grid(rng, patch)
        _lay_at(rng, view, patch, np.ones((h, w), np.float32), 0.15 * h)
    for _ in range(int(rng.integers(2, 10))):
        ends = rng.integers(0, max(height, width), (2, 2)).tolist()
        cv2.line(view, ends[0], ends[1], _muted(rng), int(rng.integers(1, 6)), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 4))):
        center, axes = rng.integers(0, (width, height)).tolist(), rng.integers(8, width // 6, 2).tolist()
        thickness = int(rng.choice([-1, 2, 6]))
        cv2.ellipse(view, center, axes, 0, 0, 360, _muted(rng), thickness, cv2.LINE_AA)
    return view


def _draw_grid(rng: np.random.Generator, patch: np.ndarray) -> None:
    """Joints of bricks, slats or windows, in place."""
    height, width = patch.shape[:2]
    tall, broad = (int(rng.integers(8, 60)) for _ in range(2))
    color, thickness = _muted(rng), int(rng.integers(1, 5))
    shifted = rng.random() < 0.5
    for row, y in enumerate(range(0, height, tall)):
        cv2.line(patch, (0, y), (width, y), color, thickness)
        for x in range(broad // 2 if shifted and row % 2 else 0, width, broad):
            cv2.line(patch, (x, y), (x, y + tall), color, thickness)


def _hang_board(rng: np.random.Generator, view: np.ndarray) -> None:
    """Puts a small board, or bare letters, somewhere in the view, in place."""
    size = int(np.exp(rng.uniform(np.log(10), np.log(60))))
    line = synthetic.text_mask(synthetic.phrase(rng, int(rng.integers(1, 4))), synthetic.style(rng), size)
    margin = size // 2
    background, ink = synthetic.color_pair(rng, rng.uniform(0.3, 0.9))
    board = np.empty((size + 2 * margin, line.shape[1] + 2 * margin, 3), np.float32)
    board[:] = background
    synthetic.put(board, line, margin, margin, ink)
    cover = np.ones(board.shape[:2], np.float32)
    if rng.random() < 0.35:  # letters without a board
        cover = cv2.copyMakeBorder(line, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    _lay_at(rng, view, board, cover, 0.12 * board.shape[0])


def _lay_at(rng: np.random.Generator, view: np.ndarray, patch: np.ndarray, cover: np.ndarray, shift: float) -> None:
    """Lays a patch, where `cover` [h, w] lets it, at a random place of the view, its corners moved by `shift` px."""
    height, width = view.shape[:2]
    h, w = patch.shape[:2]
    place = rng.uniform((-w / 4, -h / 8), (max(1, width - 0.7 * w), max(1, height - 0.7 * h)))
    target = (corners(h, w) + place + rng.normal(0, shift, (4, 2))).astype(np.float32)
    low = np.clip(np.floor(target.min(0)), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(target.max(0)), 0, (width, height)).astype(int)
    if (high <= low).any():
        return
    matrix = cv2.getPerspectiveTransform(corners(h, w), target - low.astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    alpha = cv2.warpPerspective(cover, matrix, size)[..., None]
    window = view[low[1] : high[1], low[0] : high[0]]
    window += alpha * (cv2.warpPerspective(patch, matrix, size, borderMode=cv2.BORDER_REPLICATE) - window)


def _row(
    rng: np.random.Generator,
    page: np.ndarray,
    line_style: synthetic.PlainStyle,
    size: int,
    place: tuple[int, int, int],
    ink: np.ndarray,
    words: int,
) -> None:
    """Writes up to `words` words in a row, as many as fit before its right end; `place` is (left, top, right)."""
    left, top, right = place
    count = min(words, max(1, int((right - left) / (2.2 * size))))
    while count:
        mask = synthetic.text_mask(synthetic.phrase(rng, count), line_style, size)
        if left + mask.shape[1] <= right:
            synthetic.put(page, mask, left, top, ink)
            return
        count = min(count - 1, int(count * (right - left) / mask.shape[1]))


def _paper(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    page = np.empty((height, width, 3), np.float32)
    page[:] = _PAPERS[rng.integers(len(_PAPERS))]
    if rng.random() < 0.5:
        rough = synthetic.texture(rng, height, width, 0.8)
        page += (rough - rough.mean()) * rng.uniform(0.02, 0.12)
    return page


def _muted(rng: np.random.Generator) -> list[float]:
    """A colour near grey, BGR."""
    return np.clip(rng.uniform(20, 235) + rng.normal(0, 30, 3), 0, 255).tolist()


def _lay(rng: np.random.Generator, background: np.ndarray, sheet: np.ndarray, strength: float) -> np.ndarray:
    """Lays a sheet on a background of its size, its corners drawn in by up to `strength` of the sides."""
    height, width = background.shape[:2]
    inward = np.float32([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * (width, height)
    moved = corners(height, width) + inward * rng.uniform(0.01, strength, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners(height, width), moved.astype(np.float32))
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))[..., None]
    return background + cover * (cv2.warpPerspective(sheet, matrix, (width, height)) - background)


_Scene = Callable[[np.random.Generator, int, int], np.ndarray]
# Scene, its sizes in (height, width) pixels, and the range of picture quality.
_SCENES: tuple[tuple[_Scene, tuple[tuple[int, int], ...], tuple[float, float]], ...] = (
    (_document, ((1000, 760), (480, 640), (1280, 960)), (0.6, 1.0)),
    (_street, ((720, 1280), (480, 640), (600, 800)), (0.2, 0.9)),
    (_receipt, ((1100, 480), (900, 600), (640, 360)), (0.4, 0.9)),
    (_sign, ((480, 640), (720, 960), (240, 320)), (0.3, 0.9)),
    (_form, ((960, 760), (600, 900), (1100, 850)), (0.6, 1.0)),
    (_street, ((960, 1280), (720, 1280), (360, 480)), (0.1, 0.7)),
    (_screen, ((540, 960), (720, 1280), (480, 480)), (0.7, 1.0)),
    (_quiet, ((480, 640), (600, 800), (720, 960)), (0.2, 0.9)),
)
