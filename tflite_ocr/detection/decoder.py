"""What every decoder of a detector's outputs has in common."""

import abc
from typing import ClassVar, NamedTuple

import numpy as np

Found = tuple[np.ndarray, np.ndarray]


class Placing(NamedTuple):
    """Arguments of Decoder.decode beside the maps."""

    scale: float
    to_image: tuple[float, float]
    image_size: tuple[int, int] | None


class Decoder(abc.ABC):
    """Turns the outputs of a detector into quads. One is a frozen dataclass of its options, for many threads.

    Attributes:
        normalized: Whether coordinates are shares of the network's canvas, and no pixels of a map.
    """

    normalized: ClassVar[bool] = False

    def decode(
        self,
        maps: np.ndarray,
        scale: float = 1.0,
        to_image: tuple[float, float] = (1.0, 1.0),
        image_size: tuple[int, int] | None = None,
    ) -> Found:
        """Finds the text of one image.

        Args:
            maps: Layout and dtypes are those of the decoder; a value is maps * scale.
            scale: See maps; 1/256 or 1/255 for the usual uint8 map.
            to_image: (x, y) factors from map pixels to image pixels; the canvas's size in pixels of the image for a
                decoder that is `normalized`.
            image_size: (width, height) in pixels to which quads are clipped; the whole map by default.

        Returns:
            quads: float32 [N, 4, 2], (x, y) in image pixels, clockwise from the top-left corner.
            scores: float32 [N]; of what, each decoder says.

        Raises:
            ModelContractError: maps has another shape or dtype.
        """
        return self._decode(maps, Placing(scale, to_image, image_size))

    @abc.abstractmethod
    def _decode(self, maps: np.ndarray, placing: Placing) -> Found: ...
