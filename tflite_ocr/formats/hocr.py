"""hOCR 1.2 (https://kba.github.io/hocr-spec/1.2/): XHTML whose classes and titles say what was read and where."""

from tflite_ocr.formats.markup import escaped
from tflite_ocr.formats.result import Result, angle_of, blocks_of, box_of, paragraphs_of, words_of
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
        page, name = result.page, result.name.replace("\\", "/").replace('"', "'")
        facts = f'image "{name}"; bbox 0 0 {page.width} {page.height}; ppageno {result.number - 1}'
        if result.dpi:
            facts += f"; scan_res {result.dpi:.0f} {result.dpi:.0f}"
        out = [f'  <div class="ocr_page" id="page_{self._page}" title="{escaped(facts)}">']
        areas = paragraphs = lines = words = 0
        for block in blocks_of(page):
            areas += 1
            out.append(
                f'   <div class="ocr_carea" {self._identity("block", areas)} {_box([x.quad for x in block.lines])}>'
            )
            for paragraph in paragraphs_of(block):
                paragraphs += 1
                out.append(
                    f'    <p class="ocr_par" {self._identity("par", paragraphs)} {_box([x.quad for x in paragraph])}>'
                )
                for line in paragraph:
                    lines += 1
                    kind = "ocr_header" if block.kind == "heading" else "ocr_line"
                    out.append(f'     <span class="{kind}" {self._identity("line", lines)} title="{_placing(line)}">')
                    for word in words_of(line):
                        words += 1
                        box = " ".join(map(str, box_of(word.quad)))
                        sure = f"bbox {box}; x_wconf {round(100 * word.confidence)}"
                        identity = self._identity("word", words)
                        out.append(
                            f'      <span class="ocrx_word" {identity} title="{sure}">{escaped(word.text)}</span>'
                        )
                    out.append("     </span>")
                out.append("    </p>")
            out.append("   </div>")
        return "\n".join([*out, "  </div>", ""])

    def _identity(self, kind: str, number: int) -> str:
        return f'id="{kind}_{self._page}_{number}"'


def _box(quads: list[Quad]) -> str:
    return f'title="bbox {" ".join(map(str, box_of(*quads)))}"'


def _placing(line: TextLine) -> str:
    """Box, baseline or angle, and size of a line."""
    box, angle = box_of(line.quad), angle_of(line.quad)
    (left, top), _, (right, bottom), (near, base) = line.quad
    facts = [f"bbox {' '.join(map(str, box))}"]
    if abs(angle) < _STEEP:
        slope = (bottom - base) / max(1.0, right - near)
        facts.append(f"baseline {slope:.4f} {base + slope * (box[0] - near) - box[3]:.1f}")
    else:
        facts.append(f"textangle {-angle % 360:.1f}")
    facts.append(f"x_size {((left - near) ** 2 + (top - base) ** 2) ** 0.5:.1f}")
    return "; ".join(facts)
