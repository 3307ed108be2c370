"""What people and machines add to papers: scribbles (which are no text), circles, stamps, holes, hatched bars."""

import cv2
import numpy as np

from synthetic.corpora import figures
from synthetic.corpora.figures import choose
from synthetic.faults import warps
from synthetic.layouts import wording
from synthetic.layouts.flow import PagePlan
from synthetic.letters import typesetting, wear
from synthetic.letters.typesetting import Style
from synthetic.surfaces import blocks, sheet
from synthetic.surfaces.sheet import Surface


def add(rng: np.random.Generator, plan: PagePlan) -> None:
    """Adds some of the marks of this file to a page that is finished otherwise."""
    if rng.random() < 0.12:
        _stamp(rng, plan)
    for mark, chance in ((_scribble, 0.12), (_circle, 0.05), (_holes, 0.06), (_streak, 0.06), (_ticks, 0.06)):
        if rng.random() < chance:
            mark(rng, plan)


def hatched(rng: np.random.Generator, page: Surface, box: tuple[float, float, float, float], color) -> None:
    """Fills a box with hatching or dots, as copies of grey bars have them."""
    left, top, right, bottom = (round(value) for value in box)
    height, width = bottom - top, right - left
    if height < 3 or width < 3 or height * width > 4_000_000:
        return
    period = int(rng.integers(2, 5))
    y, x = np.arange(height)[:, None], np.arange(width)[None]
    kind = rng.integers(3)
    if kind == 0:
        pattern = (x + y) % (2 * period) < period
    elif kind == 1:
        pattern = (x % period == 0) & (y % period == 0)
    else:
        pattern = rng.random((height, width)) < rng.uniform(0.1, 0.5)
    page.lay(np.where(pattern, np.uint8(255), np.uint8(0)), left, top, color, float(rng.uniform(0.3, 1)))


def _place(rng: np.random.Generator, page: Surface) -> tuple[float, float]:
    left, top, right, bottom = page.bounds
    return float(rng.uniform(left, right)), float(rng.uniform(top, bottom))


def _pen(rng: np.random.Generator) -> tuple[float, float, float]:
    return choose(rng, ((20.0, 20.0, 20.0), (150.0, 50.0, 20.0), (40.0, 30.0, 180.0), (60.0, 60.0, 60.0)))


def _scribble(rng: np.random.Generator, plan: PagePlan) -> None:
    """A signature or a line by hand: loops that nobody reads."""
    x, y = _place(rng, plan.sheet)
    count = int(rng.integers(12, 60))
    share = np.linspace(0, 1, 6 * count)
    reach, size = rng.uniform(4, 14) * plan.em, rng.uniform(0.4, 1.5) * plan.em
    turns = np.cumsum(rng.uniform(0.4, 1.6, 6 * count)) * count / 60
    tall = cv2.GaussianBlur(rng.uniform(0.2, 1, (1, 6 * count)), (0, 0), 3)[0]
    points = np.stack([x + share * reach + 0.5 * size * np.cos(turns), y + size * tall * np.sin(turns)], axis=1)
    local = (points - plan.sheet.origin).round().astype(np.int32)
    cv2.polylines(plan.sheet.image, [local], False, _pen(rng), max(1, plan.em // 12), cv2.LINE_AA)


def _circle(rng: np.random.Generator, plan: PagePlan) -> None:
    x, y = np.subtract(_place(rng, plan.sheet), plan.sheet.origin)
    axes = round(rng.uniform(2, 8) * plan.em), round(rng.uniform(0.8, 2) * plan.em)
    turn, end = rng.uniform(-12, 12), rng.uniform(330, 400)
    color, thickness = _pen(rng), max(1, plan.em // 12)
    cv2.ellipse(plan.sheet.image, (round(x), round(y)), axes, turn, 0, end, color, thickness, cv2.LINE_AA)


def _ticks(rng: np.random.Generator, plan: PagePlan) -> None:
    """Ticks and crosses beside the lines."""
    x, _ = _place(rng, plan.sheet)
    for _ in range(int(rng.integers(1, 8))):
        y, side = _place(rng, plan.sheet)[1], 0.5 * plan.em
        plan.sheet.rule(x - side, y, x, y + side, _pen(rng), max(1, plan.em // 10))
        plan.sheet.rule(x, y + side, x + 1.5 * side, y - 1.5 * side, _pen(rng), max(1, plan.em // 10))


def _holes(rng: np.random.Generator, plan: PagePlan) -> None:
    """Punched holes at the edge, dark in copies."""
    left, top, _, bottom = plan.sheet.bounds
    x, radius = left + rng.uniform(0.06, 0.12) * (bottom - top), max(3, round(0.7 * plan.em))
    for share in (0.2, 0.5, 0.8)[: int(rng.integers(2, 4))]:
        centre = np.subtract((x, top + share * (bottom - top)), plan.sheet.origin)
        cv2.circle(plan.sheet.image, (round(centre[0]), round(centre[1])), radius, (25, 25, 25), -1, cv2.LINE_AA)


def _streak(rng: np.random.Generator, plan: PagePlan) -> None:
    """A line of dirt along the whole page."""
    left, top, right, bottom = plan.sheet.bounds
    x, y = _place(rng, plan.sheet)
    tone = (float(rng.uniform(0, 140)),) * 3
    if rng.random() < 0.7:
        plan.sheet.rule(x, top, x + rng.normal(0, 6), bottom, tone, 1, int(rng.choice([0, 0, 5])))
    else:
        plan.sheet.rule(left, y, right, y + rng.normal(0, 6), tone, 1, int(rng.choice([0, 0, 5])))


def _stamp(rng: np.random.Generator, plan: PagePlan) -> None:
    """A word in a frame, at an angle, in the colour of ink pads; it may lie over print."""
    style = Style(typesetting.pick_font(rng, "screen"), int(plan.em * rng.uniform(1.1, 2.6)), wear=wear.worn)
    texts = [choose(rng, wording.STAMPS)]
    if rng.random() < 0.5:
        texts.append(choose(rng, (figures.date, wording.company, wording.name))(rng)[:18])
    block = blocks.straight(texts, style)
    if block is None:
        return
    coverage = block.coverage.copy()
    height, width = coverage.shape
    cv2.rectangle(coverage, (1, 1), (width - 2, height - 2), 255, max(1, style.size // 12))
    coverage = wear.worn(rng, coverage, style.size)
    angle, centre = float(np.clip(rng.normal(0, 0.15), -0.5, 0.5)), np.array(_place(rng, plan.sheet))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (warps.corners(height, width) - (width / 2, height / 2)) @ turn.T
    low, high = np.floor(moved.min(axis=0)), np.ceil(moved.max(axis=0))
    matrix = np.hstack([turn, (-turn @ (width / 2, height / 2) - low)[:, None]])
    spread = cv2.warpAffine(coverage, matrix, tuple((high - low).astype(int).tolist()))
    x, y = (centre + low).round().astype(int).tolist()
    color = choose(rng, ((50.0, 40.0, 190.0), (160.0, 60.0, 40.0), (40.0, 40.0, 40.0), (120.0, 40.0, 120.0)))
    plan.sheet.lay(spread, x, y, color, float(rng.uniform(0.6, 0.95)))
    for points, text in zip(block.outlines, block.texts, strict=True):
        quad = (points @ turn.T + matrix[:, 2] + (x, y)).astype(np.float32)
        plan.sheet.lines.append(sheet.Placed(quad, text))
