"""Plots in Vega-Lite: one look, compiled to Vega for the page, drawn to PNG by the same library.

vl-convert carries Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) in one wheel, so the page needs no network and no
Node.js, and the static pictures are of the very specifications that the page shows.
"""

import copy
import io
from functools import cache

import vl_convert
from PIL import Image

from benchmarks.report import labels
from benchmarks.report.palette import GRID, INK, PAPER, SOFT

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_PNG_SCALE = 2.0
_COLORS = 256
LABEL_SIZE = 11
_LABELS = "labels"

_AXIS = {
    **dict.fromkeys(("labelColor", "titleColor"), SOFT),
    **dict.fromkeys(("gridColor", "domainColor", "tickColor"), GRID),
    **dict.fromkeys(("labelFont", "titleFont"), _FONT),
    **dict.fromkeys(("labelOverlap", "labelFlush"), True),
    "labelFontSize": LABEL_SIZE,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "titlePadding": 8,
}
_LEGEND = {"labelFont": _FONT, "labelFontSize": LABEL_SIZE, "labelColor": INK, "labelLimit": 260, "title": None}
_CONFIG = {
    "font": _FONT,
    "background": PAPER,
    "padding": {"left": 4, "right": 8, "top": 6, "bottom": 4},
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": _LEGEND,
    "text": {"font": _FONT, "fontSize": LABEL_SIZE},
    "title": {"font": _FONT, "color": INK, "fontSize": 13, "fontWeight": 600, "anchor": "start", "offset": 12},
}


def compiled(spec: dict) -> dict:
    """A Vega-Lite specification as Vega, as wide as its container, in the project's look."""
    whole = {"$schema": _SCHEMA, "width": "container", "config": _CONFIG} | spec
    return vl_convert.vegalite_to_vega(whole)


def png(spec: dict, width: int, title: str) -> bytes:
    """Draws a compiled specification on white, twice as fine as its size says.

    Args:
        width: Width in pixels, of the plot without the labels of its axes.

    Returns:
        A PNG file.
    """
    fixed = copy.deepcopy(spec)
    fixed["signals"] = [signal for signal in fixed.get("signals", []) if signal["name"] != "width"]
    fixed |= {"width": width, "autosize": {"type": "pad"}}
    fixed["title"] = {"text": title, "frame": "group", "anchor": "start"}
    groups = [mark for mark in fixed["marks"] if mark.get("name") == _LABELS]
    fixed["marks"] = [mark for mark in fixed["marks"] if mark not in groups]
    for group in groups:
        _fix_labels(fixed, group["marks"][0])
    return _smaller(vl_convert.vega_to_png(fixed, scale=_PNG_SCALE))


def _smaller(content: bytes) -> bytes:
    """The picture with a palette, a tenth of the size: plots have few colours."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _fix_labels(spec: dict, mark: dict) -> None:
    """Replaces labels that a browser would place by labels at fixed places."""
    probe = copy.deepcopy(mark)
    del probe["transform"]
    probe["name"] = "probe"
    probe["encode"]["update"] |= {"x": {"field": "x"}, "y": {"field": "y"}}
    scene = vl_convert.vega_to_scenegraph(spec | {"marks": [*spec["marks"], probe]})["scenegraph"]
    items = _items(scene, "probe")
    requests = [labels.Request(item["x"], item["y"], item["text"], item["fontWeight"] == 600) for item in items]
    plot = labels.PlotBox(0, 0, spec["width"], spec["height"])
    for item, box in zip(items, labels.place(requests, plot, LABEL_SIZE)):
        if box:
            look = {key: item[key] for key in ("text", "fill", "font", "fontSize", "fontWeight")}
            look |= {"baseline": "middle", "y": (box.top + box.bottom) / 2, "align": "center", "x": item["x"]}
            if box.left > item["x"]:
                look |= {"align": "left", "x": box.left}
            elif box.right < item["x"]:
                look |= {"align": "right", "x": box.right}
            encode = {"update": {key: {"value": value} for key, value in look.items()}}
            spec["marks"].append({"type": "text", "encode": encode})


def _items(node: dict, name: str) -> list[dict]:
    """The items of the mark of a name, anywhere in a scene graph."""
    if node.get("name") == name and "marktype" in node:
        return node["items"]
    return [item for child in node.get("items", []) for item in _items(child, name)]


@cache
def script() -> str:
    """Vega-Embed and all that it needs as one script, 0.9 MB, safe inside a <script> element."""
    bundle = vl_convert.javascript_bundle()
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def licence() -> str:
    """What the script is and under which licence."""
    vega, embed = vl_convert.get_vega_version(), vl_convert.get_vega_embed_version()
    return f"Vega {vega}, Vega-Embed {embed}; BSD-3-Clause, University of Washington Interactive Data Lab"


def labels_beside(spec: dict, mark: str, text: str, bold: str, offset: int = 5) -> None:
    """Adds labels to the symbols of a compiled specification where they cover neither symbols nor each other.

    Args:
        spec: Changed in place.
        bold: Field that is true for labels that are placed first, and bold.
        offset: From symbol to label, in pixels.
    """
    look = {
        "text": {"field": f"datum.{text}"},
        "fill": [{"test": f"datum.datum.{bold}", "value": INK}, {"value": SOFT}],
        "fontSize": {"value": LABEL_SIZE},
        "font": {"value": _FONT},
        "fontWeight": [{"test": f"datum.datum.{bold}", "value": 600}, {"value": 400}],
        "limit": {"signal": "max(80, 0.7 * width)"},
    }
    placing = {
        "type": "label",
        "size": {"signal": "[width, height]"},
        "sort": {"field": f"datum.datum.{bold}", "order": "descending"},
        "anchor": ["bottom-right", "top-right", "top-left", "bottom-left", "right", "left", "top", "bottom"],
        "offset": [offset],
        "padding": 12,
    }
    label = {"type": "text", "from": {"data": mark}, "interactive": False, "encode": {"update": look}}
    label["transform"] = [placing]
    # Clipped, so that a label without a place does not count when the plot is fitted into its width.
    size = {"width": {"signal": "width"}, "height": {"signal": "height"}}
    group = {"type": "group", "name": _LABELS, "clip": True, "interactive": False, "encode": {"update": size}}
    spec["marks"].append(group | {"marks": [label]})
