"""The data of the pipeline: pictures as FFmpeg delivers them, with the source's times."""

from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np

from tflite_ocr.page import TrackedLine


@dataclass(frozen=True)
class VideoInfo:
    """Facts about a video, known once its first frame is decoded.

    Attributes:
        width: Width of the upright picture in pixels.
        height: Height of the upright picture in pixels.
        duration_s: Length of the part to be read in seconds; None when FFmpeg does not know it (cameras, streams).
        frame_rate: Nominal frames a second, 25 when FFmpeg does not know it; each frame has its own time.
        time_base: Unit of the source's time stamps in seconds.
        color: FFmpeg's names of range, space, primaries and trc; "" for unknown.
        pixel_aspect: Ratio of a pixel's width to its height.
    """

    width: int
    height: int
    duration_s: float | None
    frame_rate: float
    time_base: Fraction
    audio: tuple[str, ...] = ()
    color: dict[str, str] = field(default_factory=dict)
    pixel_aspect: Fraction = Fraction(1)


@dataclass(frozen=True)
class Picture:
    """One picture in 4:2:0, as most videos have it: luma for comparing; BGR is made on demand.

    Attributes:
        data: uint8 [h * 3 / 2, w]: the planes Y [h, w], U and V [h / 2, w / 2] one after another; h and w are even.
        width: Width of the picture itself in pixels, w or w - 1.
        height: Height of the picture itself in pixels, h or h - 1.
    """

    data: np.ndarray
    width: int
    height: int

    @property
    def luma(self) -> np.ndarray:
        """uint8 [height, width], a view."""
        return self.data[: self.height, : self.width]

    def planes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Views of Y [h, w], U [h / 2, w / 2] and V [h / 2, w / 2], uint8."""
        rows, columns = self.data.shape[0] * 2 // 3, self.data.shape[1]
        chroma = self.data[rows:].reshape(2, rows // 2, columns // 2)
        return self.data[:rows], chroma[0], chroma[1]

    def bgr(self) -> np.ndarray:
        """uint8 [height, width, 3], a new array."""
        return cv2.cvtColor(self.data, cv2.COLOR_YUV2BGR_I420)[: self.height, : self.width]

    @staticmethod
    def from_bgr(image: np.ndarray) -> "Picture":
        """The picture of a BGR uint8 image [H, W, 3]; odd sides see their last row or column repeated."""
        height, width = image.shape[:2]
        even = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        return Picture(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), width, height)


@dataclass(frozen=True)
class Frame:
    """One decoded frame.

    Attributes:
        index: Number of the frame in the part of the source that is read, from 0.
        time_s: Time at which it is shown, in seconds from the start of the source.
        duration_s: Time for which it is shown, in seconds.
        picture: Its pixels.
    """

    index: int
    time_s: float
    duration_s: float
    picture: Picture


@dataclass(frozen=True)
class VideoFrame:
    """A frame with the text in it."""

    frame: Frame
    lines: tuple[TrackedLine, ...]

    @property
    def index(self) -> int:
        """Number of the frame in the part of the source that is read, from 0."""
        return self.frame.index

    @property
    def time_s(self) -> float:
        """Time at which it is shown, in seconds from the start of the source."""
        return self.frame.time_s

    @property
    def image(self) -> np.ndarray:
        """BGR uint8 [height, width, 3], made at every call."""
        return self.frame.picture.bgr()


@dataclass
class Counts:
    """How much work a video took.

    Attributes:
        searched_in_part: Number of frames in which it searched only the changed parts.
    """

    frames: int = 0
    searched: int = 0
    searched_in_part: int = 0
    seen: int = 0
    read: int = 0
