"""PAGE-XML (PRImA, page content of 2019-07-15): regions in reading order, lines and words as XML."""

from datetime import datetime, timezone

from tflite_ocr import __version__
from tflite_ocr.formats.markup import Identities, escaped
from tflite_ocr.formats.result import Result, blocks_of, words_of
from tflite_ocr.page import Block, Quad, TextLine

_SPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="{space} {space}/pagecontent.xsd">
 <Metadata>
  <Creator>tflite-ocr {version}, {model}</Creator>
  <Created>{now}</Created>
  <LastChange>{now}</LastChange>
 </Metadata>
"""


class PageXml:
    """Writes one page; the format knows no document of several."""

    suffix = ".page.xml"
    one_page = True

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model."""
        self._model, self._page = model, (1, 1)
        self._name = Identities()

    def head(self) -> str:
        """The metadata."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _HEAD.format(space=_SPACE, version=__version__, model=escaped(self._model), now=now)

    def tail(self) -> str:
        """What ends the document."""
        return "</PcGts>\n"

    def body(self, result: Result) -> str:
        """The page with its reading order, regions, lines and words."""
        self._name, page = Identities(), result.page
        self._page = page.width, page.height
        blocks = blocks_of(page)
        dpi = ""
        if result.dpi:
            dpi = f' imageXResolution="{result.dpi:.2f}" imageYResolution="{result.dpi:.2f}" imageResolutionUnit="PPI"'
        out = [
            f' <Page imageFilename="{escaped(result.name)}" imageWidth="{page.width}" imageHeight="{page.height}"{dpi}>'
        ]
        if blocks:
            out += ["  <ReadingOrder>", '   <OrderedGroup id="order">']
            for index in range(len(blocks)):
                out.append(f'    <RegionRefIndexed index="{index}" regionRef="region_{index + 1}"/>')
            out += ["   </OrderedGroup>", "  </ReadingOrder>"]
        for number, block in enumerate(blocks, 1):
            out += (
                self._table(block, number) if block.rows else self._region(f"region_{number}", block.lines, block.kind)
            )
        return "\n".join([*out, " </Page>", ""])

    def _region(self, identity: str, lines: tuple[TextLine, ...], kind: str, role: str = "") -> list[str]:
        named = f' type="{"heading" if kind == "heading" else "paragraph"}"'
        out = [f'  <TextRegion id="{identity}"{named}>', f"   {self._coords(*(line.quad for line in lines))}"]
        if role:
            out.append(role)
        for line in lines:
            out += [f'   <TextLine id="{self._name("line")}">', f"    {self._coords(line.quad)}"]
            out.append(f'    <Baseline points="{self._points((line.quad[3], line.quad[2]))}"/>')
            for word in words_of(line):
                out += [f'    <Word id="{self._name("word")}">', f"     {self._coords(word.quad)}"]
                out += [f"     {_equivalent(word.text, word.confidence)}", "    </Word>"]
            out += [f"    {_equivalent(line.text, line.confidence)}", "   </TextLine>"]
        text = "\n".join(line.text for line in lines)
        return [*out, f"   {_equivalent(text, None)}", "  </TextRegion>"]

    def _table(self, block: Block, number: int) -> list[str]:
        size = f'rows="{len(block.rows)}" columns="{max(map(len, block.rows))}"'
        out = [
            f'  <TableRegion id="region_{number}" {size}>',
            f"   {self._coords(*(line.quad for line in block.lines))}",
        ]
        for row, cells in enumerate(block.rows):
            for column, cell in enumerate(cells):
                if cell:
                    role = f'   <Roles><TableCellRole rowIndex="{row}" columnIndex="{column}"/></Roles>'
                    out += self._region(self._name("cell"), cell, "text", role)
        return [*out, "  </TableRegion>"]

    def _coords(self, *quads: Quad) -> str:
        """The quad itself, or the rectangle around several."""
        if len(quads) > 1:
            xs, ys = [x for quad in quads for x, _ in quad], [y for quad in quads for _, y in quad]
            quads = (((min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys))),)
        return f'<Coords points="{self._points(quads[0])}"/>'

    def _points(self, points: tuple[tuple[float, float], ...]) -> str:
        """Whole pixels inside of the page; the schema has no others."""
        width, height = self._page
        return " ".join(f"{min(max(round(x), 0), width)},{min(max(round(y), 0), height)}" for x, y in points)


def _equivalent(text: str, confidence: float | None) -> str:
    sure = "" if confidence is None else f' conf="{min(1.0, max(0.0, confidence)):.4f}"'
    return f"<TextEquiv{sure}><Unicode>{escaped(text)}</Unicode></TextEquiv>"
