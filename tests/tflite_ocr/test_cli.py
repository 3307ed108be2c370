"""The command line with a stand-in reader: output, exit codes, and never a traceback."""

import io
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import (
    ArtifactError,
    OcrError,
    Page,
    PageOptions,
    TextLine,
    __version__,
    commands,
    files,
    image,
    manifest,
)
from tflite_ocr.__main__ import main
from tflite_ocr.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
QUAD = ((2.0, 3.0), (30.0, 3.0), (30.0, 9.0), (2.0, 9.0))


class StandIn:
    """Reads the size of an image and calls it text."""

    calls: list = []

    def __init__(self, model=None, precision=None, threads=None, engine="tflite", recognizer=None, language_model=True):
        if model == "absent":
            raise ArtifactError("expected an installed model named 'absent', found none; run `make convert`")
        self.calls.append((model, precision, threads, engine, recognizer, language_model))
        self.name = model or "stand-in"

    def decoding(self, allowlist=None, blocklist=None):
        if blocklist == "impossible":
            raise ValueError("expected no blocklist")
        return allowlist, blocklist

    def read_page(self, source, min_confidence=None, decoding=None, options=None):
        self.options = options
        self.asked = "page", min_confidence, decoding
        type(self).last = self
        height, width = image.read(source).shape[:2]
        lines = (TextLine(f"{width}×{height} €", 0.5, QUAD),)
        return Page(lines, width, height, {"decode": 1.0, "detect": 2.0, "recognize": 3.0, "total": 6.0})

    def read_crop(self, source, min_confidence=0.0, decoding=None, options=None):
        page = self.read_page(source, options=options)
        self.asked = "crop", min_confidence, decoding
        return page


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, replace_reader):
    replace_reader(StandIn)
    monkeypatch.setattr(StandIn, "calls", [])


def write_image(path: Path, width=40, height=20) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), 255, np.uint8))
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three images, one of them in a folder below, a damaged one, and what is to be passed over."""
    base = tmp_path / "scans"
    write_image(base / "b.png", 41)
    write_image(base / "a.JPG", 40)
    write_image(base / "more" / "b.png", 43)
    (base / "broken.png").write_text("no image")
    (base / "notes.txt").write_text("notes")
    write_image(base / ".hidden" / "c.png")
    return base


def run(capsys, *words) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


# --- one image --------------------------------------------------------------------------------------------


def test_text_of_one_image(tmp_path, capsys):
    path = write_image(tmp_path / "a.png")
    assert run(capsys, "read", path) == (0, "40×20 €\n", "")
    assert StandIn.calls == [(None, None, None, "tflite", None, True)]


def test_json_of_one_image(tmp_path, capsys):
    path = write_image(tmp_path / "a.png")
    words = ("--format", "json", "--model", "mine", "--precision", "int8", "--threads", "3")
    words += ("--engine", "openvino", "--recognizer", "tesseract", "--no-language-model")
    code, out, err = run(capsys, "read", path, *words)
    assert (code, err) == (0, "")
    (found,) = json.loads(out)["pages"]
    assert list(found)[:4] == ["version", "image", "page", "dpi"]
    assert (found["image"], found["width"], found["height"], found["model"]) == (str(path), 40, 20, "mine")
    assert found["lines"] == [{"text": "40×20 €", "confidence": 0.5, "quad": [list(p) for p in QUAD], "words": []}]
    assert StandIn.calls == [("mine", "int8", 3, "openvino", "tesseract", False)]


def test_json_has_words_and_characters_on_request(tmp_path, capsys):
    path = write_image(tmp_path / "a.png")
    for words, options in (
        ((), PageOptions()),
        (("--format", "rows"), PageOptions()),
        (("--format", "json"), PageOptions(words=True)),
        (("--format", "jsonl", "--characters"), PageOptions(words=True, characters=True)),
        (("--format", "json", "--crops"), PageOptions(words=True)),
        (("--no-layout",), PageOptions(layout=False)),
    ):
        assert run(capsys, "read", path, *words)[0] == 0
        assert StandIn.last.options == options


def test_standard_input(tmp_path, capsys, monkeypatch):
    data = write_image(tmp_path / "a.png").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, out, _ = run(capsys, "read", "-", "--format", "jsonl", "--draw", tmp_path / "out.png")
    assert code == 0 and json.loads(out)["image"] == "-"
    assert image.read(tmp_path / "out.png").shape == (20, 80, 3)


def test_drawing(tmp_path, capsys):
    path, target = write_image(tmp_path / "a.png"), tmp_path / "drawn.png"
    assert run(capsys, "read", path, "--draw", target)[0] == 0
    drawn = image.read(target)
    assert drawn.shape == (20, 80, 3) and (drawn[:, :40] != 255).any()
    code, _, err = run(capsys, "read", path, "--draw", tmp_path / "drawn.xyz")
    assert code == 1 and "expected a name ending in .png" in err


def test_drawings_make_no_folders_outside_their_own(folder, tmp_path, capsys):
    """Nor is anything read before that is said."""
    for sources, target in (((folder / "b.png",), "new/a.png"), ((folder,), "new/out"), ((folder,), "file/out")):
        (tmp_path / "file").touch()
        code, out, err = run(capsys, "read", *sources, "--draw", tmp_path / target)
        assert (code, out) == (1, "") and "expected the directory" in err and not (tmp_path / "new").exists()
    code, out, err = run(capsys, "read", folder, "--draw", tmp_path / "file")
    assert (code, out) == (1, "") and "found a file" in err
    above = folder / "more" / ".." / "b.png"
    assert run(capsys, "read", above, folder / "more", "--draw", tmp_path / "out")[0] == 0
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")) == [
        "b-2.png",
        "b.png",
    ]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ((), ("page", None, (None, None))),
        (("--min-confidence", "0.25"), ("page", 0.25, (None, None))),
        (("--allowlist", "0123", "--blocklist", "3"), ("page", None, ("0123", "3"))),
        (("--crops",), ("crop", 0.0, (None, None))),
        (("--crops", "--min-confidence", "0.5"), ("crop", 0.5, (None, None))),
    ],
)
def test_what_is_read_and_how(tmp_path, capsys, arguments, asked):
    assert run(capsys, "read", write_image(tmp_path / "a.png"), *arguments)[0] == 0
    assert StandIn.last.asked == asked


def test_lists_that_a_recogniser_cannot_keep_are_refused(tmp_path, capsys):
    code, _, err = run(capsys, "read", write_image(tmp_path / "a.png"), "--blocklist", "impossible")
    assert code == 1 and err == "tflite-ocr: expected no blocklist\n"
    for value in ("1.5", "-0.1", "much"):
        with pytest.raises(SystemExit, match="2"):
            main(["read", "a.png", "--min-confidence", value])
        assert "--min-confidence" in capsys.readouterr().err


@pytest.mark.slow
def test_quiet_and_verbose(folder, tmp_path):
    """In a process of its own, as verbosity is the process's; on the embedded model."""
    source = write_image(tmp_path / "a.png")
    told = {}
    for option in ("--quiet", "-q", "-v", None):
        command = [
            sys.executable,
            "-m",
            "tflite_ocr",
            "read",
            str(source),
            str(source),
            "--model",
            str(ROOT / "artifacts" / "edge"),
            *([option] if option else []),
        ]
        told[option] = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    lines = {option: [line for line in text.splitlines() if "XNNPACK" not in line] for option, text in told.items()}
    assert lines["--quiet"] == lines["-q"] == []
    assert len(lines[None]) == 2 and len(lines["-v"]) == 4 and "40 x 20 pixels, 0 lines; decode" in "".join(lines["-v"])


@pytest.mark.parametrize("make", ["absent", "text", "empty", "cut"])
def test_an_unreadable_image_exits_3(make, tmp_path, capsys):
    path = tmp_path / "a.jpg"
    if make == "text":
        path.write_text("no image")
    elif make == "empty":
        path.touch()
    elif make == "cut":
        path.write_bytes(write_image(tmp_path / "whole.jpg", 400, 300).read_bytes()[:-200])
    code, out, err = run(capsys, "read", path)
    assert (code, out) == (3, "")
    assert err.startswith(f"tflite-ocr: {path}: ") and err.count("\n") == 1


def test_an_absent_model_exits_4(tmp_path, capsys):
    code, out, err = run(capsys, "read", write_image(tmp_path / "a.png"), "--model", "absent")
    assert (code, out) == (4, "") and "make convert" in err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["read"],
        ["write", "a.png"],
        ["read", "a.png", "--format", "xml"],
        ["read", "a.png", "--threads", "0"],
        ["read", "a.png", "--threads", "two"],
        ["read", "a.png", "--threads", "9" * 20],
    ],
)
def test_wrong_usage_exits_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: tflite-ocr" in capsys.readouterr().err


def test_the_root_folder_as_output_is_taken_as_every_other(monkeypatch, tmp_path, capsys):
    def journal(path, facts, resume):
        raise OcrError(f"beside {path}")

    monkeypatch.setattr(commands, "Journal", journal)
    write_image(tmp_path / "a.png")
    assert main(["read", str(tmp_path / "a.png"), "-o", "/"]) == 1
    assert capsys.readouterr().err == "tflite-ocr: beside /..journal\n"


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"tflite-ocr {__version__}\n"


# --- many images ------------------------------------------------------------------------------------------


def test_a_directory_goes_past_unreadable_files(folder, capsys):
    code, out, err = run(capsys, "read", folder, "--format", "jsonl")
    assert code == 3
    names = [json.loads(row)["image"] for row in out.splitlines()]
    assert names == [str(folder / name) for name in ("a.JPG", "b.png", "more/b.png")]
    rows = err.splitlines()
    assert rows[0] == f"1/4 {folder / 'a.JPG'}"  # plain lines: stderr is no terminal here
    assert rows[2] == f"3/4 {folder / 'broken.png'}: unreadable"
    assert rows[4] == "1 of 4 could not be read:"
    assert rows[5].startswith(f"  {folder / 'broken.png'}: ") and len(rows) == 6


def test_a_directory_of_readable_images_exits_0(folder, capsys):
    (folder / "broken.png").unlink()
    code, out, _ = run(capsys, "read", folder, "--format", "json")
    assert code == 0 and [item["width"] for item in json.loads(out)["pages"]] == [40, 41, 43]
    code, out, _ = run(capsys, "read", folder / "more", "--format", "json")
    assert code == 0 and [item["width"] for item in json.loads(out)["pages"]] == [43]
    code, out, _ = run(capsys, "read", folder / "more", folder / "b.png")
    assert out == f"==> {folder}/more/b.png <==\n43×20 €\n\n==> {folder}/b.png <==\n41×20 €\n"


def test_a_directory_without_images(tmp_path, folder, capsys):
    (tmp_path / "none").mkdir()
    code, _, err = run(capsys, "read", tmp_path / "none")
    assert code == 3 and "directory with images" in err
    code, out, err = run(capsys, "read", tmp_path / "none", tmp_path / "absent.png", folder / "b.png")
    assert code == 3 and "41×20" in out
    assert "2 of 3 could not be read:" in err


def test_drawings_of_many_images_keep_their_folders(folder, tmp_path, capsys):
    code, *_ = run(capsys, "read", folder, folder / "more", "--draw", tmp_path / "out")
    assert code == 3
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["a.png", "b-2.png", "b.png", "more/b.png"]
    assert image.read(tmp_path / "out" / "b-2.png").shape[1] == 86


def test_a_model_error_stops_at_once(folder, capsys, monkeypatch):
    def fail(self, source, min_confidence=None, decoding=None, options=None):
        raise ArtifactError("det.tflite: expected sha256 aa, found bb; convert the model again")

    monkeypatch.setattr(StandIn, "read_page", fail)
    code, _, err = run(capsys, "read", folder)
    assert code == 4 and err == "tflite-ocr: det.tflite: expected sha256 aa, found bb; convert the model again\n"


def test_progress_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    progress = Progress(2, stream)
    progress._drawn = -1.0
    progress.advance("a.png")
    progress.advance("b.png")
    progress.clear()
    text = stream.getvalue()
    assert "[############............] 1/2" in text and "[########################] 2/2" in text
    assert text.endswith("\r\x1b[K") and "\n" not in text


# --- files that appear whole or not at all ----------------------------------------------------------------


def test_output_file(folder, tmp_path, capsys):
    target = tmp_path / "out.json"
    code, out, _ = run(capsys, "read", folder / "b.png", "--format", "json", "-o", target)
    assert (code, out) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["pages"][0]["lines"][0]["text"] == "41×20 €"
    code, *_ = run(capsys, "read", folder, "--format", "json", "-o", target)
    assert code == 3 and len(json.loads(target.read_text(encoding="utf-8"))["pages"]) == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "No space left on device")])
def test_an_interrupted_run_leaves_the_old_file(error, folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "result.txt"
    target.write_text("old")
    pages = StandIn.read_page
    seen = []

    def fail(self, source, min_confidence=None, decoding=None, options=None):
        seen.append(source)
        if len(seen) == 2:
            raise error
        return pages(self, source)

    monkeypatch.setattr(StandIn, "read_page", fail)
    code, _, err = run(capsys, "read", folder, "-o", target)
    assert code == (130 if error is KeyboardInterrupt else 1)
    assert err.splitlines()[-1].startswith("tflite-ocr: ")
    assert target.read_text() == "old"
    assert os.listdir(target.parent) == ["result.txt"]


def test_places_that_cannot_be_written(folder, tmp_path, capsys):
    for target, words in ((tmp_path / "absent" / "out.txt", "does not exist"), (f"{tmp_path}/no/one/", "found none")):
        code, out, err = run(capsys, "read", folder / "b.png", "-o", target)
        assert (code, out) == (1, "") and words in err and str(target) in err


def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "out.txt"
    for mode in (0o600, 0o644):
        path.touch()
        path.chmod(mode)
        with files.replacing(path) as stream:
            stream.write(b"new")
        assert path.stat().st_mode & 0o777 == mode and path.read_bytes() == b"new"


# --- models -----------------------------------------------------------------------------------------------


def install(root: Path, name: str) -> Path:
    pixels = manifest.ImageInput("RGB", (0.5,), (0.5,))
    tensor = (manifest.TensorSpec("x", (1,), "int8", 0.1),)
    parts = [
        tuple(
            manifest.ModelFile(f"{part}_{p}.tflite", p, "0" * 64, size, tensor, tensor, (32, 32))
            for p, size in (("float32", 4_000_000), ("int8", 1_100_000))
        )
        for part in ("det", "rec")
    ]
    model = manifest.Manifest(
        manifest.SCHEMA,
        name,
        manifest.Source("PP-OCRv6 small", "3.10", "https://example.org", "Apache-2.0"),
        "int8",
        manifest.Detector("db", pixels, manifest.DetectorResize(736, 2000), parts[0]),
        (manifest.Recognizer("latin", ("en", "fr"), pixels, 48, (320,), ("", "a"), parts[1]),),
    )
    (root / name).mkdir(parents=True)
    (root / name / "manifest.json").write_text(manifest.dump(model), encoding="utf-8")
    return root / name


def test_models_are_listed(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TFLITE_OCR_MODELS", str(tmp_path / "models"))
    folder = install(tmp_path / "models", "a-test-model")
    code, out, err = run(capsys, "models")
    assert (code, err) == (0, "")
    heading, row = (line for line in out.splitlines() if line.startswith(("MODEL", "a-test-model")))
    assert heading.split() == ["MODEL", "FOLDER", "PRECISIONS", "LANGUAGES", "SOURCE", "LICENCE"]
    for words in (str(folder), "float32 8.0 MB, int8* 2.2 MB", "en,fr", "PP-OCRv6 small 3.10", "Apache-2.0"):
        assert words in row
    (folder / "manifest.json").write_text("{")
    code, _, err = run(capsys, "models")
    assert code == 4 and "expected JSON" in err


# --- a process of its own ---------------------------------------------------------------------------------

LAUNCH = textwrap.dedent(
    """
    import sys, types
    sys.path[:0] = [{root!r}, {tests!r}]
    import test_cli
    module = types.ModuleType("tflite_ocr.reader")
    module.Reader = test_cli.StandIn
    sys.modules["tflite_ocr.reader"] = module
    from tflite_ocr.__main__ import main
    sys.exit(main(sys.argv[1:]))
    """
).format(root=str(ROOT), tests=str(Path(__file__).parent))


def spawn(*words, environment=None, **options):
    command = [sys.executable, "-c", LAUNCH, *map(str, words)]
    return subprocess.run(command, capture_output=True, env={**os.environ, **(environment or {})}, **options)


@pytest.mark.slow
def test_a_damaged_image_leaves_one_line_on_stderr(tmp_path):
    path = write_image(tmp_path / "a.png", 400, 300)
    data = bytearray(path.read_bytes())
    data[60:80] = bytes(20)
    path.write_bytes(data)
    found = spawn("read", path)
    assert found.returncode == 3 and found.stdout == b""
    assert b"Traceback" not in found.stderr and b"[ERROR" not in found.stderr
    assert found.stderr.splitlines()[-1].startswith(b"tflite-ocr: ")


@pytest.mark.slow
def test_output_is_utf_8_whatever_the_locale(tmp_path):
    path = write_image(tmp_path / "a.png")
    for environment in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
        found = spawn("read", path, environment=environment)
        assert (found.returncode, found.stdout.decode()) == (0, "40×20 €\n")


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX alone")
def test_a_file_name_that_is_no_utf_8(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.png"
    with open(path, "wb") as stream:
        stream.write(write_image(tmp_path / "a.png").read_bytes())
    found = subprocess.run([sys.executable, "-c", LAUNCH, "read", path, "--format", "json"], capture_output=True)
    assert found.returncode == 0 and json.loads(found.stdout)["pages"][0]["image"].endswith("/\ufffd.png")


@pytest.mark.skipif(os.name != "posix", reason="broken pipes are a matter of POSIX")
def test_a_closed_pipe_is_quiet(tmp_path):
    path = write_image(tmp_path / "a.png")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        found = subprocess.run([sys.executable, "-c", LAUNCH, "read", path], stdout=stream, stderr=subprocess.PIPE)
    assert (found.returncode, found.stderr) == (141, b"")


def test_a_missing_library_exits_6(tmp_path):
    code = f"import sys\nsys.modules['cv2'] = None\nsys.path.insert(0, {str(ROOT)!r})\n"
    code += "from tflite_ocr.__main__ import main\nsys.exit(main(['read', 'a.png']))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 6 and "cv2" in found.stderr and "Traceback" not in found.stderr


def test_the_module_runs(tmp_path):
    command = [sys.executable, "-m", "tflite_ocr"]
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True, cwd=ROOT)
    assert (shown.returncode, shown.stdout) == (0, f"tflite-ocr {__version__}\n")
    wrong = subprocess.run([*command, "reed"], capture_output=True, text=True, cwd=ROOT)
    assert wrong.returncode == 2 and "Traceback" not in wrong.stderr
