"""hOCR 1.2 (https://kba.github.io/hocr-spec/1.2/): XHTML whose classes and titles say what was read and where."""

from collections.abc import Iterable

from tflite_ocr import geometry
from tflite_ocr.formats.markup import Identities, escaped
from tflite_ocr.formats.result import Result, blocks_of, box_of, paragraphs_of, words_of
from tflite_ocr.page import Quad, TextLine

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title></title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="tflite-ocr {model}"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_wconf"/>
 </head>
 <body>
"""
_STEEP = 45.0  # degrees: a line that is turned further has no baseline from left to right


class Hocr:
    """Writes pages as one hOCR document."""

    suffix = ".hocr"

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model; the order of pages numbers their elements."""
        self._model, self._page = model, 0

    def head(self) -> str:
        """What stands before the pages."""
        return _HEAD.format(model=escaped(self._model))

    def tail(self) -> str:
        """What ends the document."""
        return " </body>\n</html>\n"

    def body(self, result: Result) -> str:
        """One page as an ocr_page with areas, paragraphs, lines and words."""
        self._page += 1
        page, file = result.page, result.name.replace("\\", "/").replace('"', "'")
        facts = f'image "{file}"; bbox 0 0 {page.width} {page.height}; ppageno {result.number - 1}'
        if result.dpi:
            facts += f"; scan_res {result.dpi:.0f} {result.dpi:.0f}"
        out = [f'  <div class="ocr_page" id="page_{self._page}" title="{escaped(facts)}">']
        name = Identities(self._page)

        def tag(kind: str, of: str, facts: str) -> str:
            return f'class="{kind}" id="{name(of)}" title="{facts}"'

        for block in blocks_of(page):
            out.append(f"   <div {tag('ocr_carea', 'block', _box(line.quad for line in block.lines))}>")
            for paragraph in paragraphs_of(block):
                out.append(f"    <p {tag('ocr_par', 'par', _box(line.quad for line in paragraph))}>")
                for line in paragraph:
                    kind = "ocr_header" if block.kind == "heading" else "ocr_line"
                    out.append(f"     <span {tag(kind, 'line', _placing(line))}>")
                    for word in words_of(line):
                        sure = f"{_box([word.quad])}; x_wconf {round(100 * word.confidence)}"
                        out.append(f"      <span {tag('ocrx_word', 'word', sure)}>{escaped(word.text)}</span>")
                    out.append("     </span>")
                out.append("    </p>")
            out.append("   </div>")
        return "\n".join([*out, "  </div>", ""])


def _box(quads: Iterable[Quad]) -> str:
    return f"bbox {' '.join(map(str, box_of(*quads)))}"


def _placing(line: TextLine) -> str:
    """Box, baseline or angle, and size of a line."""
    box, angle = box_of(line.quad), float(geometry.angles(line.quad))
    (left, top), _, (right, bottom), (near, base) = line.quad
    facts = [_box([line.quad])]
    if abs(angle) < _STEEP:
        slope = (bottom - base) / max(1.0, right - near)
        facts.append(f"baseline {slope:.4f} {base + slope * (box[0] - near) - box[3]:.1f}")
    else:
        facts.append(f"textangle {-angle % 360:.1f}")
    facts.append(f"x_size {((left - near) ** 2 + (top - base) ** 2) ** 0.5:.1f}")
    return "; ".join(facts)
