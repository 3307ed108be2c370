"""The tables of results: accuracy and time, kinds of pictures, resources, scaling, networks, conversion."""

from benchmarks.report.names import AXES, STAGES
from benchmarks.report.palette import family
from benchmarks.report.table import Cell, Column, Table, absent, difference, figure, number, spread, table, texts, words
from benchmarks.report.validate import ALL
from benchmarks.report.view import View, recorded
from evaluation.quality import METRICS

_ENGINE, _PRECISION, _DEVICE, _VERSION = texts("engine", "precision", "device", "version")
_THREADS, _P95 = Column("threads"), Column("p95", "ms")
_MS = Column(
    "time per image",
    "ms, best round; spread",
    meaning="Each image counts with its fastest round; the middle image, with the spread that the method names.",
)
_TIME = Column("time", "ms, best of three; spread", meaning="The middle one of the fastest of each three runs.")
_METRICS = {key: Column(one.title, "with interval", meaning=one.meaning) for key, one in METRICS.items()}
_AGAINST = ("bag_f1", "exact_lines")
_KINDS = {"share": "share of the texts that were given exactly", "bag_f1": "bag-of-words F1"}


def summary(view: View) -> Table | None:
    """The best configuration of each family; None where ours was not measured."""
    answer = view.report["derived"]["answer"]
    if answer is None:
        return None
    name, metric = answer["set"], answer["metric"]
    columns = [_ENGINE, _METRICS[metric], _MS, Column("time against ours", "times"), Column("peak memory", "MiB")]
    columns += [Column("model files", "MB"), Column("cold start", "ms")]
    rows = (
        (
            view.engine_cell(key, "front" * (key in view.front(name, metric))),
            spread(view.quality[key, name].get(metric), "value"),
            spread(view.speed[key, name]["ms"], "median"),
            spread(row["speed_ratio"], "value"),
            figure(view.engines[key].get("peak_rss_mib")),
            figure(view.derived[key]["artifact_mb"]),
            spread(view.engines[key].get("cold_start_ms"), "median"),
        )
        for row in answer["best"]
        if (key := row["engine"])
    )
    return table("the best configuration of each engine", columns, rows, name=_on(view, name))


def results(view: View) -> list[Table]:
    """Accuracy and time of all engines, a table for each set, "all" first."""
    return [_result(view, name) for name in view.sets()]


def _result(view: View, name: str) -> Table:
    """Accuracy and time of all engines on a set: the fastest first, recorded ones last."""
    metrics = view.metrics(name)
    accuracy = [_METRICS[key] for key in metrics]
    columns = [_ENGINE, *accuracy[:1], _MS, _P95, Column("images per second"), *accuracy[1:], Column("rounds")]
    best = view.front(name, metrics[0]) if metrics else []
    rows = []
    for key in view.engines:
        if (key, name) in view.quality or (key, name) in view.speed:
            quality, speed = view.quality.get((key, name), {}), view.speed.get((key, name), {})
            ms = speed.get("ms")
            figures = [spread(quality.get(metric), "value") for metric in metrics]
            timed = [spread(ms, "median"), figure((ms or {}).get("p95")), figure(speed.get("fps"))]
            engine = view.engine_cell(key, "front" * (key in best))
            order = view.derived[key]["recorded_on"] is not None, ms["median"] if ms else float("inf")
            rows.append((order, (engine, *figures[:1], *timed, *figures[1:], figure(speed.get("rounds")))))
    rows = [row for _, row in sorted(rows, key=lambda row: row[0])]
    return table("accuracy and time of every engine", columns, rows, name=_on(view, name), dataset=name)


def by_kind(view: View) -> list[Table]:
    """Two tables for each set whose pictures are of named kinds: exact texts, and the bag of words.

    Of an engine that was measured with several numbers of threads one column stands for all: its texts are the same.
    """
    rows = view.report.get("kinds") or []
    return [_kinds(view, name, key) for name in dict.fromkeys(row["set"] for row in rows) for key in _KINDS]


def _kinds(view: View, name: str, measure: str) -> Table:
    own = [row for row in view.report["kinds"] if row["set"] == name]
    figures = {(row["engine"], row["kind"]): row[measure] for row in own}
    engines: dict[str, str] = {}
    for key in view.engines:
        if any(row["engine"] == key for row in own):
            engines.setdefault(view.derived[key]["line"], key)
    kinds = {row["kind"]: row for row in reversed(own)}
    columns = [*texts("kind"), Column("pictures"), Column("texts"), *map(Column, engines)]
    rows = (
        (
            words(kind),
            figure(kinds[kind]["images"]),
            figure(kinds[kind]["asked"]),
            *(figure(figures.get((key, kind)), 3) for key in engines.values()),
        )
        for kind in dict.fromkeys(row["kind"] for row in own)
    )
    return table(f"kind by kind, {_KINDS[measure]}", columns, rows, name=view.set_name(name))


def resources(view: View) -> Table | None:
    """Memory, processor, start and size of all engines, recorded ones last."""
    columns = [_ENGINE, Column("peak memory", "MiB"), Column("steady memory", "MiB")]
    columns += [Column("processor", "% of one core"), Column("cold start", "ms, median and spread")]
    columns += [Column("model files", "MB"), Column("installed", "MB"), Column("GPU", "% busy")]
    columns += [Column("GPU memory", "MiB"), _PRECISION, _THREADS, _DEVICE, _VERSION]
    rows = (
        (
            view.engine_cell(key),
            *(figure(engine.get(name)) for name in ("peak_rss_mib", "steady_rss_mib", "cpu_percent")),
            spread(engine.get("cold_start_ms"), "median"),
            *(figure(view.derived[key][name]) for name in ("artifact_mb", "installed_mb")),
            *(figure(engine.get(name)) for name in ("gpu_percent", "gpu_memory_mib")),
            words(engine.get("precision")),
            _threads(engine.get("threads")),
            words(engine.get("device")),
            words(engine.get("version")),
        )
        for key in sorted(view.measured, key=lambda key: view.derived[key]["recorded_on"] is not None)
        for engine in (view.engines[key],)
    )
    return table("What each engine takes", columns, rows)


def scaling(view: View) -> list[Table]:
    """Time per image over threads, batch and size: a table for each axis, a column for each point."""
    tables = []
    for axis, title in AXES.items():
        points = {(row["engine"], row["x"]): row["ms"] for row in view.report["scaling"] if row["axis"] == axis}
        xs = sorted({x for _, x in points})
        rows = (
            (
                view.engine_cell(key, name="line" if axis == "threads" else "label"),
                *(spread(points.get((key, x)), "median") for x in xs),
            )
            for key in view.engines
            if any((key, x) in points for x in xs)
        )
        tables.append(table(f"Time per image by {title}", [_ENGINE, *(Column(number(x), "ms") for x in xs)], rows))
    return [one for one in tables if one]


def network_groups(view: View) -> dict[str, list[tuple[dict, str | None]]]:
    """{name: [(row, machine of a recorded row)]} of each network and shape: the fastest first, recorded ones last."""
    groups: dict[str, list[tuple[dict, str | None]]] = {}
    for row, recorded_on in zip(view.report["networks"], view.report["derived"]["recorded_on"], strict=True):
        name = f"{row['model']} {row['network']}, input {' × '.join(map(number, row['shape']))}"
        groups.setdefault(name, []).append((row, recorded_on))
    for rows in groups.values():
        rows.sort(key=lambda pair: (pair[0]["recorded"], (pair[0].get("ms") or {}).get("median") or float("inf")))
    return groups


def networks(view: View) -> list[Table]:
    """Each network alone on identical tensors, in every engine and precision."""
    columns = [_ENGINE, _PRECISION, _THREADS, _DEVICE, _TIME, _P95, *texts("not measured")]
    return [
        table("time of the network alone", columns, (_network(*pair) for pair in group), name=name)
        for name, group in network_groups(view).items()
    ]


def _network(row: dict, recorded_on: str | None) -> tuple[Cell, ...]:
    return (
        words(row["engine"], family=family(row["engine"]), badges=recorded(recorded_on)),
        words(row["precision"]),
        _threads(row.get("threads")),
        words(row["device"]),
        spread(row.get("ms"), "median"),
        figure((row.get("ms") or {}).get("p95")),
        words(row["skipped"]) if row.get("skipped") else absent(),
    )


def conversion(view: View) -> list[Table]:
    """What each stage of the conversion kept of the accuracy, a table for each model and set."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in view.report["conversion"]:
        groups.setdefault((row["model"], row["set"]), []).append(row)
    columns = [*texts("stage"), _PRECISION, *_METRICS.values()]
    for key in _AGAINST:
        title = METRICS[key].title
        meaning = f"{title} less the source's on the same images; no change where the interval holds 0."
        columns.append(Column(f"{title} against the source", "paired interval", meaning=meaning))
    return [
        table(
            "accuracy kept by each stage",
            columns,
            (
                (
                    words(STAGES[row["stage"]]),
                    words(row["precision"]),
                    *(spread(row["metrics"].get(key), "value") for key in METRICS),
                    *(spread((row.get("against_source") or {}).get(key), "value") for key in _AGAINST),
                )
                for row in group
            ),
            name=f"{model}, {view.set_name(name)}",
            model=model,
            dataset=name,
        )
        for (model, name), group in groups.items()
    ]


def differences(view: View) -> list[Table]:
    """The images whose text is not that of the source, a table for each model, stage and precision."""
    groups: dict[str, list[tuple[Cell, ...]]] = {}
    for row in view.report["conversion"]:
        rows = groups.setdefault(f"{row['model']}, {STAGES[row['stage']]} {row['precision']}", [])
        for item in row.get("differs") or ():
            texts_of = difference(item["source_text"], item["text"])
            rows.append((words(view.set_name(row["set"])), words(item["image"]), *texts_of))
    columns = texts("set", "image", "text of the source", "text of this stage")
    tables = (table("texts that differ from the source", columns, rows, name=name) for name, rows in groups.items())
    return [one for one in tables if one]


def _on(view: View, name: str) -> str:
    shown = view.set_name(name)
    return shown.capitalize() if name == ALL else shown


def _threads(count: int | None) -> Cell:
    return words("default", "quiet") if count is None else figure(count)
