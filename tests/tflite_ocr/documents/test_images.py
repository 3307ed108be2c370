"""Image files of many pages and frames, against what Pillow and OpenCV make of them."""

import io
import struct
import subprocess

import cv2
import numpy as np
import pytest

from tflite_ocr import documents
from tflite_ocr.errors import ImageReadError

Image = pytest.importorskip("PIL.Image", reason="Pillow draws and is the oracle")


def pages_of(data):
    with documents.open_document(data) as document:
        return [image.picture() for image in document]


def pictures(rng, count=4, size=(40, 60)):
    return [rng.integers(0, 256, (*size, 3), np.uint8) for _ in range(count)]


def saved(frames, kind, **options):
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], **options)
    return out.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_of_a_tiff(order, tmp_path):
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 256, (20 + i, 50 - i, 3), np.uint8) for i in range(5)]
    path = tmp_path / "pages.tif"
    if order == "<":
        cv2.imwritemulti(str(path), drawn)
    else:
        path.write_bytes(saved([Image.fromarray(p[..., ::-1]) for p in drawn], "TIFF", big_endian=True))
    found = pages_of(path)
    assert len(found) == 5
    for page, picture in zip(found, drawn, strict=True):
        np.testing.assert_array_equal(page, picture)


def test_a_tiff_whose_second_page_is_damaged_gives_the_first(tmp_path):
    rng = np.random.default_rng(1)
    drawn = pictures(rng, 3)
    data = bytearray(saved([Image.fromarray(p) for p in drawn], "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    (second,) = struct.unpack_from("<I", data, first + 2 + 12 * count)
    for position in range(second + 2, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], 12):
        if struct.unpack_from("<H", data, position)[0] == 257:  # its height
            struct.pack_into("<I", data, position + 8, 1 << 30)
    with documents.open_document(bytes(data)) as document:
        assert document.count == 3
        np.testing.assert_array_equal(document.page(1).picture(), drawn[0][..., ::-1])
        with pytest.raises(ImageReadError, match="page 2"):
            document.page(2)
        np.testing.assert_array_equal(document.page(3).picture(), drawn[2][..., ::-1])
    cut = bytes(data[: second + 5])
    with documents.open_document(cut) as document:
        assert document.count == 2
        with pytest.raises(ImageReadError, match="page 2"):
            document.page(2)


def shown_by_pillow(data):
    shown, frames = Image.open(io.BytesIO(data)), []
    for index in range(shown.n_frames):
        shown.seek(index)
        frames.append(np.asarray(shown.convert("RGBA")))
    return frames


def shown_by_ffmpeg(data, size):
    """Of an animated PNG: Pillow takes "back to what was before" for something else."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg is the oracle")
    command = [ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "apng", "-i", "-", "-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgba", "-"]
    raw = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, *size, 4))


@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "group4", "raw"])
def test_black_pages_are_read_and_damaged_ones_are_not(packing):
    """OpenCV gives damaged strips as black ones, without an error."""
    rng = np.random.default_rng(6)
    black = np.zeros((300, 200), np.uint8)
    noise = rng.integers(0, 2, (300, 200), np.uint8) * np.uint8(255)
    for size in ((300, 200), (20, 30), (4, 5)):
        data = saved(
            [Image.fromarray(black[: size[0], : size[1]]).convert("1" if packing == "group4" else "L")],
            "TIFF",
            compression=packing,
        )
        assert not pages_of(data)[0].any()
    data = bytearray(
        saved([Image.fromarray(noise).convert("1" if packing == "group4" else "L")], "TIFF", compression=packing)
    )
    assert pages_of(bytes(data))[0].any()
    if packing in ("tiff_lzw", "tiff_adobe_deflate"):
        for broken in (b"\0", b"\xff"):
            spoilt = bytearray(data)
            (first,) = struct.unpack_from("<I", data, 4)
            for at in range(first + 2, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], 12):
                tag, kind, count, value = struct.unpack_from("<HHII", data, at)
                if tag == 273:
                    places = [value] if count == 1 else struct.unpack_from(f"<{count}I", data, value)
            for place in places:
                spoilt[place : place + 8] = broken * 8
            with pytest.raises(ImageReadError, match="damaged"):
                pages_of(bytes(spoilt))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("seed", range(3))
def test_frames_are_what_others_show(kind, seed):
    """Frames that change a part, with every way of laying one over the last and of taking it away."""
    rng = np.random.default_rng(seed)
    frames, options = [], {"duration": 100, "loop": 0}
    for _ in range(6):
        picture = np.zeros((30, 44, 4), np.uint8)
        top, left = rng.integers(0, 15), rng.integers(0, 20)
        picture[top : top + rng.integers(4, 15), left : left + rng.integers(4, 24)] = (*rng.integers(0, 256, 3), 255)
        frames.append(Image.fromarray(picture))
    if kind == "PNG":
        options |= {
            "disposal": [int(d) for d in rng.integers(0, 3, 6)],
            "blend": [int(b) for b in rng.integers(0, 2, 6)],
        }
    elif kind == "GIF":
        options |= {"disposal": [int(d) for d in rng.integers(1, 4, 6)]}
    else:
        options |= {"lossless": True}
    data = saved(frames, kind, **options)
    expected = shown_by_ffmpeg(data, (30, 44)) if kind == "PNG" else shown_by_pillow(data)
    found = pages_of(data)
    assert len(found) == len(expected) > 1
    for page, frame in zip(found, expected, strict=True):
        opaque = frame[..., 3] == 255
        np.testing.assert_array_equal(page[opaque], frame[opaque][:, 2::-1])


def test_frames_can_be_asked_for_in_any_order():
    data = saved([Image.fromarray(p) for p in pictures(np.random.default_rng(3))], "PNG")
    in_order = pages_of(data)
    with documents.open_document(data) as document:
        for number in (3, 1, 4, 4, 2):
            np.testing.assert_array_equal(document.page(number).picture(), in_order[number - 1])


def test_a_damaged_frame_is_said_with_its_document():
    data = saved([Image.fromarray(p) for p in pictures(np.random.default_rng(4))], "PNG")
    position = data.index(b"fdAT") + 12
    broken = data[:position] + bytes(40) + data[position + 40 :]
    with documents.open_document(broken) as document:
        document.page(1)
        with pytest.raises(ImageReadError):
            document.page(2).picture()


@pytest.mark.parametrize(
    ("kind", "options", "dpi"),
    [
        ("JPEG", {"dpi": (300, 300)}, 300),
        ("PNG", {"dpi": (200, 200)}, 200),
        ("TIFF", {"dpi": (600, 600)}, 600),
        ("TIFF", {"resolution": 100, "resolution_unit": 3}, 254),
        ("PNG", {}, None),
        ("BMP", {}, None),
        ("JPEG", {"dpi": (1, 1)}, None),
    ],
)
def test_resolution(kind, options, dpi):
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind, **options)
    found = documents.open_document(out.getvalue()).page(1).dpi
    assert found == (None if dpi is None else pytest.approx(dpi, abs=0.1))


def test_arrays_and_pillow_images_are_documents_of_one_page():
    picture = np.zeros((5, 6, 3), np.uint8)
    for source in (picture, Image.fromarray(picture)):
        assert [page.shape for page in pages_of(source)] == [(5, 6, 3)]


def test_heic_photos(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif", reason="the [heif] extra reads HEIC photos")
    rng = np.random.default_rng(5)
    picture = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(picture[..., ::-1])).save(path, quality=95)
    (page,) = pages_of(path)
    assert page.shape == picture.shape and np.abs(page.astype(int) - picture).mean() < 4
    cut = path.read_bytes()[:200]
    with pytest.raises(ImageReadError, match="HEIC"):
        pages_of(cut)
