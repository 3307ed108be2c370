"""What surrounds a command: closed streams, signals, what C libraries say, full disks and odd names."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import command_line, files
from tflite_ocr.errors import OcrError, OcrWarning

ROOT = Path(__file__).resolve().parents[2]
MANNER = command_line.Manner("tester: ", quiet=True)
# Reads every image as the text "a line", at a tenth of a second an image where SLOW is set.
STAND_IN = """
import os, sys, time
from tflite_ocr import image, page, reader
class StandIn:
    name = "stand-in"
    def __init__(self, *_, **__): pass
    def decoding(self, *_): pass
    def read_page(self, source, *_, **__):
        height, width = image.read(source).shape[:2]
        os.write(2, b"INFO: said by a library in C\\n")
        time.sleep(float(os.environ.get("SLOW", "0")))
        lines = (page.TextLine("a line", 0.9, ((0, 0), (9, 0), (9, 9), (0, 9))),)
        return page.Page(lines, width, height, dict.fromkeys(("decode", "detect", "recognize", "total"), 1.0))
    def read_pages(self, sources, **_): return [self.read_page(source) for source in sources]
reader.Reader = StandIn
from tflite_ocr.__main__ import main
sys.exit(main())
"""


def start(*words, **more) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("environment", {})}
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([sys.executable, "-c", STAND_IN, *map(str, words)], env=environment, **options)


def run(*words, **more) -> tuple[int, str, str]:
    process = start(*words, **more)
    out, err = (text.decode("utf-8", "replace") if text else "" for text in process.communicate(timeout=60))
    return process.returncode, out, err


def picture(path: Path) -> Path:
    path.write_bytes(cv2.imencode(".png", np.zeros((20, 30, 3), np.uint8))[1].tobytes())
    return path


@pytest.mark.slow
@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_standard_streams(closed, tmp_path):
    path, name = picture(tmp_path / "a.png"), ("stdin", "stdout", "stderr")[closed]
    code, out, err = run("read", "-" if closed == 0 else path, preexec_fn=lambda: os.close(closed), **{name: None})
    assert "Traceback" not in err
    expected = {
        0: (3, "", "standard input: expected an image, found that it is closed"),
        1: (1, "", "standard output: it is closed"),
        2: (0, "a line\n", ""),
    }[closed]
    assert (code, out) == expected[:2] and expected[2] in err and err.count("\n") == bool(expected[2])
    code, out, _ = run("read", path, "-o", tmp_path / "out.txt", preexec_fn=lambda: os.close(closed), **{name: None})
    assert code == 0 and (tmp_path / "out.txt").read_text() == "a line\n"


def test_a_run_whose_messages_nobody_reads_is_finished(tmp_path):
    images = [picture(tmp_path / f"{index}.png") for index in range(3)]
    for words, code, expected in (
        ([*images, "-o", tmp_path / "out.txt"], 0, b""),
        (images, 0, b"a line\n"),
        ([tmp_path / "absent.png"], 3, b""),
    ):
        reading, writing = os.pipe()
        os.close(reading)
        process = start("read", *words, stderr=writing)
        os.close(writing)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == code and expected in out
    assert (tmp_path / "out.txt").read_text().count("a line") == 3


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_run_and_leave_the_old_file(number, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for index in range(60):
        picture(images / f"{index:02}.png")
    target = tmp_path / "out" / "out.jsonl"
    target.parent.mkdir()
    target.write_text("old")
    process = start("read", images, "--format", "jsonl", "-o", target, environment={"SLOW": "0.1"})
    process.stderr.readline()  # the first image is read
    process.send_signal(number)
    said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 128 + number and said.splitlines()[-1] == "tflite-ocr: interrupted"
    assert "Traceback" not in said and target.read_text() == "old"
    # Of so many pages those that are read are kept for --resume, and nothing else.
    assert set(target.parent.iterdir()) == {target, target.with_name(".out.jsonl.journal")}
    assert "--resume" in said


def test_what_nohup_ignores_stays_ignored(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for index in range(8):
        picture(images / f"{index}.png")
    process = start(
        "read", images, environment={"SLOW": "0.1"}, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and out.count(b"a line") == 8


def test_handlers_are_set_right_again_and_other_threads_set_none():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(command_line.Stopped) as stopped, command_line.stopping():
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.number == signal.SIGTERM and signal.getsignal(signal.SIGTERM) == before
    codes = []
    thread = threading.Thread(target=lambda: codes.append(command_line.guarded(lambda: 5, MANNER)))
    thread.start()
    thread.join()
    assert codes == [5]


BEGINNING = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "argparse":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["tflite-ocr", "--version"]
"""


@pytest.mark.parametrize(
    "start",
    ["import runpy; runpy.run_module('tflite_ocr', run_name='__main__')", "import tflite_ocr.script as s; s.main()"],
)
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_before_main_ends_without_a_traceback(start, ignored):
    before = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" if ignored else ""
    done = subprocess.run([sys.executable, "-c", before + BEGINNING + start], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "" and done.returncode == (0 if ignored else -signal.SIGINT)
    assert done.stdout.startswith("tflite-ocr ") == ignored


def test_nothing_else_loads_before_signals_are_taken():
    """What loads before takes time, in which Ctrl-C would be a traceback."""
    code = "import sys; before = set(sys.modules); import tflite_ocr.script; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["tflite_ocr", "tflite_ocr.errors", "tflite_ocr.script"]


def test_an_interruption_that_an_import_takes_for_its_own_fault_is_one(capsys):
    def work() -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("the installation is broken") from None

    assert command_line.guarded(work, MANNER) == 130
    assert capsys.readouterr().err == "tester: interrupted\n"


def test_a_signal_where_errors_are_ignored_ends_the_run_and_one_that_c_prints_is_not_shown(capsys):
    class Held:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    def work() -> int:
        Held()
        time.sleep(20)
        return 0

    def printing() -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            sys.excepthook(*sys.exc_info())  # as PyErr_Print does
            raise ImportError("failed to import") from None

    hooks = sys.excepthook, sys.unraisablehook
    assert command_line.guarded(work, MANNER) == 143
    assert command_line.guarded(printing, MANNER) == 130
    assert capsys.readouterr().err == "tester: interrupted\n" * 2
    assert hooks == (sys.excepthook, sys.unraisablehook)


def test_a_signal_while_c_code_is_imported_ends_the_run_after_that(capsys):
    loaded = []

    class Loader(ExtensionFileLoader):
        def exec_module(self, module):
            signal.raise_signal(signal.SIGTERM)
            loaded.append(module)

    def work() -> int:
        Loader("a", "a.so").exec_module("module")
        time.sleep(20)
        return 0

    assert command_line.guarded(work, MANNER) == 143
    assert loaded == ["module"] and capsys.readouterr().err == "tester: interrupted\n"


def test_a_forked_worker_ends_by_the_signal_itself():
    with command_line.stopping():
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        time.sleep(0.2)
        os.kill(child, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM


def test_what_c_libraries_say_is_kept_from_the_terminal_for_the_log(tmp_path):
    code, _, err = run("read", picture(tmp_path / "a.png"))
    assert (code, err) == (0, "")
    logged = STAND_IN.replace(
        "import os, sys, time", "import logging, os, sys, time\nlogging.basicConfig(level=logging.DEBUG)", 1
    )
    done = subprocess.run(
        [sys.executable, "-c", logged, "read", str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "DEBUG:tflite_ocr.command_line:INFO: said by a library in C" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OcrError("a\nb\x1b"), 1),
        (OSError(28, "No space left on device"), 1),
        (MemoryError(), 1),
        (ModuleNotFoundError(name="torch"), 6),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
    ],
)
def test_errors_are_a_line_and_a_code(error, code):
    program = f"""
import sys
from tflite_ocr import command_line
from tflite_ocr.errors import OcrError
def work(): raise {error!r}
sys.exit(command_line.guarded(work, command_line.Manner("tester: ")))
"""
    if isinstance(error, ModuleNotFoundError):
        program = program.replace(repr(error), "ModuleNotFoundError('no torch', name='torch')")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == code
    assert done.stderr == "" if code == 141 else done.stderr.startswith("tester: ") and done.stderr.count("\n") == 1
    assert done.stderr.rstrip("\n").isprintable()


def test_warnings_of_ours_are_lines_and_each_is_shown(capsys):
    def work() -> int:
        import warnings

        for _ in range(2):
            warnings.warn(OcrWarning("left out"), stacklevel=1)
        return 0

    assert command_line.guarded(work, MANNER) == 0
    assert capsys.readouterr().err == "tester: left out\n" * 2


@pytest.mark.slow
def test_names_of_all_kinds_are_read_drawn_and_written(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    names = [
        "new\nline.png",
        "sur\udcff.png",
        "esc\x1b[31mred.png",
        "x" * 251 + ".png",
        "ä" * 125 + ".png",
        "left‮to.png",
    ]
    for name in names:
        picture(images / name)
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, out, err = run("read", images, "--draw", tmp_path / "drawn", environment=locale)
    assert code == 0 and out.isascii() is False and "\x1b" not in out + err
    assert sum(line.startswith("==> ") and line.endswith(" <==") for line in out.splitlines()) == len(names)
    assert len(list((tmp_path / "drawn").iterdir())) == len(names)
    code, out, _ = run("read", images, "--format", "jsonl", environment=locale)
    assert code == 0 and len({json.loads(line)["image"] for line in out.splitlines()}) == len(names)
    long = tmp_path / ("y" * 251 + ".txt")
    code, _, err = run("read", images / names[0], "-o", long)
    assert (code, err) == (0, "") and long.read_text() == "a line\n"
    code, _, err = run("read", tmp_path / "nowhere\udcff\n\x1b.png", environment=locale)
    assert code == 3 and err.count("\n") == 1 and "\x1b" not in err


def test_a_pipe_in_a_folder_is_skipped_and_told(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    picture(images / "a.png")
    os.mkfifo(images / "b.png")
    code, out, err = run("read", images)
    assert code == 3 and "a line" in out and "1 of 2 could not be read" in err
    assert "it is a pipe, no regular file" in err


def test_a_full_disk_leaves_whole_lines(tmp_path):
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    lines = files.WholeLines(tmp_path / "out.jsonl")
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with lines, pytest.raises(OSError, match="out.jsonl"):
            for index in range(100):
                lines.write(json.dumps({"frame": index, "text": "x" * index}) + "\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    text = (tmp_path / "out.jsonl").read_text()
    assert text.endswith("}\n") and [json.loads(line)["frame"] for line in text.splitlines()] == list(
        range(text.count("\n"))
    )
    assert 900 < len(text) <= 1000
