"""hOCR, ALTO, PAGE-XML and HTML: well formed, true to what was read, and valid where the schemas are at hand."""

import re
from pathlib import Path

import pytest

from tests.tflite_ocr.formats import drawn
from tflite_ocr import formats
from tflite_ocr.page import Page

etree = pytest.importorskip("lxml.etree", reason="lxml reads the markup")

SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "schemas"
SCHEMA_OF = {"alto": "alto-4-3.xsd", "page-xml": "pagecontent.xsd"}
PAGES = {
    "blocks": drawn.page(),
    "lines": drawn.page(blocks=False),
    "without words": drawn.page(words=False),
    "turned": drawn.page(angle=7),
    "steep": drawn.page(angle=100),
    "empty": Page((), 640, 480, drawn.TIMING),
}


def written(name, *pages, dpi=300.0):
    made = formats.find(name)('edge "&<', False)
    body = [
        made.body(formats.Result('sc"an\x01 <&>.pdf', page, number, len(pages), dpi))
        for number, page in enumerate(pages, 1)
    ]
    return (made.head() + "".join(body) + made.tail()).encode()


def words(page):
    return [word.text for line in page.lines for word in formats.result.words_of(line)]


@pytest.fixture(scope="module")
def schema():
    made = {}

    def load(name):
        if not SCHEMAS.is_dir():
            pytest.skip("the schemas of ALTO and PAGE are not at hand")
        if name not in made:
            made[name] = etree.XMLSchema(etree.parse(SCHEMAS / SCHEMA_OF[name]))
        return made[name]

    return load


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("name", SCHEMA_OF)
def test_xml_is_valid(name, kind, schema):
    tree = etree.fromstring(written(name, PAGES[kind]))
    assert schema(name).validate(tree), schema(name).error_log


@pytest.mark.parametrize("name", ["alto", "page-xml", "hocr", "html"])
def test_images_that_have_no_resolution_say_none(name):
    data = written(name, PAGES["blocks"], dpi=None)
    assert words(PAGES["blocks"])[0].encode() in data
    assert b"None" not in data and b"scan_res" not in data and b"Resolution=" not in data


def test_several_pages_are_valid_alto(schema):
    data = written("alto", *PAGES.values())
    assert schema("alto").validate(etree.fromstring(data)), schema("alto").error_log
    broken = data.replace(b' PHYSICAL_IMG_NR="2"', b"")
    assert not schema("alto").validate(etree.fromstring(broken))


@pytest.mark.parametrize("kind", PAGES)
def test_alto_holds_every_word_in_order(kind):
    tree = etree.fromstring(written("alto", PAGES[kind]))
    strings = tree.findall(".//{*}String")
    assert [item.get("CONTENT") for item in strings] == words(PAGES[kind])
    assert {float(item.get("WC")) for item in strings} <= {0.75, 0.9}


@pytest.mark.parametrize("kind", PAGES)
def test_page_xml_holds_every_word_in_order(kind):
    tree = etree.fromstring(written("page-xml", PAGES[kind]))
    assert [item.findtext("{*}TextEquiv/{*}Unicode") for item in tree.iter("{*}Word")] == words(PAGES[kind])
    order = [item.get("regionRef") for item in tree.iter("{*}RegionRefIndexed")]
    assert order == [item.get("id") for item in tree.find("{*}Page") if item.tag.endswith("Region")]
    cells = [(role.get("rowIndex"), role.get("columnIndex")) for role in tree.iter("{*}TableCellRole")]
    assert cells == ([("0", "0"), ("0", "1"), ("1", "0")] if PAGES[kind].blocks else [])


def test_page_xml_has_one_page_a_file():
    assert formats.find("page-xml").one_page and not hasattr(formats.find("alto"), "one_page")


@pytest.mark.parametrize("kind", PAGES)
def test_hocr(kind):
    page = PAGES[kind]
    tree = etree.fromstring(written("hocr", page, page))
    assert len(tree.findall(".//{*}div[@class='ocr_page']")) == 2
    found = tree.findall(".//{*}span[@class='ocrx_word']")
    assert ["".join(item.itertext()) for item in found] == 2 * words(page)
    identities = [item.get("id") for item in tree.iter() if item.get("id")]
    assert len(identities) == len(set(identities))
    for item in tree.iter():
        if item.get("class", "").startswith("ocr"):
            left, top, right, bottom = map(int, re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", item.get("title")).groups())
            assert left < right and top < bottom
            parent = item.getparent()
            if parent.get("class", "").startswith("ocr") and item.get("class") != "ocrx_word":
                outer = list(map(int, re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", parent.get("title")).groups()))
                if parent.get("class") != "ocr_page":  # a line may run over the edge of the page
                    assert outer[0] <= left and outer[1] <= top and outer[2] >= right and outer[3] >= bottom
    assert "scan_res 300 300" in tree.find(".//{*}div[@class='ocr_page']").get("title")


def test_hocr_tells_how_lines_run():
    page = drawn.page(angle=7)
    title = etree.fromstring(written("hocr", page)).find(".//{*}span[@class='ocr_line']").get("title")
    slope, offset = map(float, re.search(r"baseline (\S+) (\S+);", title).groups())
    assert slope == pytest.approx(0.1228, abs=1e-3)  # tan 7°
    left, bottom = (int(re.search(r"bbox (\d+) \d+ \d+ (\d+)", title).group(i)) for i in (1, 2))
    near = page.lines[1].quad[3]
    assert bottom + offset + slope * (near[0] - left) == pytest.approx(near[1], abs=0.1)
    steep = etree.fromstring(written("hocr", drawn.page(angle=100))).find(".//{*}span[@class='ocr_line']").get("title")
    assert "textangle 260.0" in steep and "baseline" not in steep


@pytest.mark.parametrize("kind", PAGES)
def test_html_holds_lines_as_text(kind):
    from lxml import html

    tree = html.fromstring(written("html", PAGES[kind]))
    lines = [
        " ".join(item.text_content() for item in text.iter("tspan")) for text in tree.xpath("//g[@class='words']/text")
    ]
    assert lines == [" ".join(line.text.split()) for line in PAGES[kind].lines]
    assert len(tree.xpath("//g[@class='blocks']/rect")) == (3 if PAGES[kind].blocks else bool(PAGES[kind].lines))
    assert not tree.xpath("//script")


def test_confidence_has_colours():
    from tflite_ocr.formats.html import confidence_class

    assert [confidence_class(value) for value in (1, 0.95, 0.9, 0.7, 0.1, 0)] == [
        *("sure", "sure", "likely", "doubtful", "poor", "poor")
    ]
