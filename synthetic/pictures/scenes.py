"""Synthetic scenes for the text detector: streets, halls, posters, shelves, screens and videos with text."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from synthetic.faults import degradations
from synthetic.layouts import boards, overlays, screens, signage
from synthetic.letters import typesetting as setting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import backgrounds, blocks, placing, rooms, scene, textures
from synthetic.surfaces.placing import PictureView, Pose
from synthetic.surfaces.scene import LabelledScene
from synthetic.surfaces.sheet import Surface

Crops = Sequence[tuple[np.ndarray, str]]


def render_scene(
    rng: np.random.Generator, height: int = 640, width: int = 640, crops: Crops | None = None
) -> LabelledScene:
    """Draws a scene with 0 to about 40 texts; screens have more.

    Args:
        rng: Source of randomness; equal states give equal scenes on machines with the same fonts and pictures.
        crops: Real words, each a BGR uint8 crop [h, w, 3] and its text, of which some are pasted into most scenes.

    Returns:
        The picture with one quad a stretch of text, pasted words included.

    Raises:
        DrawingError: This machine has no fonts or no words.
    """
    draw, chain, worst = _KINDS[rng.choice(len(_KINDS), p=_SHARES)]
    view = draw(rng, height, width)
    if crops and chain != "screen" and rng.random() < 0.7:
        _paste(rng, view, crops)
    strength = worst * rng.beta(1.2, 1.9)
    text_height = scene.text_height([line.quad for line in view.lines], default=16)
    seen = degradations.degrade(rng, view.image, chain, strength, max(7.0, text_height))
    return view.finish(seen, strength * text_height)


def _street(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """Signs and letters of many sizes on what is behind them."""
    kind = rng.random()
    background = rooms.room if kind < 0.4 else backgrounds.photograph_crop if kind < 0.8 else backgrounds.crop
    view = PictureView(background(rng, height, width))
    strength, turned = float(rng.choice([0.3, 1.0])), 0.04
    for _ in range(int(rng.choice([1, 3, 6, 12, 20], p=[0.2, 0.2, 0.25, 0.2, 0.15]))):
        em = _size(rng, height, 19, 0.6)
        if rng.random() < 0.55:
            view.hang_anywhere(rng, boards.board(rng, em), placing.any_pose(rng, strength, turned))
        else:
            _inscribe(rng, view, em, placing.any_pose(rng, strength, turned))
    return view


def _turned(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """The same at any angle, as on tables, floors and boxes."""
    view = PictureView(backgrounds.crop(rng, height, width))
    for _ in range(int(rng.integers(2, 9))):
        em = _size(rng, height, 24, 0.4)
        if rng.random() < 0.5:
            view.hang_anywhere(rng, boards.board(rng, em), placing.any_pose(rng, 0.5, 1.0))
        else:
            _inscribe(rng, view, em, placing.any_pose(rng, 0.5, 1.0))
    return view


def _close(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """One sign, poster or package that fills the picture."""
    view = PictureView(backgrounds.crop(rng, height, width, 0.8))
    sheet = boards.board(rng, _size(rng, height, 55, 0.45))
    rows, columns = sheet.image.shape[:2]
    scale = rng.uniform(0.6, 1.1) * min(width / columns, height / rows)
    pose = placing.any_pose(rng, 0.6, 0.03)
    shape = placing.corners(pose, columns * min(scale, 2.0), rows * min(scale, 2.0))
    place = view.place(rng, shape, 0.02)
    if place is not None:
        view.hang(rng, sheet, place)
    for _ in range(int(rng.integers(0, 4))):
        view.hang_anywhere(rng, boards.board(rng, _size(rng, height, 16, 0.3)), placing.any_pose(rng, 0.6))
    return view


def _shelf(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """Packages, tags and spines side by side, all facing the same way."""
    view = PictureView(backgrounds.crop(rng, height, width, 0.4))
    pose, em = placing.any_pose(rng, 0.5, 0.0), _size(rng, height, 20, 0.35)
    for _ in range(int(rng.integers(4, 16))):
        near = Pose(pose.yaw, pose.pitch, pose.roll + rng.normal(0, 0.03), pose.distance)
        make = (boards.notice, boards.tag, boards.shop_sign, boards.spines)[rng.choice(4, p=[0.4, 0.3, 0.15, 0.15])]
        view.hang_anywhere(rng, make(rng, max(8, round(em * rng.uniform(0.7, 1.4)))), near)
    return view


def _screen(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """A screen as the machine stores it."""
    sheet = Surface(np.zeros((height, width, 3), np.uint8))
    screens.screen(rng, sheet, int(np.clip(height / 640 * 13 * np.exp(rng.normal(0, 0.3)), 8, 30)))
    view = PictureView(sheet.image)
    view.lines = sheet.lines
    return view


def _monitor(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """A screen or a telephone that was photographed."""
    view = PictureView(backgrounds.crop(rng, height, width, 0.5))
    wide = int(width * rng.uniform(0.5, 0.95))
    tall = int(wide * rng.uniform(0.5, 0.75)) if rng.random() < 0.7 else int(min(0.95 * height, wide * 1.8))
    wide = wide if tall < wide else int(tall * rng.uniform(0.45, 0.6))
    sheet = Surface(np.zeros((tall, wide, 3), np.uint8))
    screens.screen(rng, sheet, int(np.clip(rng.normal(14, 3), 9, 24)))
    rim = max(2, int(0.02 * wide))
    framed = Surface(cv2.copyMakeBorder(sheet.image, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(18, 18, 18)))
    framed.lines = [type(line)(line.quad + rim, line.text, line.ignore) for line in sheet.lines]
    view.hang_anywhere(rng, framed, placing.any_pose(rng, 0.5, 0.0), 0.0)
    return view


def _video(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """A frame of a film or a camera with what is laid over it."""
    background = rooms.room if rng.random() < 0.3 else backgrounds.photograph_crop
    view = PictureView(background(rng, height, width))
    for draw, chance in (
        (overlays.subtitles, 0.55),
        (overlays.banner, 0.35),
        (overlays.corner, 0.4),
        (overlays.corner, 0.25),
    ):
        if rng.random() < chance:
            draw(rng, view)
    for _ in range(int(rng.choice([0, 1, 4]))):
        view.hang_anywhere(rng, boards.board(rng, _size(rng, height, 18, 0.4)), placing.any_pose(rng, 0.7))
    if rng.random() < 0.2:
        overlays.watermark(rng, view)
    return view


def _photograph(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """A picture with a watermark or a date."""
    view = PictureView(backgrounds.photograph_crop(rng, height, width))
    (overlays.watermark if rng.random() < 0.6 else overlays.corner)(rng, view)
    return view


def _empty(rng: np.random.Generator, height: int, width: int) -> PictureView:
    """A picture without text, with things that only look a little like it."""
    view = PictureView(
        backgrounds.crop(rng, height, width, 0.7) if rng.random() < 0.7 else rooms.room(rng, height, width)
    )
    for _ in range(int(rng.integers(0, 5))):
        _decoy(rng, view.image)
    return view


def _size(rng: np.random.Generator, height: int, median: float, deviation: float) -> float:
    """An em square in pixels, for pictures of a height."""
    return float(np.clip(height / 640 * median * np.exp(rng.normal(0, deviation)), 8, 220))


def _inscribe(rng: np.random.Generator, view: PictureView, em: float, pose: Pose) -> None:
    """Letters on the background itself: straight, bent or one below the other."""
    style = Style(setting.pick_font(rng, "scene"), max(8, round(em)), tracking=float(rng.choice([0, 0, 0.1, 0.3])))
    kind = rng.random()
    if kind < 0.04:
        block = blocks.stacked(signage.words_of_signs(rng)[:10], style)
    else:
        count = int(rng.choice([1, 2, 4], p=[0.7, 0.2, 0.1]))
        texts = [signage.words_of_signs(rng) for _ in range(count)]
        block = blocks.straight(texts, style, ("left", "middle", "right")[rng.integers(3)], rng.uniform(1.1, 1.5))
        if block is not None and count == 1 and kind > 0.86 and block.coverage.shape[1] > 2.5 * em:
            block = blocks.bent(block, float(rng.uniform(0.3, 1.9) * rng.choice([-1, 1])))
    if block is None:
        return
    rows, columns = block.coverage.shape
    place = view.place(rng, placing.corners(pose, columns, rows))
    if place is not None:
        view.inscribe(rng, block, place, "panel" if rng.random() < 0.06 else "scene")


def _paste(rng: np.random.Generator, view: PictureView, crops: Crops) -> None:
    """Real words at their own size or smaller, at poses that do not bend them much."""
    for _ in range(int(rng.integers(1, 9))):
        crop, text = crops[int(rng.integers(len(crops)))]
        rows, columns = crop.shape[:2]
        if min(rows, columns) < 6:
            continue
        scale = float(np.clip(_size(rng, view.image.shape[0], 26, 0.5) / min(rows, columns), 0.15, 1.6))
        shape = placing.corners(placing.any_pose(rng, 0.35, 0.02), columns * scale, rows * scale)
        place = view.place(rng, shape, 0.03)
        if place is not None:
            view.paste(rng, crop, text, place)


def _decoy(rng: np.random.Generator, image: np.ndarray) -> None:
    """Rows of bars, fences, stripes, dots: what detectors take for text."""
    height, width = image.shape[:2]
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    color, step = textures.color(rng).tolist(), int(rng.integers(4, 24))
    tall, count, kind = int(rng.integers(6, 90)), int(rng.integers(4, 30)), rng.integers(3)
    for index in range(count):
        place = x + index * step
        if kind == 0:
            end = (place + int(rng.integers(-1, 2)), y + tall)
            cv2.line(image, (place, y), end, color, max(1, step // 4), cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(image, (place, y), max(1, step // 3), color, -1 if step > 9 else 1, cv2.LINE_AA)
        else:
            cv2.rectangle(image, (place, y), (place + step // 2, y + tall), color, 1)


_Draw = Callable[[np.random.Generator, int, int], PictureView]
# A scene, its share, the chain of degradations and how bad they get at most.
_WEIGHTED: tuple[tuple[_Draw, float, str, float], ...] = (
    (_street, 0.4, "photo", 1.0),
    (_close, 0.12, "photo", 0.9),
    (_turned, 0.05, "photo", 0.8),
    (_shelf, 0.07, "photo", 0.9),
    (_screen, 0.12, "screen", 0.8),
    (_monitor, 0.04, "photo", 0.6),
    (_video, 0.11, "photo", 0.8),
    (_photograph, 0.04, "photo", 0.7),
    (_empty, 0.05, "photo", 1.0),
)
_KINDS = tuple((draw, chain, worst) for draw, _, chain, worst in _WEIGHTED)
_SHARES = np.array([share for _, share, _, _ in _WEIGHTED])
