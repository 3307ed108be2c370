"""Synthetic pages for the text detector: documents, forms, receipts, tables, cards, slides, scanned or photographed."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from synthetic.faults import degradations, warps
from synthetic.layouts import cards, documents, flow, forms, marks, receipts, slides, tables
from synthetic.layouts.flow import PagePlan
from synthetic.letters import wear
from synthetic.surfaces import backgrounds, scene, textures
from synthetic.surfaces.scene import LabelledScene
from synthetic.surfaces.sheet import Surface, joined

# The sheet is drawn larger than the picture by this share of its longer side, so that it may be turned.
_SPARE = 0.07
_LEAST_SPECK = 9.0  # height of text after which faults are measured, in pixels; below it they would cover small print
_SMALLEST, _LARGEST = 7, 64  # em squares of running text, in pixels


@dataclass(frozen=True)
class _Kind:
    """A family of pages."""

    draw: Callable[[np.random.Generator, PagePlan], None]  # The layout
    share: float  # How often it is drawn
    widths: tuple[float, float]  # Widths of the paper, in em squares of the running text: least and most
    use: str  # Use of the fonts
    em: float  # Median of the em square in pixels
    desk: float  # How often the whole paper is seen lying on something
    chain: str = "scan"  # Chain of the degradations, where it is scanned


_KINDS = (
    _Kind(documents.article, 0.17, (38, 80), "document", 15, 0.2),
    _Kind(documents.newspaper, 0.07, (60, 110), "document", 12, 0.15),
    _Kind(documents.letter, 0.06, (45, 75), "document", 15, 0.2),
    _Kind(documents.contents, 0.06, (35, 70), "document", 16, 0.2),
    _Kind(forms.form, 0.19, (45, 75), "document", 14, 0.15),
    _Kind(forms.memo, 0.04, (45, 75), "document", 15, 0.15),
    _Kind(receipts.receipt, 0.14, (18, 32), "receipt", 17, 0.65, "receipt"),
    _Kind(tables.sheet_of_tables, 0.09, (38, 80), "document", 14, 0.15),
    _Kind(tables.invoice, 0.05, (42, 65), "document", 14, 0.25),
    _Kind(slides.slide, 0.04, (20, 36), "screen", 24, 0.1, "screen"),
    _Kind(slides.figure, 0.02, (35, 60), "document", 14, 0.1),
    _Kind(cards.identity, 0.025, (17, 26), "screen", 21, 0.7),
    _Kind(cards.business, 0.015, (17, 28), "screen", 21, 0.7),
    _Kind(cards.goods, 0.02, (18, 36), "screen", 19, 0.6),
    _Kind(cards.parcel, 0.01, (18, 30), "document", 20, 0.6),
)
_SHARES = np.array([kind.share for kind in _KINDS]) / sum(kind.share for kind in _KINDS)


def render_page(rng: np.random.Generator, height: int = 640, width: int = 640) -> LabelledScene:
    """Draws a page or a part of one, as a scanner, a camera or a file shows it.

    Args:
        rng: Source of randomness; equal states give equal pages on machines with the same fonts and pictures.

    Returns:
        The picture with one quad a stretch of text; its lines are about 6 to 90 pixels high.

    Raises:
        DrawingError: This machine has no fonts or no words.
    """
    kind = _KINDS[rng.choice(len(_KINDS), p=_SHARES)]
    near = 2.4 if rng.random() < 0.12 else 1.0  # a part of a page at the resolution of scanners
    em = int(np.clip(near * kind.em * np.exp(rng.normal(0, 0.42)), _SMALLEST, _LARGEST))
    if rng.random() < kind.desk:
        sheet, image, quads = _on_desk(rng, kind, em, height, width)
    else:
        sheet, image, quads = _flat(rng, kind, em, height, width)
    strength = rng.beta(1.2, 2.2)
    text_height = scene.text_height(quads, default=em)
    chain = kind.chain if rng.random() < 0.75 else str(rng.choice(["photo", "scan", "screen"]))
    seen = degradations.degrade(rng, image, chain, strength, max(_LEAST_SPECK, text_height))
    lost = scene.unread(image, seen, quads)
    ignore = [line.ignore or gone for line, gone in zip(sheet.lines, lost, strict=True)]
    return scene.from_parts(seen, quads, [line.text for line in sheet.lines], ignore, strength * text_height)


def _flat(rng, kind: _Kind, em: int, height: int, width: int) -> tuple[Surface, np.ndarray, list[np.ndarray]]:
    """A page under a scanner, or in a file: it fills the picture, or reaches out of it."""
    spare = int(_SPARE * max(height, width))
    paper_width = rng.uniform(*kind.widths) * em
    left = (width - paper_width) / 2 if paper_width < width else -rng.uniform(0, paper_width - width)
    left += rng.uniform(-0.5, 0.5) * max(0.0, width - paper_width)
    top = rng.uniform(-0.01, 0.08) * height if rng.random() < 0.5 else -rng.uniform(1, 4) * em
    bottom = height * rng.uniform(0.6, 1) if rng.random() < 0.3 else height + spare + 4 * em
    sheet = Surface(_paper(rng, kind, height + 2 * spare, width + 2 * spare), (-spare, -spare))
    pad = rng.uniform(0.025, 0.09) * paper_width
    box = (left + pad, top + rng.uniform(0.5, 1) * pad, left + paper_width - pad, bottom)
    _draw(rng, kind, _plan(rng, kind, sheet, box, em))
    if paper_width < width and rng.random() < 0.3:
        _margins(rng, sheet, left, left + paper_width)
    turn = float(np.clip(rng.normal(0, rng.choice([0.003, 0.012, 0.03])), -0.06, 0.06))
    corners = warps.corners(height, width)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centre = np.float32([width / 2, height / 2])
    moved = (corners - centre) @ rotation + centre + rng.normal(0, rng.choice([0, 0.004]) * width, (4, 2))
    if rng.random() < 0.3:
        moved = corners  # pixel by pixel, as files are
    return _seen(rng, sheet, moved, height, width)


def _on_desk(rng, kind: _Kind, em: int, height: int, width: int) -> tuple[Surface, np.ndarray, list[np.ndarray]]:
    """A paper that lies on something, seen by a camera."""
    ems = rng.uniform(*kind.widths)
    em = int(np.clip(min(em, 0.95 * width / ems), _SMALLEST, _LARGEST))
    paper_width = int(ems * em)
    paper_height = int(np.clip(paper_width * rng.uniform(0.5, 3), 8 * em, 1.15 * height))
    if kind.draw in (cards.identity, cards.business):
        paper_height = int(paper_width * rng.uniform(0.55, 0.7))
    sheet = Surface(_paper(rng, kind, paper_height, paper_width))
    pad = rng.uniform(0.03, 0.07) * paper_width
    box = (pad, pad, paper_width - pad, paper_height - pad)
    _draw(rng, kind, _plan(rng, kind, sheet, box, em))
    place = rng.uniform((0.0, -0.1), (1.0, 1.1)) * (width - paper_width, height - paper_height)
    middle = place + (paper_width / 2, paper_height / 2)
    turn = np.clip(rng.normal(0, 0.06), -0.3, 0.3) if rng.random() < 0.9 else rng.uniform(-np.pi, np.pi)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = (warps.corners(paper_height, paper_width) + place - middle) @ rotation + middle
    corners += rng.normal(0, rng.uniform(0, 0.025) * paper_width, (4, 2))
    background = backgrounds.crop(rng, height, width, 0.5)
    return _seen(rng, sheet, corners, height, width, background)


def _draw(rng: np.random.Generator, kind: _Kind, plan: PagePlan) -> None:
    kind.draw(rng, plan)
    plan.sheet.lines[:] = joined(plan.sheet.lines)
    if kind.chain != "screen":
        marks.add(rng, plan)


def _seen(
    rng: np.random.Generator,
    sheet: Surface,
    corners: np.ndarray,
    height: int,
    width: int,
    background: np.ndarray | None = None,
) -> tuple[Surface, np.ndarray, list[np.ndarray]]:
    """Brings a sheet into the picture: the corners of its visible part come to lie at the given places."""
    rows, columns = sheet.image.shape[:2]
    x, y = -sheet.origin[0], -sheet.origin[1]
    visible = warps.corners(rows - 2 * y, columns - 2 * x) + np.float32([x, y])
    matrix = cv2.getPerspectiveTransform(visible, corners.astype(np.float32))
    moved, points = sheet.image, [line.quad + np.float32([x, y]) for line in sheet.lines]
    alpha = None if background is None else np.full((rows, columns), 255, np.uint8)
    if rng.random() < 0.12:
        moved, alpha, points = _bent(rng, moved, alpha, points)
    if background is None and np.allclose(matrix, np.float32([[1, 0, -x], [0, 1, -y], [0, 0, 1]]), atol=1e-6):
        image = moved[y : y + height, x : x + width].copy()
    else:
        image = cv2.warpPerspective(moved, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if background is not None:
        image = _laid(rng, background, image, cv2.warpPerspective(alpha, matrix, (width, height)))
    return sheet, image, [scene.enclosing(warps.move(outline, matrix)) for outline in points]


def _bent(rng, image: np.ndarray, alpha: np.ndarray | None, quads: list[np.ndarray]):
    """Bends the rows of a sheet to a wave; the outlines of its lines follow, as polylines [2 n, 2]."""
    state = rng.bit_generator.state
    bent, moved = warps.curve(rng, image, float(rng.uniform(0.05, 0.4)))
    if alpha is not None:
        after, rng.bit_generator.state = rng.bit_generator.state, state
        alpha = warps.curve(rng, alpha, float(rng.uniform(0.05, 0.4)), cv2.BORDER_CONSTANT)[0]
        rng.bit_generator.state = after
    return bent, alpha, [moved(scene.outline(quad)) for quad in quads]


def _plan(rng: np.random.Generator, kind: _Kind, sheet: Surface, box: tuple[float, ...], em: int) -> PagePlan:
    plan = flow.plan(rng, sheet, box, em, kind.use)
    if kind.use != "receipt" or rng.random() < 0.4:
        return plan
    body = plan.body.but(wear=wear.thermal if rng.random() < 0.7 else wear.dot_matrix if em > 15 else None)
    return PagePlan(sheet, *box, body=body, head=plan.head.but(wear=body.wear), accent=plan.accent)


def _paper(rng: np.random.Generator, kind: _Kind, height: int, width: int) -> np.ndarray:
    if kind.chain != "screen" and rng.random() < 0.6:
        return textures.paper(rng, height, width)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = 255 if rng.random() < 0.7 else textures.color(rng, 215, 252, 6).astype(np.uint8)
    return image


def _margins(rng: np.random.Generator, sheet: Surface, left: float, right: float) -> None:
    """What a scanner or a copier shows beside the paper: dark or light."""
    shade = textures.color(rng, 0, 60, 4) if rng.random() < 0.5 else textures.color(rng, 150, 235, 4)
    x0, y0, x1, y1 = sheet.bounds
    if rng.random() < 0.7:
        sheet.fill(x0, y0, left, y1, shade.tolist())
    if rng.random() < 0.7:
        sheet.fill(right, y0, x1, y1, shade.tolist())


def _laid(rng: np.random.Generator, background: np.ndarray, image: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """A paper on a background, with its shadow."""
    shift = np.float32([[1, 0, rng.uniform(-6, 6)], [0, 1, rng.uniform(-2, 8)]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(cover, shift, cover.shape[::-1]), (0, 0), rng.uniform(1.5, 6))
    shade = (255 - cv2.convertScaleAbs(shadow, alpha=rng.uniform(0.2, 0.7)))[..., None]
    dark = cv2.multiply(background, cv2.merge([shade] * 3), scale=1 / 255)
    return np.where(cover[..., None] > 127, image, dark)
