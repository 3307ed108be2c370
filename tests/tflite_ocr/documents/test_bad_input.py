"""Documents that are damaged, hostile or too large, through the command line: one clear line, nothing half-written."""

import http.server
import io
import os
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Page, TextLine, fetch, files, image
from tflite_ocr.__main__ import main

pytest.importorskip("pypdfium2", reason="the [pdf] extra reads PDFs")
pikepdf = pytest.importorskip("pikepdf", reason="the [pdf] extra writes PDFs")

ROOT = Path(__file__).resolve().parents[3]
TIMING = {"decode": 1.0, "detect": 2.0, "recognize": 3.0, "total": 6.0}


class StandIn:
    """Calls the size of a page its text; ends at the page before which it is told to."""

    name = "stand-in"
    read: list = []
    stop_at: int | None = None

    def __init__(self, *_, **__):
        pass

    def decoding(self, *_):
        return None

    def read_page(self, source, *_):
        picture = image.read(source)
        if self.stop_at is not None and len(self.read) >= self.stop_at:
            raise KeyboardInterrupt
        height, width = picture.shape[:2]
        self.read.append((width, height))
        quad = ((1.0, 2.0), (1.0 + width / 3, 2.0), (1.0 + width / 3, 7.0), (1.0, 7.0))
        return Page((TextLine(f"{width}x{height} page", 1 / 3, quad),), width, height, TIMING)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, replace_reader):
    replace_reader(StandIn)
    monkeypatch.setattr(StandIn, "read", [])
    monkeypatch.setattr(StandIn, "stop_at", None)


def run(capsys, *words):
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def document(path, *sizes, **options):
    pdf = pikepdf.new()
    for size in sizes:
        pdf.add_blank_page(page_size=size)
    pdf.save(path, **options)
    return path


def texts(out):
    return [text for text in re.split(r"[\f\n]", out) if text]


def test_a_document_needs_its_password(tmp_path, capsys):
    path = document(tmp_path / "a.pdf", (72, 36), encryption=pikepdf.Encryption(owner="o", user="u"))
    code, out, err = run(capsys, "read", path)
    assert (code, out) == (3, "") and err.count("\n") == 1 and "needs a password; give it: --password" in err
    assert run(capsys, "read", path, "--password", "no")[0] == 3
    assert run(capsys, "read", path, "--password", "u")[:2] == (0, "200x100 page\n")


@pytest.mark.slow
@pytest.mark.parametrize("format", ["text", "json", "pdf"])
def test_damaged_documents_leave_nothing(tmp_path, capsys, format):
    document(tmp_path / "a.pdf", (72, 36))
    whole = (tmp_path / "a.pdf").read_bytes()
    document(tmp_path / "none.pdf")
    (tmp_path / "cut.pdf").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "head.pdf").write_bytes(b"%PDF-1.7\n")
    before = set(os.listdir(tmp_path))
    for name in ("none.pdf", "cut.pdf", "head.pdf"):
        code, out, err = run(capsys, "read", tmp_path / name, "--format", format, "-o", tmp_path / "out")
        assert (code, out) == (3, "") and err.count("\n") == 1 and name in err
    assert set(os.listdir(tmp_path)) == before


def test_a_broken_cross_reference_table_is_repaired(tmp_path, capsys):
    document(tmp_path / "a.pdf", (72, 36), (36, 72), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = (tmp_path / "a.pdf").read_bytes()
    (tmp_path / "a.pdf").write_bytes(data[: data.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n")
    assert texts(run(capsys, "read", tmp_path / "a.pdf")[1]) == ["200x100 page", "100x200 page"]
    assert run(capsys, "read", tmp_path / "a.pdf", "--format", "pdf", "-o", tmp_path / "b.pdf")[0] == 0
    with pikepdf.open(tmp_path / "b.pdf") as pdf:
        assert len(pdf.pages) == 2


def test_a_page_of_200_inches(tmp_path, capsys, monkeypatch):
    from tflite_ocr.documents import pdf, pdf_process

    monkeypatch.setattr(pdf, "_MOST_PIXELS", 2_000_000)
    monkeypatch.setattr(pdf_process, "IsolatedPdf", pdf.PdfDocument)
    path = document(tmp_path / "a.pdf", (14_400, 14_400), (72, 72))
    code, out, err = run(capsys, "read", path, "-q")
    width, height = StandIn.read[0]
    assert code == 0 and width * height <= 2_000_000 and len(texts(out)) == 2
    assert err.count("\n") == 1 and "200 x 200 inches" in err


def test_a_tiff_whose_second_page_is_broken(tmp_path, capsys):
    pages = [np.full((20 + i, 30, 3), 255, np.uint8) for i in range(3)]
    cv2.imwritemulti(str(tmp_path / "a.tif"), pages)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    (first,) = struct.unpack_from("<I", data, 4)
    (second,) = struct.unpack_from("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0])
    for at in range(second + 2, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], 12):
        if struct.unpack_from("<H", data, at)[0] == 259:  # its compression
            struct.pack_into("<H", data, at + 8, 65_000)
    (tmp_path / "a.tif").write_bytes(data)
    code, out, err = run(capsys, "read", tmp_path / "a.tif", "-o", tmp_path / "out.txt")
    assert (code, out) == (3, "")
    assert texts((tmp_path / "out.txt").read_text()) == ["30x20 page", "30x22 page"]
    assert "1 of 3 could not be read:" in err and "a.tif, page 2" in err
    code, _, err = run(capsys, "read", tmp_path / "a.tif", "--pages", "2", "-o", tmp_path / "none.txt")
    assert code == 3 and not (tmp_path / "none.txt").exists() and err.count("\n") == 1


def test_pages_that_are_not_there(tmp_path, capsys):
    path = document(tmp_path / "a.pdf", (72, 36))
    code, _, err = run(capsys, "read", path, "--pages", "4-")
    assert code == 3 and "expected the pages 4-, found 1 in it" in err
    code, _, err = run(capsys, "read", path, "--pages", "x")
    assert code == 1 and "expected pages such as 2-5" in err
    code, _, err = run(capsys, "read", path, "--dpi", "0")
    assert code == 1 and "expected a resolution" in err


class Handler(http.server.BaseHTTPRequestHandler):
    picture = cv2.imencode(".png", np.full((20, 30, 3), 255, np.uint8))[1].tobytes()

    def do_GET(self):
        if self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                return
        self.wfile.write(self.picture)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.handle_error = lambda *_: None
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_addresses(server, tmp_path, capsys, monkeypatch):
    assert run(capsys, "read", f"{server}/a.png")[:2] == (0, "30x20 page\n")
    code, out, err = run(capsys, "read", f"{server}/file", "-o", tmp_path / "out.txt")
    assert (code, out) == (3, "") and "file:///etc/passwd' is not allowed" in err
    original = fetch.fetch
    monkeypatch.setattr(fetch, "fetch", lambda address: original(address, max_bytes=1 << 20))
    code, out, err = run(capsys, "read", f"{server}/endless", "-o", tmp_path / "out.txt")
    assert (code, out) == (3, "") and "at most 1048576 bytes, found more" in err and err.count("\n") == 1
    assert not os.listdir(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of processes are POSIX's")
@pytest.mark.parametrize("most", [100, 3_000, 30_000])
@pytest.mark.parametrize("format", ["pdf", "html", "json,pdf"])
def test_a_full_disk_leaves_nothing_half(tmp_path, format, most):
    """The limit on the size of files is what a full disk is to a program that writes."""
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))
from tflite_ocr.__main__ import main
sys.exit(main(sys.argv[1:]))
""".replace("MOST", str(most))
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "a.png"), rng.integers(0, 256, (200, 200, 3), np.uint8))
    target = tmp_path / ("out" if "," in format else "out.file")
    if "," not in format:
        target.write_text("what was there before")
    command = [sys.executable, "-c", code, "read", str(tmp_path / "a.png"), "--format", format, "-o", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "File too large" in done.stderr
    assert str(target) in done.stderr
    if "," in format:
        assert not [name for name in os.listdir(target) if name.endswith((".pdf", ".part"))]
    else:
        assert target.read_text() == "what was there before"
        assert sorted(os.listdir(tmp_path)) == ["a.png", "out.file"]


def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux's /proc")
def test_memory_stays_flat_over_a_long_document(tmp_path, capsys, monkeypatch):
    count = 1200
    path = document(tmp_path / "a.pdf", *[(72 + i % 5, 144) for i in range(count)])
    seen = []
    read = StandIn.read_page
    monkeypatch.setattr(StandIn, "read_page", lambda *given: (seen.append(resident_mb()), read(*given))[1])
    code, _, err = run(capsys, "read", path, "--format", "pdf,text", "-o", tmp_path / "out")
    assert code == 0 and f"{count}/{count} " in err and len(seen) == count
    quarter = count // 4
    assert np.mean(seen[3 * quarter :]) < 1.05 * np.mean(seen[quarter : 2 * quarter]) + 1
    with pikepdf.open(tmp_path / "out" / "a.pdf") as pdf:
        assert len(pdf.pages) == count


@pytest.mark.slow
@pytest.mark.parametrize("formats", ["json", "pdf", "text,hocr"])
def test_an_interrupted_run_resumes(tmp_path, capsys, formats):
    path = document(tmp_path / "a.pdf", *[(72 + i, 144) for i in range(12)])
    many = "," in formats
    whole, target = tmp_path / ("whole" if many else "whole.out"), tmp_path / ("out" if many else "a.out")
    run(capsys, "read", path, "--format", formats, "-o", whole)
    StandIn.read.clear()
    StandIn.stop_at = 7
    code, _, _ = run(capsys, "read", path, "--format", formats, "-o", target, "--resume")
    assert code == 130 and not (target.is_file() or (many and target.exists() and list(target.glob("[!.]*"))))
    assert len(StandIn.read) == 7
    StandIn.stop_at = None
    code, _, _ = run(capsys, "read", path, "--format", formats, "-o", target, "--resume")
    assert code == 0 and len(StandIn.read) == 12
    assert not list(tmp_path.rglob(".*journal"))
    files = [(whole, target)] if not many else [(place, target / place.name) for place in whole.iterdir()]
    for old, new in files:
        if formats == "pdf":
            with pikepdf.open(old) as before, pikepdf.open(new) as after:
                for one, other in zip(before.pages, after.pages, strict=True):
                    assert one.Contents[0].read_bytes() == other.Contents[0].read_bytes()
        else:
            assert new.read_bytes() == old.read_bytes()


@pytest.mark.parametrize("target", ["out", "a[1].txt"])
def test_what_a_killed_run_had_begun_goes_when_it_is_resumed(tmp_path, capsys, target):
    path = document(tmp_path / "a.pdf", *[(72 + i, 144) for i in range(3)])
    folder = tmp_path / "out" if target == "out" else tmp_path
    names = ["a.json", "a.txt"] if target == "out" else [target]
    folder.mkdir(exist_ok=True)
    begun = [files.beside(folder / name) for name in names for _ in range(2)]
    others = [files.beside(folder / name) for name in ("b.json", names[-1] + ".b", "b" + names[0])]
    words = ["read", path, "--format", "json,text" if target == "out" else "text", "-o", tmp_path / target]
    assert run(capsys, *words)[0] == 0 and all(part.exists() for part in begun)  # another run may be writing
    assert run(capsys, *words, "--resume")[0] == 0
    assert not any(part.exists() for part in begun) and all(part.exists() for part in others)


@pytest.mark.slow
def test_a_long_run_can_be_resumed_that_was_not_begun_so(tmp_path, capsys, monkeypatch):
    from tflite_ocr import reading_job

    monkeypatch.setattr(reading_job, "LONG_RUN", 10)
    for count, kept in ((9, 0), (10, 4)):
        path = document(tmp_path / f"{count}.pdf", *[(72, 144)] * count)
        StandIn.read.clear()
        StandIn.stop_at = 4
        code, _, err = run(capsys, "read", path, "-o", tmp_path / "out.txt")
        assert code == 130 and ("4 pages are kept; the same command with --resume continues" in err) == bool(kept)
        StandIn.stop_at = None
        StandIn.read.clear()
        assert run(capsys, "read", path, "-o", tmp_path / "out.txt", "--resume")[0] == 0
        assert len(StandIn.read) == count - kept
        assert not list(tmp_path.glob(".*"))
    StandIn.read.clear()
    StandIn.stop_at = 4
    run(capsys, "read", path, "-o", tmp_path / "out.txt")
    StandIn.stop_at = None
    assert run(capsys, "read", path, "-o", tmp_path / "out.txt")[0] == 0  # without --resume it begins anew
    assert len(StandIn.read) == 4 + 10 and not list(tmp_path.glob(".*"))


def test_a_journal_of_something_else_is_not_used(tmp_path, capsys):
    path = document(tmp_path / "a.pdf", *[(72, 144)] * 5)
    for changed in ("file", "options", "journal"):
        StandIn.read.clear()
        StandIn.stop_at = 3
        run(capsys, "read", path, "-o", tmp_path / "out.txt", "--resume")
        StandIn.stop_at = None
        journal = tmp_path / ".out.txt.journal"
        assert journal.exists()
        words = ["read", path, "-o", tmp_path / "out.txt", "--resume"]
        if changed == "file":
            os.utime(path, ns=(1, 1))
        elif changed == "options":
            words += ["--dpi", "100"]
        else:  # cut in the middle of its last line: all before it holds
            journal.write_bytes(journal.read_bytes()[:-20])
        StandIn.read.clear()
        assert run(capsys, *words)[0] == 0
        assert len(StandIn.read) == (3 if changed == "journal" else 5)


def test_resuming_needs_files(tmp_path, capsys, monkeypatch):
    path = document(tmp_path / "a.pdf", (72, 72))
    for words in ((path, "--resume"), ("-", "-o", tmp_path / "a", "--resume")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
        code, _, err = run(capsys, "read", *words)
        assert code == 1 and "expected -o FILE and files to read" in err


def test_several_formats_need_a_folder(tmp_path, capsys):
    path = document(tmp_path / "a.pdf", (72, 72), (72, 72))
    code, _, err = run(capsys, "read", path, "--format", "json,text")
    assert code == 1 and "expected -o DIRECTORY" in err
    code, _, err = run(capsys, "read", path, "--format", "json", "--format", "text,page-xml", "-o", tmp_path / "out")
    assert code == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["a-0001.page.xml", "a-0002.page.xml", "a.json", "a.txt"]
    code, _, err = run(capsys, "read", path, "--format", "page-xml", "-o", tmp_path / "one.xml")
    assert code == 1 and "one page a file" in err and not (tmp_path / "one.xml").exists()
    with pytest.raises(SystemExit):
        main(["read", str(path), "--format", "json,nothing"])


def test_a_folder_of_documents(tmp_path, capsys):
    (tmp_path / "in" / "more").mkdir(parents=True)
    document(tmp_path / "in" / "a.pdf", (72, 72), (72, 36))
    cv2.imwrite(str(tmp_path / "in" / "a.png"), np.full((20, 30, 3), 255, np.uint8))
    document(tmp_path / "in" / "more" / "a.pdf", (36, 36))
    code, _, err = run(capsys, "read", tmp_path / "in", "--format", "pdf", "-o", f"{tmp_path}/out/")
    found = sorted(place.relative_to(tmp_path / "out").as_posix() for place in (tmp_path / "out").rglob("*.pdf"))
    assert code == 0 and found == ["a-2.pdf", "a.pdf", "more/a.pdf"]
    assert "4/4 " in err
    code, _, err = run(capsys, "read", tmp_path / "in", "--format", "pdf", "-o", tmp_path / "all.pdf")
    with pikepdf.open(tmp_path / "all.pdf") as pdf:
        assert code == 0 and len(pdf.pages) == 4
    code, out, _ = run(capsys, "read", tmp_path / "in")
    assert "a.pdf, page 2 <==" in out


def test_pages_can_keep_their_text(tmp_path, capsys):
    fpdf = pytest.importorskip("fpdf", reason="fpdf2 draws the document")
    made = fpdf.FPDF(unit="pt", format=(200, 200))
    made.set_font("helvetica", size=12)
    made.add_page()
    made.text(20, 30, "Its own text")
    made.add_page()
    (tmp_path / "a.pdf").write_bytes(bytes(made.output()))
    code, out, _ = run(capsys, "read", tmp_path / "a.pdf", "--skip-text")
    assert code == 0 and texts(out) == ["Its own text", "556x556 page"] and len(StandIn.read) == 1


def test_drawings_of_pages_are_numbered(tmp_path, capsys):
    path = document(tmp_path / "a.pdf", (72, 72), (72, 36))
    assert run(capsys, "read", path, "--draw", tmp_path / "seen.png")[0] == 0
    assert sorted(place.name for place in tmp_path.glob("*.png")) == ["seen-0001.png", "seen-0002.png"]
