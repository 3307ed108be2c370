"""The converted PP-OCRv6 from image to text: a photo of a page with known text, turned, joined, shared and damaged."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from evaluation.texts import bag_of_words
from tflite_ocr import Reader

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TRUE = (GOLDEN / "page.txt").read_text(encoding="utf-8").splitlines()
SENTENCE = "The quick brown fox jumps over the lazy dog 0123456789."


@pytest.fixture(scope="module")
def page():
    return cv2.imread(str(GOLDEN / "page.png"))


@pytest.fixture(scope="module", params=["float32", "int8"])
def reader(request, ppocr_model):
    reader = Reader(ppocr_model)
    if request.param not in reader.manifest.precisions():
        pytest.skip(f"artifacts/ppocr was converted without {request.param}")
    return Reader(ppocr_model, precision=request.param)


@pytest.fixture(scope="module")
def default_reader(ppocr_model):
    return Reader(ppocr_model, threads=2)


def f1(lines, true=TRUE):
    return bag_of_words([line.text for line in lines], true).f1


def drawn(text, margin=12):
    """Black text on white by OpenCV's own font, one line."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)
    image = np.full((height + below + 2 * margin, width + 2 * margin, 3), 255, np.uint8)
    cv2.putText(image, text, (margin, height + margin), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2, cv2.LINE_AA)
    return image


def test_the_page_is_read(reader, page):
    lines = reader.read(page)
    assert f1(lines) >= 0.9
    assert [line.text.split()[0] for line in lines][:2] == ["Region-based", "Let"]
    blurred = cv2.resize(cv2.resize(page, None, fx=0.25, fy=0.25), page.shape[1::-1])
    assert f1(reader.read(blurred)) < 0.5  # the measure does tell what cannot be read


@pytest.mark.parametrize("turn", [cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_the_turned_page_is_read(reader, page, turn):
    assert f1(reader.read(cv2.rotate(page, turn))) >= 0.9


def test_quads_of_upside_down_lines_begin_where_their_text_does(reader, page):
    upright = {line.text: line for line in reader.read(page)}
    height, width = page.shape[:2]
    compared = 0
    for line in reader.read(cv2.rotate(page, cv2.ROTATE_180)):
        if line.text in upright:
            compared += 1
            wanted = np.float32([width, height]) - np.float32(upright[line.text].quad)
            assert np.abs(wanted - np.float32(line.quad)).max() < 12
    assert compared >= 3


def test_a_line_wider_than_all_buckets_keeps_its_text(reader):
    line = drawn(" ".join([SENTENCE] * 6))
    assert line.shape[1] * 48 / line.shape[0] > 3200  # beyond the widest planned canvas: read in windows
    (result,) = reader.recognize([line])
    assert bag_of_words([result.text], [SENTENCE] * 6).f1 >= 0.97
    framed = cv2.copyMakeBorder(line, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    assert f1(reader.read(framed), [SENTENCE] * 6) >= 0.95


def signs():
    """Five times the ideograph for "middle", a box and a stroke through it, as high as drawn text."""
    row = np.full((60, 260, 3), 255, np.uint8)
    for left in range(10, 250, 50):
        cv2.rectangle(row, (left, 18), (left + 30, 36), (0, 0, 0), 3)
        cv2.line(row, (left + 15, 6), (left + 15, 54), (0, 0, 0), 3)
    return row


def test_signs_of_another_script_are_unknown_and_not_letters(reader):
    (result,) = reader.recognize([signs()])
    if "中" in reader.manifest.recognizers[0].charset:
        pytest.skip("artifacts/ppocr was converted with --charset full")
    assert result.text == "\ufffd" * 5 and result.confidence > 0.9
    line = drawn("Hello World")
    page = np.full((200, 320, 3), 255, np.uint8)
    page[20:80, 10:270], page[110 : 110 + line.shape[0], 10 : 10 + line.shape[1]] = signs(), line
    assert [found.text for found in reader.read(page)] == ["Hello World"]
    assert reader.read(page[:100]) == []


def test_batches_and_threads_read_what_one_call_reads(default_reader, page):
    half = page[: page.shape[0] // 2]
    pictures = [page, drawn(SENTENCE), half, np.full((64, 64, 3), 255, np.uint8), cv2.rotate(page, cv2.ROTATE_180)]
    alone = [default_reader.read(picture) for picture in pictures]
    assert [bool(lines) for lines in alone] == [True, True, True, False, True]
    assert default_reader.read_batch(pictures) == alone
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(default_reader.read, pictures * 2)) == alone * 2


def test_every_kind_of_source_gives_the_same_text(default_reader, tmp_path, page):
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    wanted = default_reader.read(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    assert f1(wanted) >= 0.9
    rgba = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA)
    encoded = cv2.imencode(".png", rgba)[1].tobytes()
    (tmp_path / "page.png").write_bytes(encoded)
    for source in (grey, rgba, encoded, io.BytesIO(encoded), tmp_path / "page.png"):
        assert default_reader.read(source) == wanted


def test_readtext_returns_what_easyocr_would(default_reader, page):
    lines = default_reader.read(page)
    triples = default_reader.readtext(page)
    assert [text for _, text, _ in triples] == default_reader.readtext(page, detail=0) == [line.text for line in lines]
    assert all(np.shape(box) == (4, 2) and 0 <= confidence <= 1 for box, _, confidence in triples)
    joined = default_reader.readtext(page, paragraph=True)
    assert len(joined) <= len(triples) and bag_of_words([text for _, text in joined], TRUE).f1 >= 0.9
    digits = default_reader.readtext(drawn("Total 1234"), detail=0, allowlist="0123456789")
    assert "1234" in "".join(digits) and set("".join(digits)) <= set("0123456789")


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 20000, 3), (20000, 10, 3), (300, 400, 3)])
@pytest.mark.parametrize("shade", [0, 255])
def test_images_without_text_give_no_lines(reader, shape, shade):
    page = reader.read_page(np.full(shape, shade, np.uint8))
    assert page.lines == () and (page.height, page.width) == shape[:2]
