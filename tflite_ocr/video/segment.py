"""The frames from one key to the next, and the path of every track through them."""

from dataclasses import dataclass, field

import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.video.changes import TILE, touches
from tflite_ocr.video.follow import PatchMatch
from tflite_ocr.video.plan import Step
from tflite_ocr.video.tracks import Track

_LEAST_REACH = 16.0  # pixels; a text may jump this far from frame to frame, or 1.5 times its height


@dataclass
class TrackPath:
    """Where a track was in every frame of a segment: its quad before the first frame, and those of all frames.

    A quad is float32 [4, 2], None where the track was not found. From the frame `changed_at` on it looked different.
    """

    start: np.ndarray
    quads: list[np.ndarray | None] = field(default_factory=list)
    changed_at: int | None = None

    @property
    def seen(self) -> bool:
        """Whether the track was found in the last frame."""
        return bool(self.quads) and self.quads[-1] is not None

    @property
    def verified(self) -> bool:
        """Whether the track was found in the last frame and looks as before."""
        return self.seen and self.changed_at is None

    def lost_at(self) -> int:
        """Number of the frame after the last one in which the track was found looking as before."""
        end = len(self.quads) if self.changed_at is None else self.changed_at
        while end and self.quads[end - 1] is None:
            end -= 1
        return end


class Segment:
    """Collects steps up to a key and follows the tracks through them."""

    def __init__(self, width: int, height: int):
        """A segment of frames of this size in pixels."""
        self._size = width, height
        self.steps: list[Step] = []
        self.paths: dict[int, TrackPath] = {}

    def add(self, step: Step, tracks: list[Track]) -> None:
        """Takes the next frame and finds the tracks in it."""
        self.steps.append(step)
        drift: list[np.ndarray] = []  # velocities of tracks already found in this frame: neighbours move alike
        for track in tracks:
            path = self.paths.setdefault(id(track), TrackPath(track.quad))
            path.quads.append(self._follow(track, path, step, drift))

    def path(self, track: Track) -> TrackPath:
        """The path of a track that was present when the segment began."""
        return self.paths[id(track)]

    def _follow(self, track: Track, path: TrackPath, step: Step, drift: list[np.ndarray]) -> np.ndarray | None:
        box = track.box
        if touches(step.moved, box.grown(TILE // 4, *self._size)):
            track.touched += 1
        else:
            track.touched, track.velocity = 0, np.zeros(2, np.float32)
            # Movement too slow to show from frame to frame shows against the last key.
            if not (step.key and touches(step.fresh, box)):
                return path.quads[-1] if path.quads else track.quad
        luma, at = step.frame.picture.luma, track.quad[0] - track.template_quad[0]
        guesses = [tuple(at + track.velocity), tuple(at)]
        if drift:
            guesses.insert(1, tuple(at + np.median(drift, axis=0)))
        reach = max(_LEAST_REACH, 1.5 * track.height)
        match = track.template.find(luma, [(float(x), float(y)) for x, y in guesses], reach)
        if match is None:
            return None
        moved = np.array([match.dx, match.dy], np.float32)
        track.velocity = (moved - at).astype(np.float32)
        if abs(track.velocity).max() > 0.3:
            drift.append(track.velocity)
        track.quad = track.moved_by(match.dx, match.dy)
        if path.changed_at is None and track.template.differs(luma, match, step.tolerance):
            path.changed_at = len(path.quads)
        return track.quad

    def trace_back(self, track: Track) -> list[np.ndarray | None]:
        """The quads of a track found in the last frame, followed backwards until it is not found any more."""
        quads: list[np.ndarray | None] = [None] * len(self.steps)
        quads[-1] = track.quad
        at, velocity = np.zeros(2, np.float32), np.zeros(2, np.float32)
        reach = max(_LEAST_REACH, 1.5 * track.height)
        for number in range(len(self.steps) - 2, -1, -1):
            box = Box.around(track.quad + at).grown(TILE // 4, *self._size)
            if touches(self.steps[number + 1].moved, box):
                luma = self.steps[number].frame.picture.luma
                expected = at + velocity
                guesses = [(float(expected[0]), float(expected[1])), (float(at[0]), float(at[1]))]
                match: PatchMatch | None = track.template.find(luma, guesses, reach)
                if match is None or track.template.differs(luma, match, self.steps[number].tolerance):
                    break
                moved = np.array([match.dx, match.dy], np.float32)
                at, velocity = moved, moved - at
            quads[number] = track.quad + at
        if len(self.steps) > 1:
            track.velocity = (-velocity).astype(np.float32)
        return quads


def bridged(quads: list[np.ndarray | None], start: np.ndarray, end: np.ndarray | None) -> list[np.ndarray | None]:
    """Fills the frames in which a text was not found, by straight lines between those in which it was.

    Args:
        quads: One quad a frame; None where the text was not found.
        end: The quad in the last frame if it is known better than by following; the quads before are corrected to it.
    """
    result = list(quads)
    if end is not None:
        if result[-1] is not None and result[-1].shape == end.shape:
            correction = end - result[-1]
            for number, quad in enumerate(result):
                if quad is not None:
                    result[number] = quad + correction * ((number + 1) / len(result))
        result[-1] = end
    known = [(-1, start), *((number, quad) for number, quad in enumerate(result) if quad is not None)]
    for (before, first), (after, second) in zip(known, known[1:], strict=False):
        for number in range(before + 1, after):
            share = (number - before) / (after - before)
            result[number] = (first + (second - first) * np.float32(share)).astype(np.float32)
    return result
