"""GIF pictures against Pillow's reader."""

import io
import struct

import numpy as np
import pytest

from tflite_ocr import image, image_gif
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning

Image = pytest.importorskip("PIL.Image", reason="Pillow is the oracle")


def gif(array: np.ndarray, colors: int = 256, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).quantize(colors).save(stream, "GIF", **options)
    return stream.getvalue()


def by_pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[..., ::-1]


@pytest.mark.parametrize("colors", [2, 3, 16, 200, 256])
@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("kind", ["noise", "flat"])
def test_equals_pillow(colors, interlace, kind):
    rng = np.random.default_rng(colors)
    height, width = (int(side) for side in rng.integers(1, 130, 2))
    array = rng.integers(0, 256, (height, width, 3), np.uint8)
    if kind == "flat":
        array[:] = array[:1, :1]
        array[height // 3 :, width // 2 :] = 255 - array[0, 0]
    data = gif(array, colors, interlace=interlace)
    found = image.read(data)
    np.testing.assert_array_equal(found, by_pillow(data))
    broken = bytearray(data)
    broken[13:16] = bytes(255 - byte for byte in broken[13:16])  # the first colour of its palette
    assert (image.read(bytes(broken)) != by_pillow(data)).any()


def test_a_large_table_is_filled_and_cleared():
    array = np.random.default_rng(3).integers(0, 256, (400, 300, 3), np.uint8)
    data = gif(array)
    np.testing.assert_array_equal(image.read(data), by_pillow(data))


def test_the_first_of_several_frames_is_read_and_the_others_told():
    frames = [np.full((9, 12, 3), level, np.uint8) for level in (10, 250, 90)]
    stream = io.BytesIO()
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(stream, "GIF", save_all=True, append_images=others)
    with pytest.warns(PagesLeftOutWarning, match="holds 3 pages or frames, and only the first is read"):
        assert np.abs(image.read(stream.getvalue()).astype(int) - 10).max() <= 2


def test_what_is_transparent_lies_on_white_behind_dark_ink():
    picture = Image.new("P", (20, 10), 0)
    picture.putpalette([255, 0, 255, 0, 0, 0])
    for x in range(5, 15):
        picture.putpixel((x, 5), 1)
    stream = io.BytesIO()
    picture.save(stream, "GIF", transparency=0)
    found = image.read(stream.getvalue())
    assert (found[0] == 255).all() and (found[5, 5:15] == 0).all()


def test_a_frame_smaller_than_its_canvas_lies_where_it_says():
    whole = gif(np.zeros((4, 6, 3), np.uint8), 2)
    at = whole.index(b",\0\0\0\0\6\0\4\0")
    moved = whole[:6] + struct.pack("<HH", 20, 30) + whole[10 : at + 1] + struct.pack("<HH", 3, 7) + whole[at + 5 :]
    found = image_gif.decode(moved)
    opaque = np.zeros((30, 20), bool)
    opaque[7:11, 3:9] = True
    assert ((found[..., 3] == 255) == opaque).all()
    outside = whole[:6] + struct.pack("<HH", 5, 4) + whole[10:]
    with pytest.raises(ImageReadError, match="does not lie on its canvas"):
        image.read(outside)


def test_cut_and_damaged_files_are_refused_or_read():
    rng = np.random.default_rng(8)
    data = gif(rng.integers(0, 256, (40, 50, 3), np.uint8))
    for share in (0.05, 0.5, 0.9):
        with pytest.raises(ImageReadError):
            image.read(data[: int(len(data) * share)])
    for _ in range(300):
        broken = bytearray(data)
        for position in rng.integers(6, len(data), 3):
            broken[position] = rng.integers(0, 256)
        try:
            found = image.read(bytes(broken), max_pixels=1_000_000)
        except ImageReadError:
            continue
        assert found.dtype == np.uint8 and found.ndim == 3
