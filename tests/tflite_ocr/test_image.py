"""Reading images of every kind and damage, resizing and its way back, and the tables of pixel values."""

import importlib.util
import io
import struct
import zlib

import cv2
import numpy as np
import pytest

from tflite_ocr import files, image, image_header
from tflite_ocr.errors import ImageReadError, ModelContractError
from tflite_ocr.manifest import DetectorResize, ImageInput, TensorSpec

COLORS_RGB = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


def stripes() -> np.ndarray:
    """RGB 60x40: a red, a green and a blue stripe, left to right."""
    picture = np.zeros((40, 60, 3), np.uint8)
    for index, color in enumerate(COLORS_RGB):
        picture[:, 20 * index : 20 * index + 20] = color
    return picture


def pillow(picture, kind: str, **options) -> bytes:
    module = pytest.importorskip("PIL.Image", reason="Pillow writes these kinds of image")
    stream = io.BytesIO()
    if isinstance(picture, np.ndarray):
        picture = module.fromarray(picture)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def as_mode(mode: str):
    return pytest.importorskip("PIL.Image").fromarray(stripes()).convert(mode)


def exif(orientation: int):
    block = pytest.importorskip("PIL.Image").Exif()
    block[0x112] = orientation
    return block


def assert_stripes(found: np.ndarray, tolerance: int = 4) -> None:
    assert found.shape == (40, 60, 3) and found.dtype == np.uint8
    for index, color in enumerate(COLORS_RGB):
        seen = found[20, 20 * index + 10, ::-1].astype(int)
        assert np.abs(seen - color).max() <= tolerance


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def easyocr_file(name: str):
    """One module of EasyOCR without its package, which would load torch."""
    package = importlib.util.find_spec("easyocr")
    if package is None:
        pytest.skip("easyocr is the oracle")
    spec = importlib.util.spec_from_file_location(name, f"{package.submodule_search_locations[0]}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- kinds of image ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 95}),
        ("JPEG", "RGB", {"quality": 95, "progressive": True}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True, "exact": True}),
        ("BMP", "RGB", {}),
        ("TIFF", "RGB", {}),
        *(
            ("TIFF", "RGB", {"compression": name})
            for name in ("tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits")
        ),
        ("TIFF", "RGBA", {}),
        ("TIFF", "CMYK", {}),
        ("PPM", "RGB", {}),
    ],
)
def test_reads_colors(kind, mode, options):
    assert_stripes(image.read(pillow(as_mode(mode), kind, **options)), tolerance=6)


# Earlier ones crash on damaged JPEG 2000 files, which are not handed to them, and read no AVIF.
SAFE = tuple(int(part) for part in cv2.__version__.split(".")[:2]) >= (4, 12)
JPEG2000 = pytest.param(".jp2", marks=pytest.mark.skipif(not SAFE, reason="this OpenCV is not given JPEG 2000"))


def test_lossy_webp_and_jpeg2000_read():
    bgr = np.ascontiguousarray(stripes()[..., ::-1])
    webp = image.read(cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 90])[1].tobytes())
    assert_stripes(webp, tolerance=24)
    jpeg2000 = cv2.imencode(".jp2", bgr)[1].tobytes()
    if SAFE:
        assert_stripes(image.read(jpeg2000), tolerance=12)
        return
    with pytest.raises(ImageReadError, match="needs OpenCV 4.12 or later"):
        image.read(jpeg2000)


@pytest.mark.parametrize("options", [{}, {"transparency": 0}])
def test_palette_reads(options):
    palette = pytest.importorskip("PIL.Image").fromarray(stripes()).convert("P", dither=0)
    if options:
        options = {"transparency": palette.getpixel((10, 20))}  # the red stripe disappears
    found = image.read(pillow(palette, "PNG", **options))
    expected = np.asarray(palette.convert("RGB"))[20, :, ::-1]
    assert (found[20, 20:] == expected[20:]).all()
    assert (found[20, :20] == ([255] * 3 if options else expected[:20])).all()


@pytest.mark.parametrize("mode", ["L", "LA", "1", "I;16"])
def test_grey_reads_as_three_equal_channels(mode):
    grey = np.asarray(as_mode("L"))
    if mode == "I;16":
        data = pillow(grey.astype(np.uint16) * 257, "PNG")
    else:
        data = pillow(as_mode(mode), "PNG")
    found = image.read(data)
    expected = np.asarray(as_mode("1")) * np.uint8(255) if mode == "1" else grey
    assert (found == expected[..., None]).all()


def test_a_grey_file_reads_as_opencv_reads_it_in_color():
    rng = np.random.default_rng(5)
    for picture, suffix in (
        (rng.integers(0, 256, (31, 45), np.uint8), ".png"),
        (rng.integers(0, 256, (31, 45), np.uint8), ".jpg"),
        (rng.integers(0, 65536, (31, 45), np.uint16), ".png"),
    ):
        data = cv2.imencode(suffix, picture)[1].tobytes()
        assert image_header.parse(data).grey
        np.testing.assert_array_equal(image.read(data), cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
        assert not image_header.parse(cv2.imencode(suffix, np.dstack([picture] * 3))[1].tobytes()).grey


def test_16_bit_keeps_the_upper_byte():
    bgr = np.ascontiguousarray(stripes()[..., ::-1]).astype(np.uint16) * 256 + 77
    assert_stripes(image.read(cv2.imencode(".png", bgr)[1].tobytes()), 0)
    assert_stripes(image.read(cv2.imencode(".tiff", bgr)[1].tobytes()), 0)
    with_alpha = np.dstack([bgr, np.full((40, 60), 65535, np.uint16)])
    assert_stripes(image.read(cv2.imencode(".png", with_alpha)[1].tobytes()), 0)


@pytest.mark.parametrize(("ink", "background"), [(0, 255), (255, 0)])
@pytest.mark.parametrize("suffix", [".png", ".webp", "TIFF", "array"])
def test_transparency_lies_on_a_contrasting_ground(ink, background, suffix):
    bgra = np.zeros((20, 20, 4), np.uint8)
    bgra[5:15, 5:15] = (ink, ink, ink, 255)
    if suffix == "array":
        found = image.read(bgra)
    elif suffix == "TIFF":
        found = image.read(pillow(bgra, "TIFF"))
    else:
        found = image.read(cv2.imencode(suffix, bgra, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes())
    assert (found[5:15, 5:15] == ink).all()
    assert (found[0] == background).all()


def test_half_transparent_pixels_mix_with_the_ground():
    bgra = np.full((4, 4, 4), (100, 50, 0, 128), np.uint8)
    expected = np.rint(np.array([100, 50, 0]) * 128 / 255 + 255 * 127 / 255)
    assert np.abs(image.read(bgra)[0, 0] - expected).max() <= 1


def test_an_alpha_channel_that_nobody_filled_is_ignored():
    bgra = np.dstack([stripes()[..., ::-1], np.zeros((40, 60), np.uint8)])
    assert_stripes(image.read(bgra), 0)


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), *((k, m) for k in ("PNG", "WEBP", "TIFF") for m in ("RGB", "RGBA"))]
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_upright(kind, mode, orientation):
    upright = stripes()
    upright[:20] //= 2  # all four corners differ
    # Stored as a camera does that is held so; the inverse of what a reader has to do.
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    picture = pytest.importorskip("PIL.Image").fromarray(np.ascontiguousarray(stored)).convert(mode)
    options = {"exif": exif(orientation)}
    if kind == "WEBP":
        options["lossless"] = True
    if kind == "JPEG":
        options["quality"] = 95
    found = image.read(pillow(picture, kind, **options))
    assert found.shape == (40, 60, 3)
    for y in (5, 35):
        for x in (10, 30, 50):
            assert np.abs(found[y, x, ::-1].astype(int) - upright[y, x]).max() <= 6


def test_bmp_stored_from_the_top_reads():
    pixels = np.ascontiguousarray(stripes()[..., ::-1]).tobytes()
    header = b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
    header += struct.pack("<IiiHHIIiiII", 40, 60, -40, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    assert_stripes(image.read(header + pixels), 0)


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1), (40, 60, 3)])
def test_arrays_read(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = image.read(array)
    assert found.shape == (40, 60, 3)
    assert (found == array.reshape(40, 60, -1)).all()


def test_a_flipped_array_reads():
    array = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    assert (image.read(array[::-1, ::-1]) == array[::-1, ::-1]).all()


def test_path_bytes_and_streams_give_the_same(tmp_path):
    data = cv2.imencode(".png", stripes())[1].tobytes()
    path = tmp_path / "Bild ö.png"
    path.write_bytes(data)
    with open(path, "rb") as stream:
        sources = [path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), stream]
        for source in sources:
            assert (image.read(source) == stripes()).all()


# --- bad input --------------------------------------------------------------------------------------------


def test_paths_that_hold_no_image(tmp_path):
    empty, text, pdf = tmp_path / "empty.png", tmp_path / "text.png", tmp_path / "scan.jpg"
    empty.write_bytes(b"")
    text.write_text("Grüße, this is no image\n" * 40, encoding="utf-8")
    pdf.write_bytes(b"%PDF-1.7\n\xff\xfe")
    sparse = tmp_path / "sparse.png"
    with sparse.open("wb") as file:  # not read at all: it would take a gigabyte of memory
        file.truncate(1 << 40)
    expected = {
        tmp_path / "absent.png": "nothing at this path",
        tmp_path: "directory",
        empty: "0 bytes",
        text: "found text",
        pdf: "PDF",
        "a\0b.png": "cannot be read",
        "x" * 5000: "cannot be read",
        sparse: "more than",
    }
    messages = set()
    for path, words in expected.items():
        with pytest.raises(ImageReadError, match=words) as caught:
            image.read(path)
        messages.add(str(caught.value))
    assert len(messages) == len(expected)


def test_unknown_bytes_and_objects():
    with pytest.raises(ImageReadError, match="unknown data starting with ff 00"):
        image.read(b"\xff\x00" * 600)
    with pytest.raises(ImageReadError, match="found NoneType"):
        image.read(None)
    with pytest.raises(ImageReadError, match="binary mode"):
        image.read(io.StringIO("text"))


class Trickle(io.RawIOBase):
    """Gives two bytes at a time, and in the end an error or nothing."""

    def __init__(self, data, error=None):
        self.data, self.error = io.BytesIO(data), error

    def read(self, size=-1):
        piece = self.data.read(2)
        if not piece and self.error:
            raise self.error
        return piece


def test_streams_in_small_pieces_and_their_own_errors():
    data = cv2.imencode(".png", stripes())[1].tobytes()
    assert (image.read(Trickle(data)) == stripes()).all()
    with pytest.raises(ImageReadError, match="binary mode"):
        image.read(io.StringIO("text" * 10))
    for error in (RuntimeError("two\nlines"), EOFError(), zlib.error("damaged")):
        reason = str(error).replace("\n", ".n") or "EOFError"
        with pytest.raises(ImageReadError, match=f"cannot be read: {reason}") as caught:
            image.read(Trickle(data[:20], error))
        assert "\n" not in str(caught.value)
    with pytest.raises(OSError, match="more than 9 bytes"):
        files.read_limited(Trickle(data), 9, "it")
    assert files.read_limited(Trickle(data[:9]), 9, "it") == data[:9]


def test_a_pillow_image_without_pixels():
    pillow = pytest.importorskip("PIL.Image", reason="an image of Pillow's is read")
    with pytest.raises(ImageReadError, match="at least one pixel, found 0x3"):
        image.read(pillow.new("RGB", (0, 3)))


def noise() -> np.ndarray:
    small = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    return cv2.resize(small, (400, 300), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff", JPEG2000])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
def test_truncated_files_are_refused(suffix, share):
    data = cv2.imencode(suffix, noise())[1].tobytes()
    assert image.read(data).shape == (300, 400, 3)
    with pytest.raises(ImageReadError):
        image.read(data[: int(len(data) * share)])


def test_a_jpeg_whose_thumbnail_is_whole_and_whose_scan_is_cut_is_refused():
    thumbnail = cv2.imencode(".jpg", noise()[:16, :16])[1].tobytes()
    assert thumbnail.endswith(b"\xff\xd9")
    body = cv2.imencode(".jpg", noise())[1].tobytes()
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    whole = body[:2] + segment + body[2:]
    assert image_header.parse(whole).width == 400
    assert image.read(whole).shape == (300, 400, 3)
    assert not image_header.parse(whole[:-20]).complete
    with pytest.raises(ImageReadError, match="truncated"):
        image.read(whole[:-20])


def test_bytes_after_the_end_do_no_harm():
    for suffix in (".jpg", ".png"):
        data = cv2.imencode(suffix, noise())[1].tobytes()
        assert image.read(data + b"trailer" * 50).shape == (300, 400, 3)


def test_damaged_headers_never_escape_as_other_errors():
    rng = np.random.default_rng(0)
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".tiff", ".ppm"):
        data = bytearray(cv2.imencode(suffix, noise()[:20, :20])[1].tobytes())
        for _ in range(40):
            broken = bytearray(data)
            for position in rng.integers(4, min(len(data), 80), 3):
                broken[position] = rng.integers(0, 256)
            try:
                found = image.read(bytes(broken), max_pixels=10_000)
            except ImageReadError:
                continue
            assert found.dtype == np.uint8 and found.size <= 30_000


@pytest.mark.parametrize("build", ["png", "bmp", "gif", "webp", "tiff", "jpeg", "ppm", "jp2"])
def test_bombs_are_refused_before_decoding(build, monkeypatch):
    tags = ((256, 60000), (257, 60000))
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags)
    data = {
        "png": png_bomb(60000, 60000),
        "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 60000, -60000) + bytes(100),
        "gif": b"GIF89a" + struct.pack("<HHBBB", 60000, 60000, 0, 0, 0) + b"," + bytes(9) + b"\2\0;",
        "webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + (16000).to_bytes(3, "little") * 2,
        "tiff": tiff,
        "jpeg": b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 60000, 60000) + bytes(12) + b"\xff\xda",
        "ppm": b"P6\n# a comment\n60000 60000\n255\n",
        "jp2": b"\xff\x4f\xff\x51"
        + bytes(4)
        + struct.pack(">IIIIIIIIHBBB", 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1, 7, 1, 1),
    }[build]
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ImageReadError, match=r"at most 178956970 pixels, found (60000x60000|16001x16001)"):
        image.read(data)


def test_pixel_limit_is_exact():
    data = cv2.imencode(".png", np.zeros((10, 10, 3), np.uint8))[1].tobytes()
    assert image.read(data, max_pixels=100).shape == (10, 10, 3)
    for source in (data, np.zeros((10, 10), np.uint8)):
        with pytest.raises(ImageReadError, match="at most 99 pixels"):
            image.read(source, max_pixels=99)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((4, 4, 3), np.nan, np.float32), "NaN"),
        (np.zeros((4, 4, 3), np.float64), "float64"),
        (np.zeros((4, 4), bool), "bool"),
        (np.zeros((4, 4), np.uint16), "uint16"),
        (np.zeros((4, 4), object), "object"),
        (np.zeros(4, np.uint8), r"shape \(4,\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"shape \(2, 4, 4, 3\)"),
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
    ],
)
def test_arrays_that_are_no_images(array, words):
    with pytest.raises(ImageReadError, match=words):
        image.read(array)


# --- resizing ---------------------------------------------------------------------------------------------

PAGE = DetectorResize(min_side=736, max_side=2000)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 905), (736, 1376)),  # shorter side enlarged to 736, 905 * 736 / 480 = 1387.7 -> 43 * 32
        ((736, 736), (736, 736)),
        ((1000, 754), (992, 768)),  # nothing to scale: nearest multiples (31.25, 23.56)
        ((4000, 3000), (1984, 1504)),  # 2000 / 32 = 62.5 goes to the even 62
        ((500, 3000), (320, 1984)),  # max_side wins over min_side
        ((1, 1), (1984, 32)),
        ((10, 20000), (512, 1984)),  # flat: padded to 5000 rows, then reduced
    ],
)
def test_stretch_sizes_by_hand(size, expected):
    found = image.resize_for_detector(np.zeros((*size, 3), np.uint8), PAGE)
    assert found.image.shape == (*expected, 3)


def test_stretch_equals_rapidocr():
    utils = pytest.importorskip("rapidocr.ch_ppocr_det.utils", reason="rapidocr is the oracle")
    oracle = utils.DetPreProcess(limit_side_len=736, limit_type="min")
    rng = np.random.default_rng(0)
    for height, width in rng.integers(100, 700, (12, 2)):
        if width > image.FLAT_RATIO * height:
            continue
        picture = rng.integers(0, 256, (height, width, 3), np.uint8)
        expected = oracle.resize(picture)
        found = image.resize_for_detector(picture, DetectorResize(736, 100_000))
        assert (found.image == expected).all()
        broken = image.resize_for_detector(picture, DetectorResize(704, 100_000))
        assert broken.image.shape != expected.shape


def test_pad_equals_easyocr():
    imgproc = easyocr_file("imgproc")
    rng = np.random.default_rng(0)
    for (height, width), limit in (((70, 130), 2560), ((130, 70), 100), ((300, 211), 256), ((64, 96), 2560)):
        picture = rng.integers(0, 256, (height, width, 3), np.uint8)
        expected, ratio, _ = imgproc.resize_aspect_ratio(picture, limit, cv2.INTER_LINEAR)
        found = image.resize_for_detector(picture, DetectorResize(1, limit, fit="pad"))
        assert (found.image == expected).all()
        assert found.scale_x == pytest.approx(ratio, abs=1 / min(height, width))
        if (height, width) != (64, 96):  # a multiple already: nothing to pad or to stretch
            stretched = image.resize_for_detector(picture, DetectorResize(1, limit))
            assert stretched.image.shape != expected.shape or (stretched.image != expected).any()


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (20000, 10), (10, 20000), (31, 31), (333, 777), (25, 60)])
def test_every_size_gives_bounded_multiples(size, fit):
    for resize in (PAGE, DetectorResize(1, 2560, fit=fit), DetectorResize(736, 1000, 64, fit)):
        found = image.resize_for_detector(np.zeros((*size, 3), np.uint8), resize)
        for side in found.image.shape[:2]:
            assert side % resize.multiple == 0
            assert 0 < side < resize.max_side + resize.multiple


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("size", [(300, 500), (60, 900), (20, 100), (1500, 2600), (700, 90)])
def test_restore_finds_what_was_drawn(size, fit):
    height, width = size
    picture = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = width // 4, height // 4, width // 2, height // 2
    picture[top:bottom, left:right] = 255
    found = image.resize_for_detector(picture, DetectorResize(736, 2000, fit=fit))
    rows, columns = np.nonzero(found.image[..., 0] > 127)
    corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]])
    restored = found.restore(corners)
    tolerance = max(1 / found.scale_x, 1 / found.scale_y, 1) + 0.1
    assert np.abs(restored - [[left, top], [right, bottom]]).max() <= tolerance
    shifted = found.restore(corners + 8)
    assert np.abs(shifted - [[left, top], [right, bottom]]).max() > 0.5 / max(found.scale_x, found.scale_y)


def test_flat_images_get_room_above_and_below():
    picture = np.full((60, 900, 3), 255, np.uint8)
    found = image.resize_for_detector(picture, PAGE)
    assert found.image.shape == (512, 1984, 3)  # 224 rows in all at scale 2000 / 900: 497 / 32 = 15.5 -> 16
    rows = np.nonzero(found.image[:, 0, 0])[0]
    assert abs(rows[0] - (511 - rows[-1])) <= 1
    assert found.offset_y == pytest.approx(82, abs=1)  # (2 * (900 // 8) - 60) // 2
    assert image.resize_for_detector(np.full((113, 900, 3), 255, np.uint8), PAGE).offset_y == 0


def test_large_reductions_keep_thin_strokes():
    picture = np.full((4096, 4096, 3), 255, np.uint8)
    picture[:, 1::8] = 0
    found = image.resize_for_detector(picture, DetectorResize(1, 512))
    assert (found.image < 255).all()


def test_fit_canvas_keeps_aspect_and_pads():
    picture = np.full((100, 200, 3), 255, np.uint8)
    spec = ImageInput("RGB", (0.2, 0.4, 0.6), (1.0, 1.0, 1.0), pad="zero")
    found = image.fit_canvas(picture, (320, 320), DetectorResize(1, 2000), spec)
    assert (found.scale_x, found.scale_y) == (1, 1)  # min_side does not ask for more
    assert (found.image[:100, :200] == 255).all()
    assert (found.image[100:] == (153, 102, 51)).all()  # BGR of the RGB mean
    larger = image.fit_canvas(picture, (320, 320), DetectorResize(150, 2000))
    assert (larger.scale_x, larger.scale_y) == (1.5, 1.5)
    smaller = image.fit_canvas(picture, (64, 64), DetectorResize(150, 2000))
    assert smaller.image.shape == (64, 64, 3)
    assert (smaller.image[:32] == 255).all() and (smaller.image[33:] == 0).all()
    thin = image.fit_canvas(np.zeros((1, 5000, 3), np.uint8), (64, 64), PAGE)
    assert thin.image.shape == (64, 64, 3)


# --- tensors ----------------------------------------------------------------------------------------------

RGB = ImageInput("RGB", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
FLOAT = TensorSpec("x", (1, 32, 48, 3), "float32")
INT8 = TensorSpec("x", (1, 32, 48, 3), "int8", 0.0187, -14)


def test_table_by_hand():
    half = ImageInput("BGR", (0.5,) * 3, (0.5,) * 3)
    assert np.allclose(image.input_table(half, FLOAT)[[0, 51, 255]], [[-1] * 3, [-0.6] * 3, [1] * 3])
    full_range = TensorSpec("x", (1,), "int8", 2 / 255, 0)
    assert image.input_table(half, full_range)[[0, 255], 0].tolist() == [-128, 127]  # -127.5 to even, 127.5 clipped
    plain = ImageInput("BGR", (0.0,) * 3, (1.0,) * 3)
    table = image.input_table(plain, TensorSpec("x", (1,), "int8", 1 / 255, -128))
    assert (table[:, 0] == np.arange(256) - 128).all()


@pytest.mark.parametrize("color", ["BGR", "RGB", "GRAY"])
@pytest.mark.parametrize("tensor", [FLOAT, INT8])
def test_tensor_equals_arithmetic(color, tensor):
    picture = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    count = 1 if color == "GRAY" else 3
    spec = ImageInput(color, RGB.mean[:count], RGB.std[:count])
    ordered = {"BGR": picture, "RGB": picture[..., ::-1]}.get(color)
    if ordered is None:
        ordered = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None]
    expected = (ordered / 255 - spec.mean) / spec.std
    found = image.to_tensor(picture, spec, tensor)
    assert found.shape == (1, 32, 48, count) and found.dtype == tensor.dtype and found.flags.c_contiguous
    if tensor is INT8:
        real = (found[0].astype(float) - INT8.zero_point) * INT8.scale
        assert np.abs(real - expected).max() <= INT8.scale / 2 + 1e-6
    else:
        assert np.abs(found[0] - expected).max() < 1e-6
        if color != "GRAY":
            swapped = (ordered[..., ::-1] / 255 - spec.mean) / spec.std
            assert np.abs(found[0] - swapped).max() > 0.1


def test_one_table_and_three_equal_ones_agree():
    picture = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    shared = image.to_tensor(picture, ImageInput("RGB", (0.5,), (0.5,)), FLOAT)
    assert (shared == image.to_tensor(picture, ImageInput("RGB", (0.5,) * 3, (0.5,) * 3), FLOAT)).all()


def test_tables_are_not_writable():
    with pytest.raises(ValueError, match="read-only"):
        image.input_table(RGB, INT8)[0, 0] = 1


@pytest.mark.parametrize(
    ("spec", "tensor", "words"),
    [
        (RGB, TensorSpec("x", (1,), "int16", 0.1), "int16"),
        (RGB, TensorSpec("x", (1,), "int8"), "scale above 0"),
        (ImageInput("HSV", (0.0,) * 3, (1.0,) * 3), FLOAT, "HSV"),
        (ImageInput("RGB", (0.0,) * 2, (1.0,) * 2), FLOAT, "3 channels of RGB, found 2"),
    ],
)
def test_contract_breaches(spec, tensor, words):
    with pytest.raises(ModelContractError, match=words):
        image.to_tensor(np.zeros((8, 8, 3), np.uint8), spec, tensor)


# --- crops ------------------------------------------------------------------------------------------------


def test_crops_keep_their_aspect():
    assert image.resize_crop(np.zeros((20, 101, 3), np.uint8), 48).shape == (48, 243, 3)  # ceil(242.4)
    assert image.resize_crop(np.zeros((500, 1, 3), np.uint8), 48).shape == (48, 1, 3)
    assert image.resize_crop(np.zeros((20, 101, 3), np.uint8), 48, max_width=100).shape == (48, 100, 3)


def test_crops_are_shrunk_as_the_manifest_says():
    stripes = np.zeros((90, 60, 3), np.uint8)
    stripes[::3] = 240  # every third row: their mean is 80
    assert (image.resize_to(stripes, 30, 20, "area") == 80).all()
    linear = image.resize_crop(stripes, 30)  # the middle of three rows alone
    assert (linear == image.resize_to(stripes, 30, 20, "linear")).all() and (linear == 0).all()
    half = image.resize_to(stripes, 45, 30, "area")  # only below the half
    assert (half == image.resize_to(stripes, 45, 30)).all() and half.std() > 10
    with pytest.raises(ModelContractError, match="linear or area, found 'cubic'"):
        image.resize_to(stripes, 30, 20, "cubic")


def test_crop_padding():
    crop = np.full((4, 3, 3), 7, np.uint8)
    crop[:, -1] = 9
    zero = ImageInput("RGB", (0.2, 0.4, 0.6), (1.0, 1.0, 1.0), pad="zero")
    assert (image.pad_crop(crop, 5, zero)[:, 3:] == (153, 102, 51)).all()
    assert (image.pad_crop(crop, 5, ImageInput("GRAY", (0.5,), (0.5,), pad="zero"))[:, 3:] == 128).all()
    assert (image.pad_crop(crop, 5, ImageInput("BGR", (0.5,), (0.5,), pad="black"))[:, 3:] == 0).all()
    assert (image.pad_crop(crop, 5, ImageInput("BGR", (0.5,), (0.5,), pad="edge"))[:, 3:] == 9).all()
    assert (image.pad_crop(crop, 5, zero)[:, :3] == crop).all()
    assert image.pad_crop(crop, 3, zero) is crop
    with pytest.raises(ValueError, match="at most 2 pixels"):
        image.pad_crop(crop, 2, zero)
    with pytest.raises(ModelContractError, match="mirror"):
        image.pad_crop(crop, 5, ImageInput("BGR", (0.5,), (0.5,), pad="mirror"))


def test_boxes_and_chunks_that_say_more_than_there_can_be_are_damage():
    huge = [
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\1jp2h" + b"\xff" * 8,
        b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\1free" + b"\x7f" + b"\xff" * 7 + bytes(40),
        b"\0\0\0\x1cftypavif" + b"\0\0\0\1meta" + b"\xff" * 8 + bytes(40),
        b"II*\0\xff\xff\xff\xff" + bytes(40),
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + bytes(40),
    ]
    for data in huge:
        with pytest.raises(ImageReadError, match="damaged one"):
            image.read(data)
