"""Slides and charts: large type on plain or coloured backgrounds, bullets, pictures, axes."""

import cv2
import numpy as np

from synthetic.corpora import words
from synthetic.corpora.figures import choose
from synthetic.layouts import wording
from synthetic.layouts.flow import Box, PagePlan, RunningText, fitted, paragraph
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import backgrounds, textures
from synthetic.surfaces.sheet import Surface


def inks(rng: np.random.Generator, background: np.ndarray, least: float = 90) -> tuple[float, float, float]:
    """A colour that differs from a background, BGR [3], by at least that much in brightness, if there is room."""
    level = float(np.dot(background, (0.114, 0.587, 0.299)))
    for _ in range(20):
        ink = textures.color(rng, chroma=float(rng.choice([5, 50])))
        if abs(float(np.dot(ink, (0.114, 0.587, 0.299))) - level) >= least:
            return tuple(ink.tolist())
    return (255.0, 255.0, 255.0) if level < 128 else (0.0, 0.0, 0.0)


def slide(rng: np.random.Generator, plan: PagePlan) -> None:
    """A title above bullets, with a picture or a chart beside them in some."""
    sheet, em = plan.sheet, plan.em
    background = textures.color(rng, 225, 255, 10) if rng.random() < 0.5 else textures.color(rng, 10, 90, 30)
    _background(rng, sheet, background)
    body, head = plan.body.but(color=inks(rng, background, 110)), plan.head.but(color=inks(rng, background, 100))
    y, title = plan.top, head.sized(rng.uniform(1.3, 2.2))
    if rng.random() < 0.25:
        bar = textures.color(rng, 20, 140, 50)
        x0, y0, x1, _ = sheet.bounds
        sheet.fill(x0, y0, x1, plan.top + 1.7 * title.size, bar.tolist())
        title = title.but(color=inks(rng, bar, 110))
    count, align = int(rng.integers(1, 3)), choose(rng, ("left", "middle"))
    y = paragraph(rng, sheet, title, plan.below(y), count, 1.15, align) + rng.uniform(0.8, 2) * em
    right = plan.right
    if rng.random() < 0.4 and plan.width > 14 * em:
        right = plan.left + rng.uniform(0.45, 0.6) * plan.width
        box = (right + em, y, plan.right, min(plan.bottom, y + rng.uniform(7, 12) * em))
        if rng.random() < 0.5:
            _picture(rng, sheet, box)
        else:
            chart(rng, sheet, body.sized(0.55), box)
    stream, mark = RunningText(rng, body), choose(rng, ("•", "-", "–", "", "»", "*"))
    while y < plan.bottom - 2 * em:
        deeper = rng.random() < 0.3
        style, indent = (body.sized(0.8), 2.2 * em) if deeper else (body, 1.1 * em)
        room, count = (plan.left + indent, y, right, plan.bottom), int(rng.integers(1, 3))
        y = paragraph(rng, sheet, style, room, count, 1.2, "left", 0.0, stream, mark) + rng.uniform(0.2, 0.9) * em
    if rng.random() < 0.5:
        small = body.sized(0.5)
        sheet.write(rng, str(rng.integers(1, 80)), small, plan.right, plan.bottom + em, "right")
        sheet.write(rng, wording.company(rng), small, plan.left, plan.bottom + em)


def figure(rng: np.random.Generator, plan: PagePlan) -> None:
    """Charts below each other, with captions."""
    y, em = plan.top, plan.em
    while y < plan.bottom - 9 * em:
        tall = rng.uniform(9, 20) * em
        chart(rng, plan.sheet, plan.body, (plan.left + 4 * em, y, plan.right - em, min(plan.bottom, y + tall) - 4 * em))
        text = fitted(lambda: f"Figure {rng.integers(1, 30)}: {words.sentence(rng, 50)}", plan.body, plan.width)
        plan.sheet.write(rng, text, plan.body, plan.left, y + tall)
        y += tall + 2 * em


def chart(rng: np.random.Generator, sheet: Surface, style: Style, box: Box) -> None:
    """Bars or curves between axes with numbers, names and a legend.

    Args:
        box: Left, top, right, bottom of the area between the axes.
    """
    left, top, right, bottom = box
    em = style.size
    if right - left < 6 * em or bottom - top < 4 * em:
        return
    sheet.rule(left, bottom, right, bottom, style.color, 1)
    sheet.rule(left, top, left, bottom, style.color, 1)
    steps, unit = int(rng.integers(3, 7)), float(rng.choice([0.1, 0.5, 1, 5, 10, 250]))
    for step in range(steps + 1):
        y = bottom + (top - bottom) * step / steps
        sheet.rule(left - 0.3 * em, y, left, y, style.color, 1)
        sheet.write(rng, f"{step * unit:g}", style, left - 0.6 * em, y + 0.35 * em, "right")
    count, points = int(min(rng.integers(3, 9), (right - left) / (4 * em))), []
    bars, tint = rng.random() < 0.5, textures.color(rng, 60, 200, 60).tolist()
    for column in range(count):
        x, value = left + (right - left) * (column + 0.5) / count, rng.uniform(0.1, 1)
        y = bottom + (top - bottom) * value
        points.append((x, y))
        if bars:
            half = 0.3 * (right - left) / count
            sheet.fill(x - half, y, x + half, bottom - 1, tint)
            if rng.random() < 0.4:
                sheet.write(rng, f"{value * steps * unit:.3g}", style, x, y - 0.3 * em, "middle")
        text = fitted(lambda: choose(rng, wording.HEADS), style, (right - left) / count - 0.8 * em)
        sheet.write(rng, text, style, x, bottom + 1.3 * em, "middle")
    if not bars:
        for (x0, y0), (x1, y1) in zip(points[:-1], points[1:], strict=True):
            sheet.rule(x0, y0, x1, y1, tint, max(1, em // 7))
    if rng.random() < 0.5:
        text = fitted(lambda: wording.phrase(rng, 3), style, right - left)
        sheet.write(rng, text, style, (left + right) / 2, bottom + 2.8 * em, "middle")
    if rng.random() < 0.4:
        text = fitted(lambda: wording.phrase(rng, 2), style, bottom - top)
        sheet.write(rng, text, style, left - 3.2 * em, (top + bottom) / 2 + typesetting.width(text, style) / 2, turns=3)


def _background(rng: np.random.Generator, sheet: Surface, background: np.ndarray) -> None:
    height, width = sheet.image.shape[:2]
    kind = rng.random()
    if kind < 0.6:
        sheet.image[:] = background.astype(np.uint8)
    elif kind < 0.8:
        other = np.clip(background + rng.normal(0, 25, 3), 0, 255)
        share = np.linspace(0, 1, height)[:, None, None]
        sheet.image[:] = (background * (1 - share) + other * share).astype(np.uint8)
    else:  # a pale picture below everything
        picture = backgrounds.crop(rng, height, width, 1.0).astype(np.float32)
        sheet.image[:] = (background + 0.12 * (picture - picture.mean())).clip(0, 255).astype(np.uint8)


def _picture(rng: np.random.Generator, sheet: Surface, box: Box) -> None:
    left, top, right, bottom = box
    height, width = int(bottom - top), int(right - left)
    if height > 8 and width > 8:
        picture = backgrounds.crop(rng, height, width, 0.9)
        if rng.random() < 0.3:
            cv2.rectangle(picture, (0, 0), (width - 1, height - 1), textures.color(rng).tolist(), 2)
        sheet.picture(picture, left, top)
