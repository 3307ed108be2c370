"""Samples that are no plain bytes, transparency with inks of both kinds, pages, Pillow images, and what is no file."""

import io
import os
import socket
import threading
import warnings

import cv2
import numpy as np
import pytest

from tests.hostile_images import animated_png, samples_tiff
from tflite_ocr import image, image_limits, image_samples
from tflite_ocr.errors import ImageReadError, PagesLeftOutWarning

SAFE = tuple(int(part) for part in cv2.__version__.split(".")[:2]) >= (4, 12)


def ramp(height: int = 20, width: int = 256) -> np.ndarray:
    return np.tile(np.linspace(0, 1, width), (height, 1))


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".pgm"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_samples_are_as_bright_as_the_bits_in_use(bits, suffix, channels):
    if suffix == ".pgm" and channels == 3:
        suffix = ".ppm"
    samples = np.rint(ramp() * ((1 << bits) - 1)).astype(np.uint16)
    picture = samples if channels == 1 else np.dstack([samples] * 3)
    found = image.read(cv2.imencode(suffix, picture)[1].tobytes())
    assert (found == (samples >> bits - 8)[..., None]).all()


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([-3.0, -3.0], [0, 0]),
        ([1000.0, 1000.0], [0, 0]),
        ([-1e308, 1e308], [0, 255]),
        ([-1.7e308, 0.0, 1.7e308], [0, 128, 255]),
        ([-5e-324, 0.0], [0, 0]),
        ([-4e-300, -2e-300, 0.0], [0, 128, 255]),
        ([np.nan, np.inf, -np.inf, -1.0, 3.0], [64, 255, 0, 0, 255]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_numbers_at_the_edge_of_what_they_can_say(numbers, expected):
    """The range of a picture may be nothing, or larger than a number can be."""
    assert image_samples.to_bytes(np.array([numbers])).tolist() == [expected]
    opaque = np.repeat(np.array([numbers])[..., None], 4, axis=2)
    opaque[..., 3] = 5e-324
    assert image_samples.to_bytes(opaque)[..., 0].tolist() == [expected]


def test_a_picture_of_one_negative_number():
    samples = np.full((9, 8, 4), -99, np.float32)
    assert image.read(samples_tiff(samples, 3, alpha=True)).shape == (9, 8, 3)


def test_opacity_of_16_bits_has_bits_of_its_own():
    samples = np.full((8, 8, 4), 900, np.uint16)  # ten bits of colour, opaque at sixteen
    samples[..., 3] = 65535
    samples[0, 0, 3] = 0
    found = image.read(cv2.imencode(".png", samples)[1].tobytes())
    assert (found[4] == 900 >> 2).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (-40, 3000), (0, 1e-3)])
def test_floats_become_bytes(dtype, channels, low, high):
    values = (low + ramp() * (high - low)).astype(dtype)
    array = np.dstack([values] * channels) if channels > 1 else values[..., None].copy()
    if channels == 4:
        array[..., 3] = 1.0
    expected = np.rint(ramp() * (255 if high != 1e-3 else 0.255))  # within 0..1: black stays black
    found = image.read(samples_tiff(array, 3, alpha=channels == 4))
    assert found.dtype == np.uint8 and found.shape == (20, 256, 3)
    assert np.abs(found - expected[..., None]).max() <= 1


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_signed_samples_never_escape_as_another_type(dtype, channels):
    rng = np.random.default_rng(2)
    limits = np.iinfo(dtype)
    array = rng.integers(limits.min, limits.max, (48, 40, channels), dtype)
    try:
        found = image.read(samples_tiff(array, 2, alpha=channels in (2, 4)))
    except ImageReadError:
        return
    assert found.dtype == np.uint8 and found.shape == (48, 40, 3)


def test_not_a_number_and_infinity_become_bytes():
    array = np.float32([[np.nan, np.inf, -np.inf, 0.5] * 8] * 8)
    found = image_samples.to_bytes(array.copy())
    assert found.dtype == np.uint8 and found[0, 3] == 128


def test_both_inks_stand_out():
    bgra = np.zeros((60, 200, 4), np.uint8)
    cv2.putText(bgra, "dark", (5, 40), 0, 1, (0, 0, 0, 255), 3)
    cv2.putText(bgra, "light", (100, 40), 0, 1, (255, 255, 255, 255), 3)
    found = image.read(cv2.imencode(".png", bgra)[1].tobytes())
    background = int(found[0, 0, 0])
    assert 90 <= background <= 165
    assert (image.read(bgra) == found).all()  # in a memory of its own or not
    assert (bgra[..., 3][found[..., 0] == background] == 0).mean() > 0.99
    only = bgra.copy()
    only[:, 100:] = 0
    assert (image.read(only)[0, 0] == 255).all()


@pytest.mark.parametrize("size", [(700, 900), (3, 4), (1, 70_000), (5000, 7)])
def test_pieces_of_a_picture_give_what_the_whole_gives(size):
    rng = np.random.default_rng(size[0])
    bgra = rng.integers(0, 256, (*size, 4), np.uint8)
    bgra[..., :3] //= 3
    cover = bgra[..., 3:].astype(float) / 255
    expected = np.rint(bgra[..., :3] * cover + 255 * (1 - cover))
    given = bgra.copy()
    assert np.abs(image.read(bgra) - expected).max() <= 1.01
    assert (given == bgra).all()
    found = image_samples.flatten(given, image_samples.in_place(given))
    assert np.shares_memory(found, given) and np.abs(found - expected).max() <= 1.01


def test_further_pages_are_told():
    pillow = pytest.importorskip("PIL.Image")
    pages = [pillow.fromarray(np.full((9, 12, 3), level, np.uint8)) for level in (10, 250)]
    for kind, options in (
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("PNG", {}),
    ):
        stream = io.BytesIO()
        pages[0].save(stream, kind, save_all=True, append_images=pages[1:], **options)
        with pytest.warns(PagesLeftOutWarning, match="holds 2 pages") as caught:
            assert (image.read(stream.getvalue()) == 10).all()
        assert caught[0].message.pages == 2
        one = io.BytesIO()
        pages[0].save(one, kind, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image.read(one.getvalue())


def test_an_animated_png_is_read_as_its_still_picture():
    import zlib

    rows = (b"\0" + bytes([7]) * 90) * 30
    with pytest.warns(PagesLeftOutWarning):
        assert (image.read(animated_png(30, zlib.compress(rows))) == 7).all()


@pytest.mark.skipif(not SAFE, reason="this OpenCV reads no AVIF")
def test_avif_reads_and_its_sizes_must_agree():
    bgr = cv2.resize(np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8), (210, 150))
    data = cv2.imencode(".avif", bgr, [cv2.IMWRITE_AVIF_QUALITY, 95])[1].tobytes()
    assert np.abs(image.read(data).astype(int) - bgr).mean() < 6
    at = data.index(b"ispe") + 8
    smaller = data[:at] + (10).to_bytes(4, "big") * 2 + data[at + 8 :]
    with pytest.raises(ImageReadError, match="size 10x10, its stream 210x150"):
        image.read(smaller)
    for end in (30, 120, len(data) // 2):
        with pytest.raises(ImageReadError):
            image.read(data[:end])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_pillow_images_read_as_their_files_do(mode):
    pillow = pytest.importorskip("PIL.Image")
    grey = np.rint(ramp() * 255).astype(np.uint8)
    if mode == "I;16":
        picture = pillow.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "F":
        picture = pillow.fromarray(grey.astype(np.float32))
    else:
        picture = pillow.fromarray(np.dstack([grey] * 3)).convert(mode, **({"dither": 0} if mode in "1P" else {}))
    found = image.read(picture)
    assert found.dtype == np.uint8 and found.shape == (20, 256, 3)
    wanted = np.where(grey > 127, 255, 0) if mode == "1" else grey
    assert np.abs(found.astype(int) - wanted[..., None]).max() <= (30 if mode == "P" else 1)
    turned = pillow.Exif()
    turned[0x112] = 6
    if mode == "RGB":
        stream = io.BytesIO()
        picture.save(stream, "PNG", exif=turned)
        assert (image.read(pillow.open(stream)) == image.read(stream.getvalue())).all()


def test_a_damaged_file_in_a_pillow_image_is_ours_to_tell():
    pillow = pytest.importorskip("PIL.Image")
    data = cv2.imencode(".png", np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))[1].tobytes()
    with pytest.raises(ImageReadError, match="cannot be decoded"):
        image.read(pillow.open(io.BytesIO(data[:9000])))


# --- what is no regular file ------------------------------------------------------------------------------------------


def test_pipes_sockets_and_devices_are_refused_at_once(tmp_path):
    fifo, address = tmp_path / "fifo.png", str(tmp_path / "socket.png")
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        for path, kind in ((fifo, "pipe"), (address, "socket"), ("/dev/zero", "device"), ("/dev/full", "device")):
            with pytest.raises(ImageReadError, match=f"a {kind}, no regular file"):
                image.read(path)
        (tmp_path / "link.png").symlink_to(fifo)
        with pytest.raises(ImageReadError, match="a pipe, no regular file"):
            image.read(tmp_path / "link.png")


def test_files_and_streams_have_a_largest_size(tmp_path, monkeypatch):
    monkeypatch.setattr("tflite_ocr.image_read.decoding_bytes", lambda: 5000)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG" + bytes(6000))
    with pytest.raises(ImageReadError, match="more than 5000 bytes"):
        image.read(path)
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: os.write(write, bytes(60_000)))
    writer.start()
    with open(read, "rb") as stream, pytest.raises(ImageReadError, match="more than 5000 bytes"):
        image.read(stream)
    writer.join()
    os.close(write)


def test_the_limit_follows_the_machine(monkeypatch):
    data = cv2.imencode(".png", np.zeros((1000, 1000, 3), np.uint8))[1].tobytes()
    assert image_limits.machine_bytes() >= image_limits.decoding_bytes() > 100_000_000
    assert image.read(data).shape == (1000, 1000, 3)
    image_limits.decoding_bytes.cache_clear()
    monkeypatch.setattr(image_limits, "machine_bytes", lambda: 11_000_000)
    try:
        with pytest.raises(ImageReadError, match="decoded in 6 MB, found a PNG of 1000x1000 that takes 6 MB"):
            image.read(data)
    finally:
        image_limits.decoding_bytes.cache_clear()


def test_messages_are_one_printable_line(tmp_path):
    for name in ("new\nline.png", "esc\x1b[31m.png", "sur\udcff.png", "left‮to.png"):
        with pytest.raises(ImageReadError) as caught:
            image.read(tmp_path / name)
        assert str(caught.value).isprintable()
        (tmp_path / name).write_bytes(b"no image")
        with pytest.raises(ImageReadError) as caught:
            image.read(tmp_path / name)
        assert str(caught.value).isprintable()
