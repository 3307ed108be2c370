"""What cameras, scanners, printers and files do to a picture; lines and whole scenes go through them alike.

A degradation takes a generator, a BGR uint8 image [H, W, 3], a strength from 0 (barely seen) to 1 (as bad as a person
still reads) and the height of the text in pixels, after which blurs and grains are measured; it returns a new image
of the same shape. What moves pixels is in synthetic.faults.warps.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from synthetic.corpora.figures import read_sections
from synthetic.faults import scans


def relight(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Another exposure, contrast, gamma and colour of light, through one table a channel."""
    levels = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma = np.exp(rng.normal(0, 0.5 * strength))
    gain = 1 - strength * rng.uniform(0, 0.75)
    offset = rng.uniform(0, 1 - gain) if gain < 1 else 0.0
    cast = 1 + rng.normal(0, 0.12 * strength, 3)
    table = np.clip((levels**gamma * gain + offset) * cast * 255, 0, 255).astype(np.uint8)
    return cv2.LUT(image, table[None])


def shading(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Uneven light: darker to one side, or around the middle."""
    field = _slope(rng, image.shape[:2])
    if rng.random() < 0.3:
        field = field * np.abs(field)
    light = 1 + 0.5 * strength * rng.uniform(0.4, 1) * (field - rng.uniform(-0.2, 0.8))
    return _scaled(image, light)


def cast_shadow(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """The shadow of something, with a more or less sharp edge across the picture."""
    distance = (_slope(rng, image.shape[:2]) - rng.uniform(-0.7, 0.7)) * max(image.shape[:2])
    softness = text_height * rng.uniform(0.02, 0.5) + 0.5
    shade = np.clip(distance / softness + 0.5, 0, 1)
    return _scaled(image, 1 - (0.15 + 0.45 * strength) * shade)


def gloss(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """The reflection of a lamp on something smooth: a bright spot or streak that washes out what is under it."""
    height, width = image.shape[:2]
    centre = rng.uniform(0, 1, 2) * (width, height)
    reach = np.maximum(text_height * rng.uniform(0.5, 2.5, 2) * (1 + 2 * (rng.random() < 0.4)), 2)
    x = (np.arange(width, dtype=np.float32) - centre[0]) / reach[0]
    y = (np.arange(height, dtype=np.float32) - centre[1]) / reach[1]
    spot = np.exp(-np.minimum(x[None, :] ** 2 + y[:, None] ** 2, 20)) * (0.2 + 0.45 * strength)
    return _mixed(image, np.float32(255), spot)


def defocus(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Out of focus: a Gaussian of up to 7 % of the text's height."""
    sigma = 0.25 + strength * 0.07 * text_height * rng.uniform(0.5, 1)
    return cv2.GaussianBlur(image, (0, 0), sigma)


def motion_blur(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """A moving camera: a line of up to 22 % of the text's height."""
    length = 1.5 + strength * 0.22 * text_height * rng.uniform(0.5, 1)
    side = 2 * int(np.ceil(length / 2)) + 1
    angle, centre = rng.uniform(0, np.pi), side // 2
    along = np.linspace(-length / 2, length / 2, 4 * side)
    kernel, _, _ = np.histogram2d(
        centre + along * np.sin(angle), centre + along * np.cos(angle), side, [[-0.5, side - 0.5]] * 2
    )
    kernel = (kernel / kernel.sum()).astype(np.float32)
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def low_resolution(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Fewer pixels and back again; of the text's height at least 9 rows are left."""
    height, width = image.shape[:2]
    factor = max(min(1.0, 9 / text_height), 1 - strength * rng.uniform(0.4, 0.85))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    down = (cv2.INTER_AREA, cv2.INTER_LINEAR)[rng.integers(2)]
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[rng.integers(3 if factor > 0.6 else 2)]
    return cv2.resize(cv2.resize(image, size, interpolation=down), (width, height), interpolation=up)


def sharpen(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """The bright and dark seams of a camera that sharpens too much."""
    soft = cv2.GaussianBlur(image, (0, 0), max(0.6, 0.05 * text_height * rng.uniform(0.5, 1)))
    amount = 0.3 + 1.7 * strength
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)


def noise(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Noise of a sensor, grey or coloured, fine or blotchy."""
    height, width = image.shape[:2]
    channels = 1 if rng.random() < 0.5 else 3
    grain = rng.standard_normal((height, width, channels), np.float32) * (1 + 26 * strength * rng.uniform(0.3, 1))
    if rng.random() < 0.4:
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 1)).reshape(height, width, channels) * 1.8
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def color_fringe(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Red and blue a little beside the green, as cheap lenses and printing plates put them."""
    shifts = rng.normal(0, 0.03 * strength * text_height + 0.2, (2, 2))
    result = image.copy()
    for channel, (x, y) in zip((0, 2), np.clip(shifts, -2.5, 2.5), strict=True):
        result[..., channel] = _shifted(image[..., channel], x, y)
    return result


def subpixels(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Letters smoothed over the red, green and blue stripes of a screen: red and blue a third of a pixel aside."""
    third = float(rng.choice([-1, 1])) / 3
    result = image.copy()
    for channel, shift in ((0, third), (2, -third)):
        result[..., channel] = _shifted(image[..., channel], shift, 0)
    return result


def moire(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """The waves and pixel grid of a screen that was photographed."""
    height, width = image.shape[:2]
    angle, period = rng.uniform(0, np.pi), rng.uniform(1.8, 9)
    phase = rng.uniform(0, 6.28, 3).astype(np.float32)
    across = (np.arange(width, dtype=np.float32) * np.cos(angle))[None, :]
    wave = (across + (np.arange(height, dtype=np.float32) * np.sin(angle))[:, None]) * (6.283 / period)
    ripple = np.sin(wave[..., None] + phase * (rng.random() < 0.5))
    return np.clip(image * (1 + (0.04 + 0.16 * strength) * ripple), 0, 255).astype(np.uint8)


def jpeg(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Through a JPEG file of quality 95 down to 15."""
    quality = int(95 - 80 * strength * rng.uniform(0.6, 1))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


_CHANGES = (
    shading,
    cast_shadow,
    gloss,
    scans.scratches,
    defocus,
    motion_blur,
    low_resolution,
    relight,
    color_fringe,
    noise,
    sharpen,
    jpeg,
    scans.creases,
    scans.stains,
    scans.specks,
    scans.bilevel,
    scans.fax,
    subpixels,
    moire,
)
_BY_NAME = {change.__name__: change for change in _CHANGES}


def _chain(entries: list[str]) -> tuple[tuple[Callable, float], ...]:
    return tuple((_BY_NAME[name], float(chance)) for name, chance in map(str.split, entries))


# What happens to a picture on its way, in the order in which it happens, and how often.
CHAINS = {
    name: _chain(entries) for name, entries in read_sections(Path(__file__).with_name("chains.txt"), r" \| ").items()
}


def degrade(rng: np.random.Generator, image: np.ndarray, chain: str, strength: float, text_height: float) -> np.ndarray:
    """Sends a picture through some of the degradations of a chain, each at its own strength; BGR uint8 [H, W, 3].

    Args:
        chain: One of CHAINS: photo, scan, receipt or screen.
        strength: 0 to 1, of all together.
        text_height: Height of the smallest text that is to stay readable, in pixels.
    """
    for change, chance in CHAINS[chain]:
        if rng.random() < chance * (0.4 + 0.6 * strength):
            image = change(rng, image, strength * rng.uniform(0.3, 1), text_height)
    return image


def _shifted(channel: np.ndarray, x: float, y: float) -> np.ndarray:
    matrix = np.float32([[1, 0, x], [0, 1, y]])
    return cv2.warpAffine(channel, matrix, channel.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def _slope(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """[H, W] float32 from -1 to 1 in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, shape[1], dtype=np.float32) * np.cos(angle)
    y = np.linspace(-1, 1, shape[0], dtype=np.float32) * np.sin(angle)
    return ((x[None, :] + y[:, None]) / (abs(np.cos(angle)) + abs(np.sin(angle)))).astype(np.float32)


def _scaled(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def _mixed(image: np.ndarray, color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.clip(image + alpha[..., None] * (color - image), 0, 255).astype(np.uint8)
