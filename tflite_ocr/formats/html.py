"""An HTML page that holds everything: pictures of the pages, their text selectable in place, boxes and reading order.

Words are SVG text without colour over the picture, stretched to their quads. Boxes are coloured by confidence; blocks
are numbered in the order in which they are read. Check boxes show and hide them, without a script.
"""

import base64

import cv2
import numpy as np

from tflite_ocr.formats.markup import escaped
from tflite_ocr.formats.result import Result, blocks_of, box_of, paragraphs_of, words_of
from tflite_ocr.page import Block, Page, Quad, TextLine

# From the least confidence of each colour; the last one is for everything below.
CLASSES = ((0.95, "sure"), (0.85, "likely"), (0.7, "doubtful"), (0.0, "poor"))
_LONGEST_SIDE, _QUALITY = 2400, 85
_BASELINE = 0.22  # of a line's height stands below its letters

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="tflite-ocr {model}">
<title>{model}: what was read</title>
<style>
body {{ margin: 1rem; font-family: system-ui, sans-serif; background: #eee; color: #222 }}
h2 {{ font-size: 1rem; font-weight: 600; margin: 1.5rem 0 .5rem }}
svg {{ display: block; width: 100%; height: auto; background: #fff; box-shadow: 0 1px 4px #0006 }}
svg text {{ font-family: sans-serif; white-space: pre }}
.words text {{ fill: transparent; cursor: text }}
.words text::selection, .words tspan::selection {{ background: #3584e466 }}
.lines polygon {{ fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; pointer-events: none }}
.sure {{ stroke: #1a7f37 }} .likely {{ stroke: #b08800 }} .doubtful {{ stroke: #d9480f }}
.poor {{ stroke: #c00; stroke-dasharray: 4 2 }}
.blocks rect {{ fill: none; stroke: #3050c0; stroke-dasharray: 6 4; vector-effect: non-scaling-stroke }}
.blocks text {{ fill: #3050c0; font-weight: 700; paint-order: stroke; stroke: #fff; stroke-width: .2em }}
.blocks {{ pointer-events: none; user-select: none }}
label, .key {{ margin-right: 1rem; white-space: nowrap }}
.key::before {{ content: ""; display: inline-block; width: 1em; height: .6em; margin-right: .3em; border: 2px solid }}
.key.sure::before {{ border-color: #1a7f37 }} .key.likely::before {{ border-color: #b08800 }}
.key.doubtful::before {{ border-color: #d9480f }} .key.poor::before {{ border-color: #c00; border-style: dashed }}
#boxes:not(:checked) ~ main .lines, #order:not(:checked) ~ main .blocks {{ display: none }}
#shown:checked ~ main image {{ opacity: .15 }}
#shown:checked ~ main .words text {{ fill: #111 }}
</style>
</head>
<body>
<input type="checkbox" id="boxes" checked><label for="boxes">lines</label>
<input type="checkbox" id="order" checked><label for="order">blocks in their order</label>
<input type="checkbox" id="shown"><label for="shown">text instead of the picture</label>
<span class="key sure">95 % sure or more</span><span class="key likely">85 %</span>
<span class="key doubtful">70 %</span><span class="key poor">less</span>
<main>
"""


class Html:
    """Writes pages one below the other."""

    suffix = ".html"

    def __init__(self, model: str, many: bool = False):
        """Takes the name of the model."""
        self._model = model

    def head(self) -> str:
        """What stands before the pages."""
        return _HEAD.format(model=escaped(self._model))

    def tail(self) -> str:
        """What ends the document."""
        return "</main>\n</body>\n</html>\n"

    def body(self, result: Result) -> str:
        """One page; without its picture where there is none."""
        page = result.page
        size = f'viewBox="0 0 {page.width} {page.height}" style="max-width:{page.width}px"'
        out = [f"<section><h2>{escaped(result.title)}</h2>", f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
        if result.image is not None:
            data = _packed(result.picture())
            out.append(f'<image width="{page.width}" height="{page.height}" href="data:image/jpeg;base64,{data}"/>')
        blocks = blocks_of(page)
        out += ['<g class="blocks">', *_numbered(blocks, page), "</g>", '<g class="lines">']
        for line in page.lines:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in line.quad)
            out.append(f'<polygon class="{confidence_class(line.confidence)}" points="{points}"/>')
        out += ["</g>", '<g class="words">']
        for block in blocks:
            for paragraph in paragraphs_of(block):
                out += [_text(line) for line in paragraph]
        return "\n".join([*out, "</g></svg></section>", ""])


def confidence_class(confidence: float) -> str:
    """The name of the colour of a confidence."""
    return next((name for least, name in CLASSES if confidence >= least), CLASSES[-1][1])


def _packed(picture: np.ndarray) -> str:
    longest = max(picture.shape[:2])
    if longest > _LONGEST_SIDE:
        share = _LONGEST_SIDE / longest
        picture = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return base64.b64encode(packed.tobytes()).decode("ascii")


def _numbered(blocks: tuple[Block, ...], page: Page) -> list[str]:
    """The outline of each block with its number beside its beginning."""
    out, letter = [], max(page.width, page.height) / 60
    for number, block in enumerate(blocks, 1):
        left, top, right, bottom = box_of(*(line.quad for line in block.lines))
        out.append(f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"/>')
        # On the left of the block, where it covers none of its text, or above it at the page's edge.
        at = (left - 0.25 * letter, top + 0.9 * letter) if left > 1.6 * letter else (left + letter, max(top, letter))
        out.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{letter:.1f}" text-anchor="end">{number}</text>')
    return out


def _text(line: TextLine) -> str:
    """A line of selectable words; in its own coordinates it runs to the right from (0, 0)."""
    start, along, height = _run(line.quad)
    words = []
    for word in words_of(line):
        first = float(np.dot(np.array(word.quad[3]) - start, along))
        last = float(np.dot(np.array(word.quad[2]) - start, along))
        length = max(last - first, 0.1)
        fitted = f'x="{first:.1f}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
        words.append(f"<tspan {fitted}>{escaped(word.text)}</tspan>")
    (x, y), (cos, sin) = start + np.array([along[1], -along[0]]) * height * _BASELINE, along
    matrix = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.2f} {y:.2f}"
    title = escaped(f"{line.text} ({100 * line.confidence:.0f} %)")
    placed = f'transform="matrix({matrix})" font-size="{0.85 * height:.1f}"'
    return f"<text {placed}><title>{title}</title>{' '.join(words)}</text>"


def _run(quad: Quad) -> tuple[np.ndarray, np.ndarray, float]:
    """Where the lower edge of a line begins, its direction, and the line's height."""
    corners = np.array(quad, np.float64)
    along = corners[2] - corners[3] + corners[1] - corners[0]
    along = along / (np.linalg.norm(along) or 1.0)
    return corners[3], along, max(float(np.linalg.norm(corners[0] - corners[3])), 1.0)
