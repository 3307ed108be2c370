"""What is laid over videos and photographs: subtitles, titles, tickers, scores, dates, watermarks."""

import cv2
import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.faults import warps
from synthetic.layouts import slides, wording
from synthetic.layouts.flow import fitted
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import blocks, sheet, textures
from synthetic.surfaces.placing import CELL, PictureView
from synthetic.surfaces.sheet import Surface


def subtitles(rng: np.random.Generator, view: PictureView) -> None:
    """One or two lines in the middle at the bottom, with a seam, a shadow or a band behind them."""
    height, width = view.image.shape[:2]
    size = int(np.clip(height * rng.uniform(0.03, 0.08), 9, 60))
    color = (245.0, 245.0, 245.0) if rng.random() < 0.75 else (40.0, 230.0, 240.0)
    style = Style(typesetting.pick_font(rng, "screen"), size, color)
    lines = [fitted(lambda: words.sentence(rng, 44), style, 0.92 * width) for _ in range(int(rng.integers(1, 3)))]
    low = rng.uniform(0.88, 0.97) if rng.random() < 0.9 else rng.uniform(0.1, 0.2)
    y = height * low - 1.25 * size * (len(lines) - 1)
    paper, band = Surface(view.image), rng.random() < 0.3
    for index, text in enumerate(lines):
        baseline = y + 1.25 * size * index
        half = typesetting.width(text, style) / 2 + 0.4 * size
        box = (width / 2 - half, baseline - 1.02 * size, width / 2 + half, baseline + 0.32 * size)
        if index == 0 and not _free(view, (box[0], box[1], box[2], box[3] + 1.25 * size)):
            return
        if band:
            left, top, right, bottom = (max(0, round(value)) for value in box)
            behind = view.image[top:bottom, left:right]
            behind[...] = (behind * rng.uniform(0.1, 0.5)).astype(np.uint8)
        else:
            seam = style.but(color=(10.0, 10.0, 10.0), grow=max(1.0, size / 14))
            paper.write(rng, text, seam, width / 2, baseline, "middle", keep=False)
        paper.write(rng, text, style, width / 2, baseline, "middle")
        _take(view, box)
    view.lines += paper.lines


def banner(rng: np.random.Generator, view: PictureView) -> None:
    """A band with a name and a function, a headline, a ticker or a score."""
    height, width = view.image.shape[:2]
    size = int(np.clip(height * rng.uniform(0.03, 0.06), 9, 50))
    left, right = (0, width) if rng.random() < 0.5 else (0.05 * width, rng.uniform(0.45, 0.9) * width)
    top = height * rng.uniform(0.7, 0.86) if rng.random() < 0.8 else height * rng.uniform(0.02, 0.1)
    if not _free(view, (left, top, right, top + 3.2 * size)):
        return
    paper, y = Surface(view.image), top
    for index in range(int(rng.integers(1, 3))):
        background = textures.color(rng, chroma=60)
        style = Style(typesetting.pick_font(rng, "screen"), size if index == 0 else int(0.75 * size))
        style = style.but(color=slides.inks(rng, background, 110))
        tall = 1.7 * style.size
        paper.fill(left, y, right, y + tall, background.tolist())
        text = fitted(lambda: wording.cased(rng, words.sentence(rng, 60)), style, right - left - style.size)
        paper.write(rng, text, style, left + 0.5 * style.size, y + 1.2 * style.size)
        _take(view, (left, y, right, y + tall))
        y += tall
    view.lines += paper.lines


def corner(rng: np.random.Generator, view: PictureView) -> None:
    """A clock, a date, a name of a camera or a station in a corner; by cameras in pixel fonts."""
    height, width = view.image.shape[:2]
    size = int(np.clip(height * rng.uniform(0.02, 0.06), 8, 40))
    font = typesetting.pick_font(rng, choose(rng, ("screen", "receipt", "scene")))
    color = choose(rng, ((250.0, 250.0, 250.0), (40.0, 190.0, 250.0), (60.0, 240.0, 240.0), (20.0, 20.0, 20.0)))
    style = Style(font, size, color)
    makers = (figures.clock, figures.date, _stamp, lambda r: f"CAM {r.integers(1, 99):02d}", wording.company)
    text = typesetting.fit(choose(rng, makers)(rng), font) or "12:00"
    right, low = rng.random() < 0.5, rng.random() < 0.4
    x, y = (width - 0.7 * size if right else 0.7 * size), (height - 0.8 * size if low else 1.5 * size)
    length = typesetting.width(text, style)
    box = (x - length if right else x, y - size, x if right else x + length, y + 0.3 * size)
    if not _free(view, box):
        return
    _take(view, box)
    paper, anchor = Surface(view.image), "right" if right else "left"
    if rng.random() < 0.7 and sum(color) > 300:
        paper.write(rng, text, style.but(color=(15.0, 15.0, 15.0), grow=1.0), x, y, anchor, keep=False)
    paper.write(rng, text, style, x, y, anchor)
    view.lines += paper.lines


def watermark(rng: np.random.Generator, view: PictureView) -> None:
    """Pale letters over everything: once large, or repeated at an angle; they lie over what is already there."""
    height, width = view.image.shape[:2]
    size = int(np.clip(width * rng.uniform(0.03, 0.1), 10, 80))
    style = Style(typesetting.pick_font(rng, "scene"), size)
    block = blocks.straight([wording.company(rng)[:20] if rng.random() < 0.6 else f"© {wording.name(rng)}"], style)
    if block is None:
        return
    angle = rng.normal(0, 0.02) if rng.random() < 0.5 else rng.uniform(-0.8, 0.8)
    tall, wide = block.coverage.shape
    shade = 255.0 if rng.random() < 0.75 else 0.0
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = (warps.box(-wide, -tall, wide, tall) / 2) @ turned.T
    for _ in range(int(rng.choice([1, 1, 4]))):
        place = view.place(rng, corners.astype(np.float32), 0.0)
        if place is None:
            return
        matrix = warps.onto(tall, wide, place)
        coverage = cv2.warpPerspective(block.coverage, matrix, (width, height))
        sheet.paint(view.image, coverage, 0, 0, (shade, shade, shade), float(rng.uniform(0.25, 0.7)))
        moved = cv2.perspectiveTransform(block.outlines[0][None], matrix)[0]
        view.lines.append(blocks.placed(moved, block.texts[0]))


def _stamp(rng: np.random.Generator) -> str:
    day = f"{rng.integers(2001, 2030)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    return f"{day} {rng.integers(24):02d}:{rng.integers(60):02d}:{rng.integers(60):02d}"


def _cells(view: PictureView, box: tuple[float, float, float, float]) -> np.ndarray:
    """The cells of the map of what is taken that a box touches."""
    left, top, right, bottom = (max(0, int(value // CELL)) for value in box)
    return view.taken[top : bottom + 1, left : right + 1]


def _free(view: PictureView, box: tuple[float, float, float, float]) -> bool:
    return not _cells(view, box).any()


def _take(view: PictureView, box: tuple[float, float, float, float]) -> None:
    _cells(view, box)[...] = 1
