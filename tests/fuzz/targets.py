"""What is fuzzed: files drawn here, what reads them, and the errors that may come out."""

import contextlib
import functools
import io
import json
import math
import random
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tests.hostile_images import animated_png, jpeg2000, png, samples_tiff
from tflite_ocr import errors

ROOT = Path(__file__).resolve().parents[2]
# Beginning of the name of what is kept in the temporary folder as long as the process lives.
KEPT = "fuzz-kept-"


@dataclass(frozen=True)
class Target:
    """One reader of files.

    Attributes:
        seeds: Gives whole files.
        read: Reads one, or raises one of `allowed`; anything else is a finding.
        allowed: Errors that tell what is wrong with a file.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], None]
    allowed: tuple[type[Exception], ...] = (errors.OcrError,)


@contextlib.contextmanager
def _stored(data: bytes, suffix: str) -> Iterator[Path]:
    """An input as a file, for what reads paths alone."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def _pictures() -> list[bytes]:
    rng = np.random.default_rng(0)
    small = cv2.resize(rng.integers(0, 255, (6, 8, 3), np.uint8), (40, 30))
    kinds = (small, small[..., 0], np.dstack([small, small[..., 1]]), small.astype(np.uint16) * 257, small[:1, :1])
    found = [png(9, 9, 1, 3, bytes(27), [(b"PLTE", bytes(6)), (b"tRNS", b"\x80")]), jpeg2000(64, 64, 64)]
    found += [animated_png(30, zlib.compress(bytes(91 * 30)))]
    found += [samples_tiff(rng.random((9, 8, 4)).astype(dtype), 3, alpha=True) for dtype in (np.float32, np.float64)]
    found.append(samples_tiff(rng.integers(-99, 99, (9, 8, 2), np.int8), 2, alpha=True))
    for suffix in (".png", ".jpg", ".tif", ".webp", ".bmp", ".ppm", ".pgm", ".pbm", ".jp2", ".avif"):
        # The encoder of JPEG 2000 leaves temporary files of pictures that it does not take.
        for picture in kinds if suffix != ".jp2" else kinds[:3]:
            for flags in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_WEBP_QUALITY, 101]):
                try:
                    made, data = cv2.imencode(suffix, picture, flags)
                except cv2.error:  # not in this build, or not this kind of number
                    continue
                found += [data.tobytes()] if made else []
    block = (
        b"\x02\x16"
        + b"\x8c\x2d\x99\x87\x2a\x1c\xdc\x33\xa0\x02\x75\xec\x95\xfa\xa8\xde\x60\x8c\x04\x91\x4c\x01"
        + b"\0;"
    )
    found.append(
        b"GIF89a"
        + struct.pack("<HHBBB", 10, 10, 0x91, 0, 0)
        + bytes(range(12))
        + b"!\xf9\4\1\0\0\0\0"
        + b","
        + struct.pack("<HHHHB", 0, 0, 10, 10, 0)
        + block
    )
    return sorted(set(found))


def _read_picture(data: bytes) -> None:
    from tflite_ocr import image

    found = image.read(data)
    if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 3 or not found.size:
        raise AssertionError(f"gave {found.dtype} {found.shape}")


def _read_manifest(data: bytes) -> None:
    from tflite_ocr import image, manifest

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "manifest.json").write_bytes(data)
        facts = manifest.load(Path(folder))
    image.resize_for_detector(np.zeros((40, 90, 3), np.uint8), facts.detector.resize, facts.detector.input)
    for part in facts.recognizers:
        image.pad_color(part.input)
        image.resize_crop(np.zeros((30, 90, 3), np.uint8), part.height, part.widths[-1], part.stretch)


def _read_words(data: bytes) -> None:
    from tflite_ocr.recognition import language_model

    table = language_model.unpack(data, Path("words.npz"))
    if not np.isfinite(table.log_probabilities(["total", "a b-c"])).all():
        raise AssertionError("a probability is no number")


def _words() -> list[bytes]:
    file = io.BytesIO()
    np.savez_compressed(
        file, gaps=np.ones((5, 9), np.uint8), log_probabilities=np.zeros(9, np.uint8), backoffs=np.zeros(9, np.uint8)
    )
    return [file.getvalue(), (ROOT / "artifacts" / "edge" / "language_model.npz").read_bytes()[:4000]]


def _labels() -> list[bytes]:
    rows = [
        {"image": "a.png", "text": "Total"},
        {"image": "a.png", "items": [{"text": "x", "quad": [[0, 0], [9, 0], [9, 9], [0, 9]], "ignore": False}]},
    ]
    return [json.dumps(row).encode() for row in rows]


def _read_labels(data: bytes) -> None:
    from evaluation import labels
    from tflite_ocr import geometry

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.png").write_bytes(b"")
        Path(folder, "labels.jsonl").write_bytes(data)
        for sample in labels.load(Path(folder)):
            for label in sample.labels:
                if label.quad:
                    geometry.crop(np.zeros((60, 90, 3), np.uint8), np.float32(label.quad))


def _read_table(data: bytes) -> None:
    from training.finetuning import labels as finetune_labels

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.png").write_bytes(b"")
        Path(folder, "labels.csv").write_bytes(data)
        finetune_labels.load(Path(folder))


def _checkpoints() -> list[bytes]:
    import torch

    found = []
    for new in (True, False):
        file = io.BytesIO()
        torch.save({"weight": torch.ones(3, 4), "bias": torch.zeros(3)}, file, _use_new_zipfile_serialization=new)
        found.append(file.getvalue())
    return found


def _read_checkpoint(data: bytes) -> None:
    import torch

    from converters import checkpoints

    with _stored(data, ".pth") as path:
        checkpoints.load_into(torch.nn.Linear(4, 3), checkpoints.load_state_dict(path), "it")


def _keras() -> list[bytes]:
    import h5py

    config = json.dumps(
        {"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "config": {"units": 3}}]}}
    )
    weights, archive = io.BytesIO(), io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.attrs["model_config"] = config
        file.create_dataset("a/kernel", data=[1.0])
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", config)
        file.writestr("model.weights.h5", weights.getvalue())
    return [weights.getvalue(), archive.getvalue()]


def _read_keras(data: bytes) -> None:
    from converters import trust

    with _stored(data, ".keras") as path:
        trust.check_keras(path)


@functools.lru_cache(maxsize=1)
def _edge() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=KEPT))
    shutil.copytree(ROOT / "artifacts" / "edge", folder / "edge", ignore=shutil.ignore_patterns("*.pt"))
    import atexit

    atexit.register(shutil.rmtree, folder, True)
    return folder / "edge"


def _read_with_manifest(data: bytes) -> None:
    """A whole read of a line of text, with a manifest that was changed."""
    from tflite_ocr import Reader

    picture = np.full((60, 200, 3), 255, np.uint8)
    cv2.putText(picture, "Total 4.20", (10, 40), 0, 1, (0, 0, 0), 2)
    (_edge() / "manifest.json").write_bytes(data)
    Reader(_edge(), threads=1).read(picture)


def _manifests() -> list[bytes]:
    return [(ROOT / "artifacts" / "edge" / "manifest.json").read_bytes()]


def _documents() -> list[bytes]:
    """Files of several pages: TIFF, GIF, APNG and WebP, and PDFs of an image, of text and of a turned page."""
    import pikepdf
    from PIL import Image

    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 255, (20 + i, 30, 3), np.uint8)) for i in range(3)]
    found = []
    for kind in ("TIFF", "GIF", "PNG", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=[frame.resize((30, 20)) for frame in frames[1:]])
        found.append(out.getvalue())
    for text in (b"q 50 0 0 50 5 5 cm /Im0 Do Q", b"BT /F1 9 Tf 5 5 Td (text) Tj ET", b"0 0 60 60 re f"):
        pdf, out = pikepdf.new(), io.BytesIO()
        for turn in (0, 90):
            page = pdf.add_blank_page(page_size=(60, 60))
            page.obj.Rotate = turn
            image = pdf.make_stream(bytes(range(48)))
            image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
            image.Width, image.Height, image.BitsPerComponent, image.ColorSpace = 4, 4, 8, pikepdf.Name.DeviceRGB
            font = pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
            page.obj.Resources = pikepdf.Dictionary(
                XObject=pikepdf.Dictionary(Im0=image), Font=pikepdf.Dictionary(F1=font)
            )
            page.obj.Contents = pdf.make_stream(text)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        found.append(out.getvalue())
    return found


def _read_document(data: bytes) -> None:
    from tflite_ocr import documents

    with documents.open_document(data, documents.DocumentOptions(dpi=50, skip_text=True)) as document:
        refused = None
        for number in range(1, min(document.count, 3) + 1):
            try:
                document.page(number).picture()
            except errors.ImageReadError as error:
                refused = error
        if refused:
            raise refused


# What FFmpeg is told to write, by the file's suffix and the codec; 32 x 24 pixels, six frames.
_CLIPS = {
    "mp4": ("libx264", "mpeg4"),
    "mov": ("png", "prores"),
    "mkv": ("ffv1", "libx265"),
    "webm": ("libvpx", "libvpx-vp9"),
    "avi": ("mjpeg", "rawvideo", "huffyuv"),
    "gif": ("gif",),
    "ts": ("mpeg2video",),
    "flv": ("flv",),
    "ogv": ("libtheora",),
    "y4m": ("wrapped_avframe",),
    "h264": ("libx264",),
}
_PLAYLISTS = (
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:/etc/passwd\n#EXT-X-ENDLIST\n",
    b"ffconcat version 1.0\nfile a.mp4\nfile /etc/passwd\n",
)


def _videos() -> list[bytes]:
    from tflite_ocr.video import ffmpeg

    try:
        program = ffmpeg.executable()
    except errors.MissingDependencyError as error:
        raise ImportError(str(error)) from None
    found = list(_PLAYLISTS)
    with tempfile.TemporaryDirectory() as folder:
        for suffix, codecs in _CLIPS.items():
            for codec in codecs:
                path = Path(folder, f"{codec}.{suffix}")
                picture = ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=10"]
                done = ffmpeg.run(program, ["-y", *picture, "-frames:v", "6", "-c:v", codec, str(path)])
                if done.popen.returncode == 0:  # else this FFmpeg lacks the codec
                    found.append(path.read_bytes())
    return found


def _read_video(data: bytes) -> None:
    """Every frame, as `read_video` gets them; FFmpeg's memory and time count too."""
    from tflite_ocr.video import decode, ffmpeg, source

    with _stored(data, ".video") as path:
        decoder = decode.VideoDecoder(ffmpeg.executable(), source.resolve(str(path)), threads=2)
        last_s, size = 0.0, None
        try:
            for frame in decoder.frames():
                size = size or frame.picture.bgr().shape
                if not last_s <= frame.time_s < math.inf or not 0 <= frame.duration_s < math.inf:
                    raise AssertionError(f"shown at {frame.time_s} for {frame.duration_s} s, after {last_s} s")
                if (frame.picture.height, frame.picture.width, 3) != size:
                    raise AssertionError(f"its size changes from {size}")
                last_s = frame.time_s
        finally:
            decoder.stop()


TARGETS = {
    "image": Target(_pictures, _read_picture, (errors.ImageReadError,)),
    "document": Target(_documents, _read_document, (errors.ImageReadError,)),
    "manifest": Target(_manifests, _read_manifest, (errors.ArtifactError, errors.ModelContractError)),
    "model": Target(_manifests, _read_with_manifest, (errors.ArtifactError, errors.ModelContractError)),
    "words": Target(_words, _read_words, (errors.ArtifactError,)),
    "labels": Target(_labels, _read_labels),
    "table": Target(lambda: [b'filename,words\na.png,"Total, ""4"""\n a.png ,x\n'], _read_table),
    "checkpoint": Target(_checkpoints, _read_checkpoint),
    "keras": Target(_keras, _read_keras),
    "video": Target(_videos, _read_video, (errors.VideoReadError,)),
}


def pool_of(name: str) -> list[bytes]:
    """Seeds of a target.

    Raises:
        ImportError: It needs a package that is not installed.
    """
    return TARGETS[name].seeds()


def draw(rng: random.Random, pool: list[bytes], extra: list[bytes]) -> bytes:
    """A seed, or one of the damaged files that could still be read, to be damaged further."""
    return rng.choice(extra) if extra and rng.random() < 0.3 else rng.choice(pool)
