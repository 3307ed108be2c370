"""Brings signs, letters and pasted pictures into a view: poses in space, free places, light and seams."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from synthetic.faults import warps
from synthetic.surfaces import blocks, scene
from synthetic.surfaces.blocks import Lettering
from synthetic.surfaces.sheet import Placed, Surface, joined

CELL = 8  # pixels of the picture in a cell of the map of what is taken
_TRIES = 12


@dataclass(frozen=True)
class Pose:
    """How a flat thing hangs in space. Angles in radians."""

    yaw: float  # Around the upright axis
    pitch: float  # Around the level axis
    roll: float  # In the picture, clockwise
    distance: float  # Distance of the eye, in the thing's longer sides; small is strong perspective


def any_pose(rng: np.random.Generator, strength: float = 1.0, turned: float = 0.05) -> Pose:
    """A pose: mostly near level.

    Args:
        strength: 0 (seen from the front) to 1.
        turned: How often the thing hangs at any angle.
    """
    roll = rng.normal(0, 0.07 * strength)
    if rng.random() < turned:
        roll = rng.uniform(-np.pi, np.pi)
    return Pose(
        yaw=float(np.clip(rng.normal(0, 0.45 * strength), -1.15, 1.15)),
        pitch=float(np.clip(rng.normal(0, 0.22 * strength), -0.7, 0.7)),
        roll=float(roll),
        distance=float(rng.uniform(1.3, 5)),
    )


def corners(pose: Pose, width: float, height: float) -> np.ndarray:
    """Where the corners of a thing lie around its middle, float32 [4, 2], clockwise from its top-left."""
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    points = np.concatenate([flat, np.zeros((4, 1))], axis=1)
    sin, cos = np.sin, np.cos
    about_y = np.array([[cos(pose.yaw), 0, sin(pose.yaw)], [0, 1, 0], [-sin(pose.yaw), 0, cos(pose.yaw)]])
    about_x = np.array([[1, 0, 0], [0, cos(pose.pitch), -sin(pose.pitch)], [0, sin(pose.pitch), cos(pose.pitch)]])
    about_z = np.array([[cos(pose.roll), -sin(pose.roll), 0], [sin(pose.roll), cos(pose.roll), 0], [0, 0, 1]])
    points = points @ about_x.T @ about_y.T
    eye = pose.distance * max(width, height)
    seen = points[:, :2] * (eye / (eye + points[:, 2:]))
    return (seen @ about_z[:2, :2].T).astype(np.float32)


@dataclass
class PictureView:
    """A picture that fills with things."""

    image: np.ndarray  # BGR uint8 [H, W, 3], changed in place
    lines: list[Placed] = field(default_factory=list)  # The text in it so far
    taken: np.ndarray = field(init=False)  # What is taken, uint8 [H / 8, W / 8]

    def __post_init__(self):
        height, width = self.image.shape[:2]
        self.taken = np.zeros((height // CELL + 1, width // CELL + 1), np.uint8)

    def place(self, rng: np.random.Generator, shape: np.ndarray, outside: float = 0.12) -> np.ndarray | None:
        """Finds room for a thing.

        Args:
            shape: Its corners around its middle, [4, 2].
            outside: Share of the picture's sides by which its middle may leave the part where it fits.

        Returns:
            Its corners in the picture, float32 [4, 2], which are marked as taken; None where no room was found.
        """
        height, width = self.image.shape[:2]
        half = np.ptp(shape, axis=0) / 2
        low = np.minimum(half, (width / 2, height / 2)) - np.array([width, height]) * outside
        high = np.array([width, height]) - low
        for _ in range(_TRIES):
            moved = shape + rng.uniform(low, high).astype(np.float32)
            mask = np.zeros_like(self.taken)
            cv2.fillConvexPoly(mask, np.round(moved / CELL).astype(np.int32), 1)
            if mask.any() and not (mask & self.taken).any():
                self.taken |= cv2.dilate(mask, np.ones((3, 3), np.uint8))
                return moved.astype(np.float32)
        return None

    def hang(self, rng: np.random.Generator, sheet: Surface, place: np.ndarray) -> None:
        """Lays a sheet into the picture, its corners at the given places, lit like what is around it."""
        rows, columns = sheet.image.shape[:2]
        cover = sheet.alpha if sheet.alpha is not None else np.full((rows, columns), 255, np.uint8)
        matrix = warps.onto(rows, columns, place)
        if self._lay(sheet.image, cover, matrix, place, lambda patch, window: _lit(rng, patch, window)):
            lines = joined(sheet.lines)
            self.lines += [Placed(warps.move(line.quad, matrix), line.text, line.ignore) for line in lines]

    def hang_anywhere(
        self, rng: np.random.Generator, sheet: Surface, pose: Pose, outside: float = 0.12, largest: float = 1.2
    ) -> None:
        """Hangs a sheet where there is room, made smaller where it is `largest` times the picture; see `place`."""
        rows, columns = sheet.image.shape[:2]
        height, width = self.image.shape[:2]
        scale = min(1.0, largest * width / columns, largest * height / rows)
        place = self.place(rng, corners(pose, columns * scale, rows * scale), outside)
        if place is not None:
            self.hang(rng, sheet, place)

    def inscribe(self, rng: np.random.Generator, block: Lettering, place: np.ndarray, use: str = "scene") -> None:
        """Letters on the picture itself, without a background of their own; the block's corners at the given places."""
        matrix = warps.onto(*block.coverage.shape, place)
        opacity = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.7, 1))
        quads = blocks.lay(rng, self.image, block, matrix, use, opacity)
        self.lines += [Placed(quad, text) for quad, text in zip(quads, block.texts, strict=True)]

    def paste(self, rng: np.random.Generator, crop: np.ndarray, text: str, place: np.ndarray) -> None:
        """Lays a crop of a real word into the picture, its corners at the given places, with a soft seam around it.

        What is around the crop is its own border, drawn out and blurred, so that the seam does not tell where it is.
        """
        rows, columns = crop.shape[:2]
        pad = max(2, round(rng.uniform(0.15, 0.6) * min(rows, columns)))
        large = cv2.copyMakeBorder(crop, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        large = cv2.GaussianBlur(large, (0, 0), 0.35 * pad + 0.5)
        large[pad : pad + rows, pad : pad + columns] = crop
        steps = np.minimum(np.arange(1, pad + 1) / pad, 1)
        across = np.concatenate([steps, np.ones(columns), steps[::-1]])
        down = np.concatenate([steps, np.ones(rows), steps[::-1]])
        alpha = (255 * np.minimum(down[:, None], across[None])).astype(np.uint8)
        matrix = warps.onto(rows, columns, place) @ warps.shift(-pad, -pad)
        if self._lay(large, alpha, matrix, warps.move(warps.corners(*alpha.shape), matrix)):
            self.lines.append(Placed(np.asarray(place, np.float32), text))

    def finish(self, seen: np.ndarray, blur_height: float) -> scene.LabelledScene:
        """The scene, after the picture went through degradations.

        Args:
            seen: The degraded picture, of the same shape.
            blur_height: See synthetic.surfaces.scene.from_parts.
        """
        quads = [line.quad for line in self.lines]
        lost = scene.unread(self.image, seen, quads)
        ignore = [line.ignore or gone for line, gone in zip(self.lines, lost, strict=True)]
        return scene.from_parts(seen, quads, [line.text for line in self.lines], ignore, blur_height)

    def _lay(self, picture: np.ndarray, cover: np.ndarray, matrix: np.ndarray, place: np.ndarray, lit=None) -> bool:
        """Lays a picture into the view as far as it reaches; whether it does."""
        size = self.image.shape[1::-1]
        low = np.clip(np.floor(place.min(axis=0)), 0, size).astype(int)
        high = np.clip(np.ceil(place.max(axis=0)) + 1, 0, size).astype(int)
        if (high - low).min() < 2:
            return False
        local, size = warps.shift(*-low) @ matrix, tuple((high - low).tolist())
        patch = cv2.warpPerspective(picture, local, size, borderMode=cv2.BORDER_REPLICATE)
        share = cv2.warpPerspective(cover, local, size)[..., None].astype(np.float32) / 255
        window = self.image[low[1] : high[1], low[0] : high[0]]
        patch = lit(patch, window) if lit else patch
        window[...] = (window + share * (patch.astype(np.float32) - window) + 0.5).astype(np.uint8)
        return True


def _lit(rng: np.random.Generator, patch: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Takes over a part of the light of what is around: brightness, its slope, and its cast."""
    if rng.random() < 0.25:  # lit by itself
        return patch
    mean = window.reshape(-1, 3).mean(axis=0)
    level = float(mean.mean())
    gain = np.clip((0.55 + 0.45 * level / 128) * (1 + 0.25 * (mean / max(level, 1) - 1)), 0.3, 1.25)
    table = np.clip(np.arange(256)[:, None] * gain, 0, 255).astype(np.uint8)
    lit = cv2.LUT(patch, table.reshape(1, 256, 3))
    if rng.random() < 0.3 and min(patch.shape[:2]) > 8:
        slope = np.linspace(rng.uniform(0.55, 1), rng.uniform(0.55, 1), patch.shape[1], dtype=np.float32)
        lit = (lit * slope[None, :, None]).astype(np.uint8)
    return lit
