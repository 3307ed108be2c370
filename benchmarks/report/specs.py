"""Specifications of the four kinds of plot: scatter with a front, bars, rows of symbols, lines.

Each takes rows of plain values: "label", "color", "fill", "shape", "tip" (the text that appears beside a symbol) and
the figures with their "_low" and "_high" ends.
"""

import math

from benchmarks.report.palette import GRID, INK, SOFT
from benchmarks.report.vega import compiled, labels_beside
from evaluation.quality import METRICS

_ROW_STEP = 32  # pixels
_SYMBOL, _ON_FRONT = 90, 170  # square pixels
_BELOW = 7  # from the middle of a row to its bar or symbol, in pixels
_POINT = {"type": "point", "strokeWidth": 1.5, "opacity": 1}
_SPREAD = {"type": "rule", "opacity": 0.55}
_DASHED = {"color": SOFT, "strokeDash": [5, 4], "strokeWidth": 1.5}
_INK = {"color": {"field": "color", "type": "nominal", "scale": None}}
_TIP = {"tooltip": {"field": "tip", "type": "nominal"}}
_SYMBOLS = {
    "shape": {"field": "shape", "type": "nominal", "scale": None},
    "stroke": {"field": "color", "type": "nominal", "scale": None},
    "fill": {"field": "fill", "type": "nominal", "scale": None},
    **_TIP,
}
_ROWS = {"y": {"field": "row", "type": "nominal", "sort": None, "axis": None}}
_CHOSEN = {"filter": "datum.set === set && datum.metric === metric"}
_LESS_IS_BETTER = " || ".join(f"metric === '{key}'" for key, about in METRICS.items() if not about.higher_is_better)


def scatter(rows: list[dict], first: tuple[str, str]) -> dict:
    """Accuracy ("value") against time ("ms", logarithmic), with the front of the best ("front")."""
    ticks = {name: _ticks([row for row in rows if row["set"] == name], "ms") for name in {row["set"] for row in rows}}
    x = _logarithmic("ms", 28, {"title": "time per image, ms (less is better)", "values": {"expr": "ticks[set]"}})
    y = _scaled("value", {"zero": False, "padding": 18, "reverse": {"expr": _LESS_IS_BETTER}}, {"title": "accuracy"})
    front = {"type": "line", "interpolate": "step-after", **_DASHED}
    size = {"size": {"condition": {"test": "datum.front", "value": _ON_FRONT}, "value": _SYMBOL}}
    across = {"x": x | {"field": "ms_low"}, "x2": {"field": "ms_high"}}
    along = {"y": y | {"field": "value_low"}, "y2": {"field": "value_high"}}
    layers = [
        {"transform": [{"filter": "datum.front"}], "mark": front, "encoding": {"order": {"field": "ms"}}},
        {"mark": _SPREAD, "encoding": across | _INK},
        {"mark": _SPREAD, "encoding": along | _INK},
        {"name": "symbols", "mark": _POINT, "encoding": _SYMBOLS | size},
    ]
    whole = {"height": 440, "data": {"values": rows}, "encoding": {"x": x, "y": y}, "layer": layers}
    spec = compiled(whole | {"params": [*_params(first), {"name": "ticks", "value": ticks}], "transform": [_CHOSEN]})
    _title_by_metric(spec)
    labels_beside(spec, "symbols_marks", "label", "front", offset=6)
    return spec


def bars(rows: list[dict]) -> dict:
    """A bar of "value" a row, the part up to "inner" darker, with the label and "shown" above it."""
    x = {"type": "quantitative", "axis": None, "scale": {"nice": False}}
    outer = {"type": "bar", "height": 7, "yOffset": _BELOW - 1, "opacity": 0.4, "cornerRadiusEnd": 2}
    layers = [
        {"mark": outer, "encoding": {"x": x | {"field": "value"}, **_INK, **_TIP}},
        {"mark": outer | {"opacity": 1}, "encoding": {"x": x | {"field": "inner"}, **_INK, **_TIP}},
        *_above(),
    ]
    whole = {"height": {"step": _ROW_STEP}, "data": {"values": _ranked(rows)}, "encoding": _ROWS, "layer": layers}
    return compiled(whole)


def dots(rows: list[dict], title: str | None, first: tuple[str, str] | None = None) -> dict:
    """A symbol at "value" with its spread a row, with the label and "shown" above it.

    Args:
        first: Without it the axis is logarithmic; with it, linear: rows are chosen by the signals "set" and
            "metric", these are the first, and a line stands at the row that is the "source".
    """
    axis = {"title": title, "grid": False}
    if first:
        x = _scaled("value", {"zero": False, "padding": 12}, axis | {"tickCount": 5})
    else:
        x = _logarithmic("value", 8, axis | {"values": _ticks(rows, "value")})
    spread = _SPREAD | {"yOffset": _BELOW, "y2Offset": _BELOW, "strokeWidth": 2}
    track = {"type": "rule", "yOffset": _BELOW, "color": GRID}
    layers = [
        {"mark": track, "encoding": {"x": {"value": 0}, "x2": {"value": "width"}}},
        {"mark": spread, "encoding": {"x": x | {"field": "value_low"}, "x2": {"field": "value_high"}, **_INK}},
        {"mark": _POINT | {"yOffset": _BELOW, "size": 70}, "encoding": {"x": x, **_SYMBOLS}},
        *_above(),
    ]
    whole = {"height": {"step": _ROW_STEP}, "data": {"values": _ranked(rows)}, "encoding": _ROWS, "layer": layers}
    if first:
        line = {"x": x, "y": {"value": 0}, "y2": {"value": "height"}}
        source = {"transform": [{"filter": "datum.source"}], "mark": {"type": "rule", **_DASHED}, "encoding": line}
        whole |= {"params": _params(first), "transform": [_CHOSEN], "layer": [source, *layers]}
    return compiled(whole)


def lines(rows: list[dict], title: str) -> dict:
    """A line of "ms" over "x" for each label, both axes logarithmic, with a legend above."""
    x = _logarithmic("x", 14, {"title": title, "grid": False, "values": sorted({row["x"] for row in rows})})
    y = _logarithmic("ms", 10, {"title": "ms per image", "values": _ticks(rows, "ms")})
    looks = {row["label"]: (row["color"], row["shape"]) for row in rows}
    legend = {"orient": "top", "columns": {"expr": "width < 420 ? 1 : 2"}, "symbolSize": 70, "symbolOpacity": 1}
    series = {"field": "label", "type": "nominal", "title": None, "legend": legend}
    color = series | {"scale": {"domain": list(looks), "range": [color for color, _ in looks.values()]}}
    shape = series | {"scale": {"domain": list(looks), "range": [shape for _, shape in looks.values()]}}
    band = {"y": y | {"field": "ms_low"}, "y2": {"field": "ms_high"}, "color": color}
    layers = [
        {"mark": {"type": "area", "opacity": 0.15}, "encoding": band},
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"color": color}},
        {"mark": _POINT | {"size": 60}, "encoding": {"shape": shape, "stroke": color, "fill": color, **_TIP}},
    ]
    return compiled({"height": 280, "data": {"values": rows}, "encoding": {"x": x, "y": y}, "layer": layers})


def _scaled(name: str, scale: dict, axis: dict) -> dict:
    return {"field": name, "type": "quantitative", "scale": {"nice": False} | scale, "axis": axis}


def _logarithmic(name: str, padding: int, axis: dict) -> dict:
    """A figure on a logarithmic axis; `padding` in pixels before the first and behind the last."""
    return _scaled(name, {"type": "log", "padding": padding}, {"format": "~r"} | axis)


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, for a logarithmic axis: powers of ten, or of each 1, 2, 5, or more of them.

    Where there is no round one, `low` itself.
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps, enough in (((1,), 5), ((1, 2, 5), 3), (range(1, 10), 3), ([step / 10 for step in range(10, 100)], 0)):
        ticks = [float(f"{step * 10.0**decade:.6g}") for decade in decades for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= enough:
            break
    return ticks or [low]


def _ticks(rows: list[dict], name: str) -> list[float]:
    """The ticks for a figure and its spread."""
    return log_ticks(min(row[f"{name}_low"] for row in rows), max(row[f"{name}_high"] for row in rows))


def _params(first: tuple[str, str]) -> list[dict]:
    return [{"name": name, "value": value} for name, value in zip(("set", "metric"), first)]


def _ranked(rows: list[dict]) -> list[dict]:
    """Rows with a name of their own, for two may have the same label; those that say which they are keep it."""
    return [{"row": index} | row for index, row in enumerate(rows)]


def _above() -> list[dict]:
    """The name of a row on the left and its figure on the right, above its bar or symbol."""
    line = {"type": "text", "baseline": "bottom", "dy": -1}
    name = line | {"align": "left", "color": INK, "limit": {"expr": "width - 76"}}
    shown = line | {"align": "right", "color": SOFT}
    return [
        {"mark": name, "encoding": {"x": {"value": 0}, "text": {"field": "label"}}},
        {"mark": shown, "encoding": {"x": {"value": "width"}, "text": {"field": "shown"}}},
    ]


def _title_by_metric(spec: dict) -> None:
    """Lets the vertical axis say which metric it shows, and which way is better."""
    chosen = ""
    for key, metric in METRICS.items():
        direction = "more" if metric.higher_is_better else "less"
        chosen += f"metric === '{key}' ? '{metric.title} ({direction} is better)' : "
    for axis in spec["axes"]:
        if axis["scale"] == "y" and "title" in axis:
            axis["title"] = {"signal": chosen + "''"}
