"""Pictures that are little else than text, for the detector: crops, cells, plates, letters that fill the picture."""

import functools
from collections.abc import Callable

import cv2
import numpy as np

from synthetic.corpora import corpus
from synthetic.corpora.figures import characters, choose, digits, make
from synthetic.corpora.runs import run
from synthetic.faults import degradations, warps
from synthetic.layouts import boards
from synthetic.letters import typesetting as setting
from synthetic.letters.typesetting import Style
from synthetic.pictures.lines import CHAINS
from synthetic.pictures.pages import render_page
from synthetic.surfaces import backgrounds, blocks, grounds, placing, scene
from synthetic.surfaces.placing import PictureView, Pose
from synthetic.surfaces.scene import LabelledScene

_GREY = 128  # what stands around a picture: normalized, almost 0
_USES = tuple(CHAINS)
_LARGEST = 400  # of an em square, in pixels
# Texts of cells, most often one figure.
_CELLS: tuple[Callable[[np.random.Generator], str], ...] = (
    lambda rng: digits(rng, 1),
    lambda rng: digits(rng, 1),
    lambda rng: digits(rng, int(rng.integers(1, 5))),
    run,
    lambda rng: make(rng, "amount"),
    lambda rng: characters(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghx+-", 1),
    lambda rng: f"-{digits(rng, int(rng.integers(1, 4)))}",
    lambda rng: corpus.word(rng),
)


def render_closeup(rng: np.random.Generator, height: int = 640, width: int = 640) -> LabelledScene:
    """Draws one of them; see synthetic.pictures.scenes.render_scene."""
    return _KINDS[int(np.searchsorted(_BOUNDS, rng.random() * _BOUNDS[-1], side="right"))](rng, height, width)


def _crops(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """Tight crops of lines, words and single characters, enlarged, on the grey that stands around pictures."""
    image = np.full((height, width, 3), _GREY, np.uint8)
    parts: list[tuple[LabelledScene, np.ndarray]] = []
    top, most = 0, int(rng.choice([1, 2, 4, 6]))
    while top < height - 24:
        row = min(height - top, max(24, height // most, int(rng.integers(24, height))))
        left = 0
        while left < width - 24:
            cell = min(width - left, max(24, int(width * rng.choice([0.25, 0.5, 0.5, 1, 1]))))
            crop = _crop(rng)
            fit = min(row / crop.image_bgr.shape[0], cell / crop.image_bgr.shape[1], rng.uniform(1, 5))
            if fit > 0.7:
                small = cv2.resize(crop.image_bgr, None, fx=fit, fy=fit, interpolation=cv2.INTER_LINEAR)
                small = small[:row, :cell]
                image[top : top + len(small), left : left + small.shape[1]] = small
                parts.append((crop, np.float32([fit, left, top])))
            left += cell
        top += row
    quads = [quad * fit + (left, top) for crop, (fit, left, top) in parts for quad in crop.quads]
    texts = [text for crop, _ in parts for text in crop.texts]
    ignore = [bool(flag) for crop, _ in parts for flag in crop.ignore]
    return scene.from_parts(image, quads, texts, ignore)


def _crop(rng: np.random.Generator) -> LabelledScene:
    """A picture of one to three lines with hardly any margin."""
    use = choose(rng, _USES)
    count = int(rng.choice([1, 1, 1, 1, 2, 3]))
    texts = [run(rng) if rng.random() < 0.5 else corpus.text(rng, use) for _ in range(count)]
    em = float(rng.uniform(12, 60))
    block = None
    while block is None:
        style = Style(setting.pick_font(rng, use, texts[0][:1] + "01"), round(em))
        block = blocks.straight(texts, style, "left", float(rng.uniform(1.1, 1.6)))
        texts = ["2024"] if block is None else texts
    rows, columns = block.coverage.shape
    pad = 0.3 * em  # that the block has around its ink
    margins = rng.uniform(-1, 1.2 if rng.random() < 0.5 else -0.6, 4) * pad
    size = max(12, round(rows + margins[1] + margins[3])), max(8, round(columns + margins[0] + margins[2]))
    view = PictureView(grounds.background(rng, *size, use))
    place = warps.corners(rows, columns) + margins[:2].astype(np.float32)
    if rng.random() < 0.3:
        place += rng.normal(0, 0.05 * em, (4, 2)).astype(np.float32)
    view.inscribe(rng, block, place, use)
    strength = 0.7 * rng.beta(1.2, 1.9)
    return view.finish(degradations.degrade(rng, view.image, CHAINS[use], strength, em), strength * em)


def _grid(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """A table or a puzzle: a few characters in each cell, with lines between them or without."""
    use = choose(rng, ("document", "screen", "receipt"))
    view = PictureView(grounds.background(rng, height, width, use))
    em = float(np.clip(np.exp(rng.normal(np.log(26), 0.6)), 9, 110))
    cell = np.array([em * rng.uniform(1.2, 5), em * rng.uniform(1.15, 2.6)])
    origin = rng.uniform(0, 2, 2) * cell
    style = Style(setting.pick_font(rng, use), round(em))
    ink = np.array(rng.uniform(0, 140, 3) if view.image.mean() > 110 else rng.uniform(130, 255, 3))
    made, filled = choose(rng, _CELLS), rng.uniform(0.3, 1)
    lines = rng.random() < 0.75
    for y in np.arange(origin[1], height, cell[1]):
        for x in np.arange(origin[0], width, cell[0]):
            if lines:
                corners = np.int32([[x, y], [x + cell[0], y + cell[1]]])
                cv2.rectangle(view.image, corners[0].tolist(), corners[1].tolist(), ink.tolist(), max(1, int(em / 20)))
            if rng.random() > filled:
                continue
            block = blocks.straight([made(rng)], style)
            if block is None or block.coverage.shape[1] > cell[0] + 0.3 * em:
                continue
            rows, columns = block.coverage.shape
            left, top = x + (cell[0] - columns) / 2, y + (cell[1] - rows) / 2
            place = warps.corners(rows, columns) + np.float32([left, top])
            view.inscribe(rng, block, place, use)
    strength = 0.7 * rng.beta(1.2, 1.9)
    return view.finish(degradations.degrade(rng, view.image, CHAINS[use], strength, max(8.0, em)), strength * em)


def _large(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """One to three words of very large letters."""
    behind = backgrounds.crop if rng.random() < 0.6 else functools.partial(grounds.background, use="scene")
    view = PictureView(behind(rng, height, width))
    for _ in range(int(rng.integers(1, 4))):
        em = float(np.exp(rng.uniform(np.log(70), np.log(_LARGEST))))
        text = run(rng) if rng.random() < 0.3 else corpus.word(rng)
        text = text[: max(1, int(1.6 * width / em))]
        style = Style(setting.pick_font(rng, "scene"), round(em))
        block = blocks.straight([text.upper() if rng.random() < 0.5 else text], style)
        if block is None:
            continue
        rows, columns = block.coverage.shape
        shape = placing.corners(placing.any_pose(rng, 0.4, 0.1), columns, rows)
        place = view.place(rng, shape, 0.05)
        if place is not None:
            view.inscribe(rng, block, place)
    return _seen(rng, view)


def _boards(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """Plates, displays, tags and signs, near or far, some turned."""
    view = PictureView(backgrounds.crop(rng, height, width, 0.6))
    drawn = ((boards.plate, 0.45), (boards.display, 0.25), (boards.street_sign, 0.15), (boards.tag, 0.15))
    for _ in range(int(rng.choice([1, 2, 4, 8]))):
        em = max(8, round(float(np.clip(np.exp(rng.normal(np.log(34), 0.8)), 9, 240))))
        make_board = drawn[int(rng.choice(4, p=[share for _, share in drawn]))][0]
        sheet = make_board(rng, em)
        view.hang_anywhere(rng, sheet, placing.any_pose(rng, 0.6, 0.08), 0.1, 1.1)
    return _seen(rng, view)


def _labels(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """Lines that run upwards, downwards and level on one sheet, as on drawings, spines and forms."""
    use = choose(rng, ("document", "screen"))
    view = PictureView(grounds.background(rng, height, width, use))
    for _ in range(int(rng.integers(4, 16))):
        em = float(np.clip(np.exp(rng.normal(np.log(22), 0.4)), 10, 70))
        block = blocks.straight([corpus.text(rng, use)], Style(setting.pick_font(rng, use), round(em)))
        if block is None:
            continue
        rows, columns = block.coverage.shape
        turn = float(rng.choice([0, 90, 180, 270], p=[0.35, 0.3, 0.05, 0.3]))
        turn = turn if rng.random() < 0.8 else float(rng.uniform(0, 360))
        place = view.place(rng, placing.corners(Pose(0, 0, np.radians(turn), 1), columns, rows), 0.1)
        if place is not None:
            view.inscribe(rng, block, place, use)
    return _seen(rng, view, CHAINS[use])


def _turned_page(rng: np.random.Generator, height: int, width: int) -> LabelledScene:
    """A page that lies on its side, upside down or askew."""
    page = render_page(rng, height, width)
    turn = float(rng.choice([90, 180, 270])) if rng.random() < 0.55 else float(rng.uniform(-50, 50))
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), turn, 1.0)
    scale = rng.uniform(0.75, 1.1) if turn % 90 else 1.0
    matrix = np.vstack([matrix, [0, 0, 1]])
    middle = np.array([[scale, 0, (1 - scale) * width / 2], [0, scale, (1 - scale) * height / 2], [0, 0, 1]]) @ matrix
    around = (rng.integers(0, 256, 3) if rng.random() < 0.5 else np.median(page.image_bgr, (0, 1))).tolist()
    flags = cv2.INTER_NEAREST if not turn % 90 and scale == 1 else cv2.INTER_LINEAR
    image = cv2.warpPerspective(page.image_bgr, middle, (width, height), flags=flags, borderValue=around)
    quads = [warps.move(quad, middle) for quad in page.quads]
    return scene.from_parts(image, quads, list(page.texts), [bool(flag) for flag in page.ignore])


def _seen(rng: np.random.Generator, view: PictureView, chain: str = "photo") -> LabelledScene:
    strength = 0.8 * rng.beta(1.2, 1.9)
    text_height = scene.text_height([line.quad for line in view.lines], default=16)
    seen = degradations.degrade(rng, view.image, chain, strength, max(7.0, text_height))
    return view.finish(seen, strength * text_height)


_Draw = Callable[[np.random.Generator, int, int], LabelledScene]
_SHARES: tuple[tuple[_Draw, float], ...] = (
    (_crops, 0.26),
    (_grid, 0.17),
    (_large, 0.12),
    (_boards, 0.15),
    (_labels, 0.12),
    (_turned_page, 0.18),
)
_KINDS = tuple(draw for draw, _ in _SHARES)
_BOUNDS = np.cumsum([share for _, share in _SHARES])
