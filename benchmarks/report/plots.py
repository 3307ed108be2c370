"""The plots of the report: which rows they show, and what they are called."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.report import specs
from benchmarks.report.names import AXES, STAGES
from benchmarks.report.palette import PAPER, Look, family, looks
from benchmarks.report.table import in_line, number, spread
from benchmarks.report.tables import network_groups
from benchmarks.report.validate import ALL
from benchmarks.report.view import View
from evaluation.quality import METRICS

_WIDE, _NARROW = 760, 420  # pixels of the PNG files


@dataclass(frozen=True)
class Plot:
    """A plot."""

    key: str  # Key of its element and its PNG file
    title: str  # What it shows, with the unit; a sentence without its stop
    spec: dict  # Vega
    width: int = _NARROW  # Width of the PNG, in pixels
    # The (set, metric) that it can show, the first is what the PNG shows; empty for other plots
    pairs: tuple[tuple[str, str], ...] = ()
    name: str = ""  # In front of the title, tells the plot from its neighbours

    @property
    def full_title(self) -> str:
        """Name and title."""
        return f"{self.name}: {self.title}" if self.name else self.title


def plots(view: View) -> dict[str, list[Plot]]:
    """The plots of each section; those without any figure are skipped."""
    return {
        "accuracy": _accuracy(view),
        "resources": _resources(view),
        "scaling": _scaling(view),
        "networks": _networks(view),
        "conversion": _conversion(view),
    }


def _accuracy(view: View) -> list[Plot]:
    """Accuracy against time, every engine, with the front of the best."""
    rows = [row for name in view.sets() for metric in view.metrics(name) for row in _points(view, name, metric)]
    pairs = _pairs(rows)
    spec = specs.scatter(rows, pairs[0]) if rows else {}
    return [Plot("accuracy", "Accuracy against time per image", spec, _WIDE, pairs)] if rows else []


def _points(view: View, name: str, metric: str) -> Iterable[dict]:
    front = view.front(name, metric)
    for key in view.measured:
        value = view.quality.get((key, name), {}).get(metric)
        ms = view.speed.get((key, name), {}).get("ms")
        if value and ms:
            title = METRICS[metric].title
            tip = [f"{title}: {in_line(value, 'value')}", f"ms per image: {in_line(ms, 'median')}"]
            row = _engine(view, key, tip) | {"set": name, "metric": metric, "front": key in front}
            yield row | _ends("value", value, "value") | _ends("ms", ms, "median")


def _resources(view: View) -> list[Plot]:
    """Memory, processor, cold start and size of what was measured here."""
    engines = {key: view.engines[key] for key in view.measured if view.derived[key]["recorded_on"] is None}
    peaks = {key: row.get("peak_rss_mib") for key, row in engines.items()}
    steady = {key: row.get("steady_rss_mib") for key, row in engines.items()}
    cpu = {key: row.get("cpu_percent") for key, row in engines.items()}
    start = {key: (row.get("cold_start_ms") or {}).get("median") for key, row in engines.items()}
    models, installed = ({key: view.derived[key][size] for key in engines} for size in ("artifact_mb", "installed_mb"))
    title = "Memory, MiB: steady (dark) and peak (light)"
    found = [
        _bars(view, "memory", title, peaks, steady),
        _bars(view, "processor", "Processor while reading, % of one core", cpu),
        _bars(view, "cold_start", "Cold start, ms: new process to first result", start),
        _bars(view, "model_files", "Model files, MB", models, same=("title", "precision")),
        _bars(view, "installed", "Installed with all that it needs, MB", installed, same=("title",)),
    ]
    return [plot for plot in found if plot]


def _bars(
    view: View,
    key: str,
    title: str,
    figures: dict[str, float | None],
    inner: dict[str, float | None] | None = None,
    same: tuple[str, ...] = (),
) -> Plot | None:
    """A bar for each figure; with `same`, engines that are alike in those keys and in the figure share one."""
    rows = {}
    for engine, value in figures.items():
        if value is None:
            continue
        within = (inner or {}).get(engine)
        shown = number(value) if within is None else f"{number(within)} / {number(value)}"
        row = _engine(view, engine, [shown]) | {"value": value, "shown": shown}
        row["inner"] = value if within is None else within
        if same:
            row["label"] = " ".join(dict.fromkeys(filter(None, (view.engines[engine].get(part) for part in same))))
            row["tip"] = f"{row['label']}\n{shown}"
        rows.setdefault((row["label"], value), row)
    ordered = sorted(rows.values(), key=lambda row: row["value"])
    return Plot(key, title, specs.bars(ordered)) if ordered else None


def _scaling(view: View) -> list[Plot]:
    """Time per image over threads, batch and size, a plot each."""
    rows: dict[str, list[dict]] = {axis: [] for axis in AXES}
    for row in view.report["scaling"]:
        axis, engine = row["axis"], row["engine"]
        tip = [f"{AXES[axis]}: {number(row['x'])}", f"ms per image: {in_line(row['ms'], 'median')}"]
        drawn = _engine(view, engine, tip) | {"x": row["x"]} | _ends("ms", row["ms"], "median")
        rows[axis].append(drawn | ({"label": view.derived[engine]["line"]} if axis == "threads" else {}))
    return [
        Plot(f"scaling_{axis}", f"Time per image by {AXES[axis]}", specs.lines(found, AXES[axis]))
        for axis, found in rows.items()
        if found
    ]


def _networks(view: View) -> list[Plot]:
    """Time of each network alone by engine and precision, a plot for each network and shape."""
    chosen, found = looks(view.families()), []
    for name, group in network_groups(view).items():
        rows = [_network(chosen, *pair) for pair in group if pair[0].get("ms")]
        if rows:
            found.append(Plot(f"network_{len(found) + 1}", "time, ms", specs.dots(rows, "ms"), name=name))
    return found


def _network(chosen: dict[str, Look], row: dict, recorded_on: str | None) -> dict:
    threads = row.get("threads")
    parts = [f"{row['engine']} {row['precision'] or ''}".strip()]
    parts += [f"{threads} thread{'s' * (threads != 1)}"] if threads else []
    parts += ["recorded"] if recorded_on else []
    tip = [f"ms: {in_line(row['ms'], 'median')}", f"device: {row['device'] or 'not said'}"]
    drawn = _symbol(chosen[family(row["engine"])], ", ".join(parts), recorded_on, tip)
    return drawn | _ends("value", row["ms"], "median") | {"shown": number(row["ms"]["median"])}


def _conversion(view: View) -> list[Plot]:
    """What each stage of the conversion keeps of the accuracy, a plot for each model."""
    order, found = [ALL, *(row["name"] for row in view.report["sets"])], []
    for model in dict.fromkeys(row["model"] for row in view.report["conversion"]):
        rows = [kept for row in view.report["conversion"] if row["model"] == model for kept in _kept(view, row)]
        if rows:
            pairs = sorted(_pairs(rows), key=lambda pair: (order.index(pair[0]), list(METRICS).index(pair[1])))
            spec = specs.dots(rows, None, first=pairs[0])
            title = "accuracy kept by each stage"
            found.append(Plot(f"conversion_{len(found) + 1}", title, spec, _WIDE, tuple(pairs), model))
    return found


def _kept(view: View, row: dict) -> Iterable[dict]:
    stage = f"{STAGES[row['stage']]} {row['precision']}".strip()
    for metric, about in METRICS.items():
        if value := row["metrics"].get(metric):
            drawn = _symbol(looks(["ours"])["ours"], stage, None, [f"{about.title}: {in_line(value, 'value')}"])
            drawn |= {"row": stage, "set": row["set"], "metric": metric, "shown": spread(value, "value").text}
            yield drawn | {"source": row["stage"] == "source"} | _ends("value", value, "value")


def _engine(view: View, engine: str, tip: list[str]) -> dict:
    """What the symbol of an engine needs."""
    row = view.derived[engine]
    label = row["label"] + (" (recorded)" if row["recorded_on"] else "")
    return _symbol(looks(view.families())[row["family"]], label, row["recorded_on"], tip)


def _symbol(look: Look, label: str, recorded_on: str | None, tip: list[str]) -> dict:
    """What a symbol needs: name, colours, shape, and the text that appears beside it."""
    lines = [label, *tip] + ([f"recorded on {recorded_on}"] if recorded_on else [])
    fill = PAPER if recorded_on else look.light
    return {"label": label, "color": look.light, "fill": fill, "shape": look.shape, "tip": "\n".join(lines)}


def _ends(name: str, interval: dict, key: str) -> dict:
    """A value and the ends of its spread, which are the value itself where there is none."""
    value = interval[key]
    low, high = (value if interval.get(end) is None else interval[end] for end in ("low", "high"))
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _pairs(rows: Iterable[dict]) -> tuple[tuple[str, str], ...]:
    """Sets and metrics of rows, once each."""
    return tuple(dict.fromkeys((row["set"], row["metric"]) for row in rows))
