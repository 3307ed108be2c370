"""ALTO 4 (https://www.loc.gov/standards/alto/): blocks, lines and words as XML, with pixels as the unit."""

from collections.abc import Sequence

from tflite_ocr import __version__, geometry
from tflite_ocr.formats.markup import Identities, escaped
from tflite_ocr.formats.result import Result, blocks_of, box_of, words_of
from tflite_ocr.page import Block, Point, Quad, TextLine

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-3.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
  <sourceImageInformation>
   <fileName>{name}</fileName>
  </sourceImageInformation>
  <Processing ID="reading">
   <processingSoftware>
    <softwareName>tflite-ocr</softwareName>
    <softwareVersion>{version}</softwareVersion>
    <applicationDescription>{model}</applicationDescription>
   </processingSoftware>
  </Processing>
 </Description>
 <Layout>
"""


class Alto:
    """Writes pages as one ALTO document, which names the first of their files."""

    suffix = ".alto.xml"

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model."""
        self._model, self._page = model, 0
        self._name = Identities()

    def head(self) -> str:
        """Nothing: the document begins with the first page, whose file it names."""
        return ""

    def tail(self) -> str:
        """What ends the document."""
        if not self._page:
            raise ValueError("expected at least one page, found none: an ALTO document has one")
        return " </Layout>\n</alto>\n"

    def body(self, result: Result) -> str:
        """One page with its blocks in reading order; a table is a block of blocks, one a cell."""
        self._page += 1
        self._name = Identities(self._page)
        page, out = result.page, []
        if self._page == 1:
            out.append(
                _HEAD.format(name=escaped(result.name), version=__version__, model=escaped(self._model)).rstrip()
            )
        sure = [line.confidence for line in page.lines]
        quality = f' PC="{sum(sure) / len(sure):.4f}"' if sure else ""
        size = f'WIDTH="{page.width}" HEIGHT="{page.height}"'
        out.append(f'  <Page ID="page_{self._page}" PHYSICAL_IMG_NR="{result.number}" {size}{quality}>')
        out.append(f'   <PrintSpace HPOS="0" VPOS="0" {size}>')
        for block in blocks_of(page):
            out += self._block(block)
        return "\n".join([*out, "   </PrintSpace>", "  </Page>", ""])

    def _block(self, block: Block) -> list[str]:
        if not block.rows:
            return self._text(block.lines, "    ")
        out = [f'    <ComposedBlock ID="{self._name("block")}" {_place([x.quad for x in block.lines])} TYPE="table">']
        for row in block.rows:
            for cell in row:
                out += self._text(cell, "     ") if cell else []
        return [*out, "    </ComposedBlock>"]

    def _text(self, lines: tuple[TextLine, ...], indent: str) -> list[str]:
        out = [f'{indent}<TextBlock ID="{self._name("block")}" {_place([line.quad for line in lines])}>']
        for line in lines:
            out.append(f'{indent} <TextLine ID="{self._name("line")}" {_place([line.quad])}{_baseline(line)}>')
            out.append(f'{indent}  <Shape><Polygon POINTS="{_points(line.quad)}"/></Shape>')
            before = None
            for word in words_of(line):
                box = box_of(word.quad)
                if before:
                    gap = max(0, box[0] - before[2])
                    out.append(f'{indent}  <SP HPOS="{min(before[2], box[0])}" VPOS="{before[1]}" WIDTH="{gap}"/>')
                out.append(
                    f'{indent}  <String ID="{self._name("word")}" {_place([word.quad])} '
                    f'WC="{min(1.0, max(0.0, word.confidence)):.4f}" CONTENT="{escaped(word.text)}"/>'
                )
                before = box
            out.append(f"{indent} </TextLine>")
        return [*out, f"{indent}</TextBlock>"]


def _place(quads: list[Quad]) -> str:
    left, top, right, bottom = box_of(*quads)
    return f'HPOS="{left}" VPOS="{top}" WIDTH="{right - left}" HEIGHT="{bottom - top}"'


def _points(quad: Sequence[Point]) -> str:
    return " ".join(f"{round(x)},{round(y)}" for x, y in quad)


def _baseline(line: TextLine) -> str:
    """The lower edge, for a line that runs from left to right or nearly so."""
    if abs(geometry.angles(line.quad)) >= 45:
        return ""
    return f' BASELINE="{_points((line.quad[3], line.quad[2]))}"'
