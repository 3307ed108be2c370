"""The tables of results: accuracy and time, resources, scaling, networks, conversion."""

from benchmarks.report.cells import (
    Cell,
    Column,
    Span,
    Table,
    absent,
    difference,
    figure,
    number,
    spread,
    text,
    without_empty,
    words,
)
from benchmarks.report.names import AXES, METRICS, STAGES
from benchmarks.report.palette import family
from benchmarks.report.pointer import Node
from benchmarks.report.validate import ALL
from benchmarks.report.view import View, recorded_badge

_ENGINE = Column("engine", text=True)
_PRECISION = Column("precision", text=True)
_THREADS = Column("threads")
_DEVICE = Column("device", text=True)
_MS = Column(
    "time an image",
    "ms, best round; spread",
    meaning="Each image counts with its fastest round; the middle image, with the spread that the method names.",
)
_TIME = Column("time", "ms, best of three; spread", meaning="The middle one of the fastest of each three runs.")
_FRONT = "front"
_AGAINST = ("bag_f1", "exact_lines")


def summary(view: View) -> Table | None:
    """The best configuration of each family; None where ours was not measured."""
    answer = view.root["derived"]["answer"]
    if answer.value is None:
        return None
    name, metric = answer["set"].value, answer["metric"].value
    columns = (
        _ENGINE,
        Column(METRICS[metric].title, "with interval", meaning=METRICS[metric].meaning),
        _MS,
        Column("time against ours", "times"),
        Column("peak memory", "MiB"),
        Column("model files", "MB"),
        Column("cold start", "ms"),
    )
    rows = []
    for row in answer["best"]:
        key = row["engine"].value
        engine = view.engines[key]
        rows.append(
            (
                view.engine_cell(key, _FRONT if key in view.front(name, metric) else ""),
                spread(view.quality[key, name].get(metric), "value"),
                spread(view.speed[key, name]["ms"], "median"),
                spread(row["speed_ratio"], "value"),
                figure(engine.get("peak_rss_mib")),
                figure(view.derived[key]["artifact_mb"]),
                spread(engine.get("cold_start_ms"), "median"),
            )
        )
    return without_empty(Table("the best configuration of each engine", columns, tuple(rows), _on(view, name)))


def results(view: View) -> dict[str, Table]:
    """Accuracy and time of all engines, a table for each set, "all" first."""
    return {name: _result(view, name) for name in view.sets()}


def _result(view: View, name: str) -> Table:
    """Accuracy and time of all engines on a set: the fastest first, recorded ones last."""
    metrics = view.metrics(name)
    accuracy = [Column(METRICS[key].title, "with interval", meaning=METRICS[key].meaning) for key in metrics]
    time = [_MS, Column("p95", "ms"), Column("images a second")]
    columns = [_ENGINE, *accuracy[:1], *time, *accuracy[1:], Column("rounds")]
    best = view.front(name, metrics[0]) if metrics else []
    rows = []
    for key in view.engines:
        quality, speed = view.quality.get((key, name), Node(None)), view.speed.get((key, name), Node(None))
        if quality.value is None and speed.value is None:
            continue
        figures = [spread(quality.get(metric), "value") for metric in metrics]
        timed = [spread(speed.get("ms"), "median"), figure(speed.get("ms", "p95")), figure(speed.get("fps"))]
        cells = [view.engine_cell(key, _FRONT if key in best else ""), *figures[:1], *timed, *figures[1:]]
        order = (view.recorded_on(key).value is not None, speed.get("ms", "median").value or float("inf"))
        rows.append((order, (*cells, figure(speed.get("rounds")))))
    rows.sort(key=lambda row: row[0])
    title = "accuracy and time of every engine"
    return without_empty(Table(title, tuple(columns), tuple(cells for _, cells in rows), _on(view, name)))


def resources(view: View) -> Table:
    """Memory, processor, start and size of all engines, recorded ones last."""
    columns = (
        _ENGINE,
        Column("peak memory", "MiB"),
        Column("steady memory", "MiB"),
        Column("processor", "% of one core"),
        Column("cold start", "ms, median and spread"),
        Column("model files", "MB"),
        Column("installed", "MB"),
        Column("GPU", "% busy"),
        Column("GPU memory", "MiB"),
        _PRECISION,
        _THREADS,
        _DEVICE,
        Column("version", text=True),
    )
    rows = []
    for key in sorted(view.measured(), key=lambda key: view.recorded_on(key).value is not None):
        engine, more = view.engines[key], view.derived[key]
        rows.append(
            (
                view.engine_cell(key),
                *(figure(engine.get(name)) for name in ("peak_rss_mib", "steady_rss_mib", "cpu_percent")),
                spread(engine.get("cold_start_ms"), "median"),
                figure(more["artifact_mb"]),
                figure(more["installed_mb"]),
                *(figure(engine.get(name)) for name in ("gpu_percent", "gpu_memory_mib")),
                words(text(engine.get("precision"))),
                _threads(engine.get("threads")),
                words(text(engine.get("device"))),
                words(text(engine.get("version"))),
            )
        )
    return without_empty(Table("What each engine takes", columns, tuple(rows)))


def scaling(view: View) -> dict[str, Table]:
    """Time an image over threads, batch and size: a table for each axis, a column for each point."""
    tables = {}
    for axis in AXES:
        points = [row for row in view.root["scaling"] if row["axis"].value == axis]
        if not points:
            continue
        name = "line" if axis == "threads" else "label"
        heads: dict[float, Node] = {row["x"].value: row["x"] for row in points}
        by_engine = {(row["engine"].value, row["x"].value): row["ms"] for row in points}
        columns = [_ENGINE]
        columns += [Column(number(heads[x]).text, "ms", path=heads[x].path) for x in sorted(heads)]
        engines = [key for key in view.engines if any((key, x) in by_engine for x in heads)]
        rows = []
        for key in engines:
            cells = [spread(by_engine.get((key, x), Node(None)), "median") for x in sorted(heads)]
            rows.append((view.engine_cell(key, name=name), *cells))
        tables[axis] = Table(f"Time an image by {AXES[axis]}", tuple(columns), tuple(rows))
    return tables


def network_groups(view: View) -> dict[tuple, list[tuple[Node, Node]]]:
    """{(model, network, shape): [(row, machine of a recorded row)]}: the fastest first, recorded ones last."""
    groups: dict[tuple, list[tuple[Node, Node]]] = {}
    for row, recorded_on in zip(view.root["networks"], view.root["derived"]["recorded_on"]):
        key = (row["model"].value, row["network"].value, tuple(row["shape"].value))
        groups.setdefault(key, []).append((row, recorded_on))
    for rows in groups.values():
        rows.sort(key=lambda pair: (pair[0]["recorded"].value, pair[0].get("ms", "median").value or float("inf")))
    return groups


def networks(view: View) -> list[Table]:
    """Each network alone on identical tensors, in every engine and precision."""
    title = "time of the network alone"
    columns = (_ENGINE, _PRECISION, _THREADS, _DEVICE, _TIME, Column("p95", "ms"), Column("not measured", text=True))
    return [
        without_empty(Table(title, columns, tuple(map(_network, group)), network_name(group[0][0])))
        for group in network_groups(view).values()
    ]


def network_name(row: Node) -> tuple[Span, ...]:
    """Model, network and the shape of its input."""
    spans = [text(row["model"]), Span(" "), text(row["network"]), Span(", input ")]
    for index, size in enumerate(row["shape"]):
        spans += [Span(" × ")] * (index > 0) + [number(size)]
    return tuple(spans)


def _network(pair: tuple[Node, Node]) -> tuple[Cell, ...]:
    row, recorded_on = pair
    return (
        words(text(row["engine"]), family=family(row["engine"].value), badges=tuple(recorded_badge(recorded_on))),
        words(text(row["precision"])),
        _threads(row.get("threads")),
        words(text(row["device"])),
        spread(row.get("ms"), "median"),
        figure(row.get("ms", "p95")),
        words(text(row.get("skipped"))) if row.get("skipped").value else absent(),
    )


def conversion(view: View) -> dict[tuple[str, str], Table]:
    """{(model, set): what each stage of the conversion kept of the accuracy}."""
    groups: dict[tuple[str, str], list[Node]] = {}
    for row in view.root["conversion"]:
        groups.setdefault((row["model"].value, row["set"].value), []).append(row)
    columns = [Column("stage", text=True), _PRECISION]
    columns += [Column(metric.title, "with interval", meaning=metric.meaning) for metric in METRICS.values()]
    for metric in _AGAINST:
        against = f"{METRICS[metric].title} less the source's on the same images; no change where the interval holds 0."
        columns.append(Column(f"{METRICS[metric].title} against the source", "paired interval", meaning=against))
    tables = {}
    for (model, name), group in groups.items():
        rows = tuple(
            (
                words(Span(STAGES[row["stage"].value])),
                words(text(row["precision"])),
                *(spread(row["metrics"].get(key), "value") for key in METRICS),
                *(spread(row.get("against_source", key), "value") for key in _AGAINST),
            )
            for row in group
        )
        name_spans = (text(group[0]["model"]), Span(", "), view.set_name(name))
        table = Table("accuracy kept by each stage", tuple(columns), rows, name_spans)
        tables[model, name] = without_empty(table)
    return tables


def differences(view: View) -> list[Table]:
    """The images whose text is not that of the source, a table for each model, stage and precision."""
    groups: dict[tuple, list[Node]] = {}
    for row in view.root["conversion"]:
        key = (row["model"].value, row["stage"].value, row["precision"].value)
        groups.setdefault(key, []).append(row)
    columns = (
        Column("set", text=True),
        Column("image", text=True),
        Column("text of the source", text=True),
        Column("text of this stage", text=True),
    )
    tables = []
    for group in groups.values():
        first = group[0]
        rows = tuple(
            (
                words(view.set_name(row["set"].value)),
                words(text(item["image"])),
                *map(words, difference(item["source_text"], item["text"])),
            )
            for row in group
            if row.get("differs").value
            for item in row["differs"]
        )
        if rows:
            stage = Span(f", {STAGES[first['stage'].value]} ")
            name = (text(first["model"]), stage, text(first["precision"]))
            tables.append(Table("texts that differ from the source", columns, rows, name))
    return tables


def _on(view: View, name: str) -> tuple[Span, ...]:
    shown = view.set_name(name)
    return (Span(shown.text.capitalize()) if name == ALL else shown,)


def _threads(node: Node) -> Cell:
    return words(Span("default", kind="quiet")) if node.value is None else figure(node)
