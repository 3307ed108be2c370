"""From a BGR image to a network's input tensor; every step can be inverted for coordinates.

Images are BGR, uint8, [H, W, 3] until they become a tensor, and tensors are looked up, not computed: a pixel
has 256 values, so normalization and quantization are one table a channel.
"""

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.errors import ModelContractError
from tflite_ocr.image_limits import MAX_PIXELS as MAX_PIXELS
from tflite_ocr.image_read import ImageSource as ImageSource
from tflite_ocr.image_read import read as read
from tflite_ocr.manifest import DetectorResize, ImageInput, TensorSpec

# An image flatter than this ratio, or lower than this height in pixels, gets black above and below: detectors
# see lines of text in a page, and enlarging a strip until its height is a page's would blow it up instead.
FLAT_RATIO = 8
FLAT_HEIGHT = 30


@dataclass(frozen=True)
class Resized:
    """A resized image, BGR uint8 [h, w, 3], and its scale.

    Attributes:
        scale_x: Ratio of the resized to the original width of the content, padding aside; scale_y that of the height.
        offset_y: Padding above the content, in pixels of the original image.
    """

    image: np.ndarray
    scale_x: float
    scale_y: float
    offset_y: float = 0.0

    @property
    def to_image(self) -> tuple[float, float]:
        """Factors (x, y) from resized to original pixels, before `offset_y` is subtracted."""
        return 1 / self.scale_x, 1 / self.scale_y

    def restore(self, quads: np.ndarray) -> np.ndarray:
        """Moves points [..., 2] (x, y) from resized to original pixels; float32."""
        points = np.asarray(quads, np.float32) * np.asarray(self.to_image, np.float32)
        return points - np.asarray((0, self.offset_y), np.float32)


def resize_for_detector(image: np.ndarray, resize: DetectorResize, pad: ImageInput | None = None) -> Resized:
    """Scales an image to a size that a detector takes; the canvas follows the image.

    With fit "stretch" each side is scaled to the nearest multiple, and very flat images get black above and
    below first; with fit "pad" the aspect is kept and the canvas grows right and down to a multiple. When
    `min_side` and `max_side` disagree, `max_side` wins, so the canvas is bounded whatever the image.

    Args:
        image: BGR uint8 [H, W, 3].
        resize: Limits of the sides and the multiple, in pixels.
        pad: Input facts whose padding fills the canvas of fit "pad"; black when None.

    Returns:
        The image; both sides are multiples of `resize.multiple`.
    """
    height, width = image.shape[:2]
    multiple = resize.multiple
    if resize.fit == "pad":
        scale = _scale(height, width, resize)
        content = max(1, int(height * scale)), max(1, int(width * scale))
        rows, columns = (math.ceil(side / multiple) * multiple for side in content)
        canvas = rows, columns
        return _place(image, content, canvas, pad)
    top = _flat_padding(height, width)
    padded_height = height + 2 * top
    scale = _scale(padded_height, width, resize)
    canvas = _stretched(padded_height, scale, resize), _stretched(width, scale, resize)
    if not top:
        return Resized(_resize(image, canvas), canvas[1] / width, canvas[0] / height)
    content_height = max(1, round(height * canvas[0] / padded_height))
    return _place(image, (content_height, canvas[1]), canvas, None, (canvas[0] - content_height) // 2)


def fit_canvas(
    image: np.ndarray, canvas: tuple[int, int], resize: DetectorResize, pad: ImageInput | None = None
) -> Resized:
    """Scales an image, keeping its aspect, into the top-left of a canvas of fixed size.

    Args:
        image: BGR uint8 [H, W, 3].
        canvas: (height, width) in pixels.
        resize: The image is enlarged no further than its `min_side` asks.
        pad: Input facts whose padding fills the rest; black when None.
    """
    height, width = image.shape[:2]
    scale = min(_scale(height, width, resize), canvas[0] / height, canvas[1] / width)
    content = min(canvas[0], max(1, round(height * scale))), min(canvas[1], max(1, round(width * scale)))
    return _place(image, content, canvas, pad)


@functools.lru_cache(maxsize=64)
def input_table(spec: ImageInput, tensor: TensorSpec) -> np.ndarray:
    """The value that each pixel value becomes in a network's input tensor.

    Normalization (pixel / 255 - mean) / std, then for integer tensors q = round(x / scale) + zero_point, clipped
    (Jacob et al., arXiv 1712.05877, equation 1).

    Returns:
        [256, channels] in the tensor's dtype, channels in the order of `spec.color`; read-only.

    Raises:
        ModelContractError: The tensor is neither float32, int8 nor uint8, or an integer without a scale.
    """
    mean, std = np.asarray(spec.mean, np.float64), np.asarray(spec.std, np.float64)
    values = (np.arange(256, dtype=np.float64)[:, None] / 255 - mean) / std
    if tensor.dtype in ("int8", "uint8"):
        if tensor.scale <= 0:
            raise ModelContractError(f"tensor {tensor.name}: expected a scale above 0, found {tensor.scale}")
        limits = np.iinfo(tensor.dtype)
        values = np.clip(np.rint(values / tensor.scale) + tensor.zero_point, limits.min, limits.max)
    elif tensor.dtype != "float32":
        raise ModelContractError(f"tensor {tensor.name}: expected float32, int8 or uint8, found {tensor.dtype}")
    table = values.astype(tensor.dtype)
    table.setflags(write=False)
    return table


def to_tensor(image: np.ndarray, spec: ImageInput, tensor: TensorSpec) -> np.ndarray:
    """Turns a BGR uint8 image [h, w, 3] into an input tensor [1, h, w, channels] of the tensor's dtype."""
    if spec.color == "RGB":
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    elif spec.color == "GRAY":
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
    elif spec.color != "BGR":
        raise ModelContractError(f"tensor {tensor.name}: expected color BGR, RGB or GRAY, found {spec.color}")
    channels = input_table(spec, tensor).shape[1]
    if channels not in (1, image.shape[2]):
        raise ModelContractError(
            f"tensor {tensor.name}: expected one mean and std for each of {image.shape[2]} channels of {spec.color}, "
            f"found {channels}"
        )
    return cv2.LUT(image, _lookup(spec, tensor)).reshape(1, *image.shape)


@functools.lru_cache(maxsize=64)
def _lookup(spec: ImageInput, tensor: TensorSpec) -> np.ndarray:
    """The input table as cv2.LUT takes it, [1, 256, channels]; one for all channels, twice as fast, where it can be."""
    table = input_table(spec, tensor)
    if (table == table[:, :1]).all():
        table = table[:, :1]
    return np.ascontiguousarray(table)[None]


def resize_crop(
    crop: np.ndarray, height: int, max_width: int | None = None, stretch: float = 1.0, shrink: str = "linear"
) -> np.ndarray:
    """Scales a crop of a line, BGR uint8 [h, w, 3], to a recogniser's height.

    It becomes max(1, ceil(stretch * height * w / h)) pixels wide, squeezed to `max_width` if that is less; see
    resize_to for `shrink`.
    """
    width = resized_width(crop, height, stretch)
    if max_width is not None:
        width = min(width, max_width)
    return resize_to(crop, height, width, shrink)


def resize_to(crop: np.ndarray, height: int, width: int, shrink: str = "linear") -> np.ndarray:
    """Scales a crop, BGR uint8 [h, w, 3], to [height, width, 3], bilinearly.

    Below half the height or width `shrink` says how: "linear" as otherwise, "area" by means.

    Raises:
        ModelContractError: `shrink` is neither.
    """
    if shrink == "area":
        return _resize(crop, (height, width))
    if shrink != "linear":
        raise ModelContractError(f"expected shrink linear or area, found {shrink!r}; correct the manifest")
    return cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR)


def resized_width(crop: np.ndarray, height: int, stretch: float = 1.0) -> int:
    """The width that `resize_crop` gives a crop [h, w, 3] without a limit."""
    return max(1, math.ceil(stretch * height * crop.shape[1] / crop.shape[0]))


def pad_crop(crop: np.ndarray, width: int, spec: ImageInput) -> np.ndarray:
    """Widens a crop [h, w, 3] on its right to `width` pixels, with the padding that `spec.pad` names.

    Raises:
        ValueError: The crop is wider than `width`.
    """
    missing = width - crop.shape[1]
    if missing < 0:
        raise ValueError(f"expected a crop of at most {width} pixels in width, found {crop.shape[1]}")
    return _extend(crop, 0, 0, missing, spec) if missing else crop


def pad_color(spec: ImageInput) -> tuple[int, int, int]:
    """BGR pixel of a constant padding: black, or for "zero" the pixel nearest to normalized 0."""
    if spec.pad == "black":
        return 0, 0, 0
    if spec.pad != "zero":
        raise ModelContractError(f"expected pad zero, edge or black, found {spec.pad!r}; correct the manifest")
    levels = [int(min(255, max(0, round(mean * 255)))) for mean in spec.mean]
    if len(levels) == 1:
        levels *= 3
    blue, green, red = reversed(levels) if spec.color == "RGB" else levels
    return blue, green, red


def _scale(height: int, width: int, resize: DetectorResize) -> float:
    scale = max(1.0, resize.min_side / min(height, width))
    return min(scale, resize.max_side / max(height, width))


def _stretched(side: int, scale: float, resize: DetectorResize) -> int:
    """The multiple nearest to the scaled side: at least one, and not past max_side."""
    count = round(int(side * scale) / resize.multiple)
    return max(1, min(count, resize.max_side // resize.multiple)) * resize.multiple


def _flat_padding(height: int, width: int) -> int:
    """Rows to add above and as many below, in pixels of the image."""
    if height > FLAT_HEIGHT and width <= FLAT_RATIO * height:
        return 0
    return max(0, 2 * max(width // FLAT_RATIO, FLAT_HEIGHT) - height) // 2


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear; by area below half the size, where bilinear would skip pixels and break thin strokes."""
    height, width = size
    if (height, width) == image.shape[:2]:
        return image
    shrinks = height * 2 < image.shape[0] or width * 2 < image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _place(
    image: np.ndarray, content: tuple[int, int], canvas: tuple[int, int], pad: ImageInput | None, top: int = 0
) -> Resized:
    """Resizes an image to `content` and puts it `top` rows below the top-left of `canvas`; sizes (height, width)."""
    scale_x, scale_y = content[1] / image.shape[1], content[0] / image.shape[0]
    resized = _resize(image, content)
    if content != canvas:
        resized = _extend(resized, top, canvas[0] - content[0] - top, canvas[1] - content[1], pad)
    return Resized(resized, scale_x, scale_y, top / scale_y)


def _extend(image: np.ndarray, top: int, bottom: int, right: int, pad: ImageInput | None) -> np.ndarray:
    if pad is not None and pad.pad == "edge":
        return cv2.copyMakeBorder(image, top, bottom, 0, right, cv2.BORDER_REPLICATE)
    color = (0, 0, 0) if pad is None else pad_color(pad)
    return cv2.copyMakeBorder(image, top, bottom, 0, right, cv2.BORDER_CONSTANT, value=color)
