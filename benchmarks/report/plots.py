"""The plots of the report: which rows they show, and what they are called."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.report import specs
from benchmarks.report.cells import Span, interval, number, plain, text
from benchmarks.report.names import AXES, METRICS, STAGES
from benchmarks.report.palette import PAPER, Look, family, looks
from benchmarks.report.pointer import Node
from benchmarks.report.tables import network_groups, network_name
from benchmarks.report.validate import ALL
from benchmarks.report.view import View

_WIDE, _NARROW = 760, 420  # pixels of the PNG files


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        key: Key of its element and its PNG file.
        title: What it shows, with the unit; a sentence without its stop.
        spec: Vega.
        width: Width of the PNG, in pixels.
        choices: {signal: values that it may take}; the first is what the PNG shows.
        pairs: The values that go together, [(set, metric)]; empty without choices.
        name: Spans in front of the title that tell the plot from its neighbours.
    """

    key: str
    title: str
    spec: dict
    width: int = _NARROW
    choices: dict[str, list[str]] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    name: tuple[Span, ...] = ()

    @property
    def full_title(self) -> str:
        """Name and title as text."""
        return plain(self.name) + (": " if self.name else "") + self.title


class Plotter:
    """Makes the plots of one report."""

    def __init__(self, view: View):
        self._view = view
        self._looks = looks(view.families())

    def accuracy(self) -> list[Plot]:
        """Accuracy against time, every engine, with the front of the best; none without engines that have both."""
        pairs = [(name, metric) for name in self._view.sets() for metric in self._view.metrics(name)]
        rows = [row for pair in pairs for row in self._points(*pair)]
        if not rows:
            return []
        shown, choices = _choices((row["set"], row["metric"]) for row in rows)
        spec = specs.scatter(rows, shown[0])
        return [Plot("accuracy", "Accuracy against time an image", spec, _WIDE, choices, shown)]

    def resources(self) -> list[Plot]:
        """Memory, processor, cold start and size of what was measured here; plots without any figure are skipped."""
        engines = [key for key in self._view.measured() if self._view.recorded_on(key).value is None]
        node, more, nothing = self._view.engines, self._view.derived, Node(None)
        memory = [(key, node[key].get("peak_rss_mib"), node[key].get("steady_rss_mib")) for key in engines]
        cpu = [(key, node[key].get("cpu_percent"), nothing) for key in engines]
        start = [(key, node[key].get("cold_start_ms", "median"), nothing) for key in engines]
        models = [(key, more[key]["artifact_mb"], nothing) for key in engines]
        installed = [(key, more[key]["installed_mb"], nothing) for key in engines]
        plots = [
            self._bars("memory", "Memory, MiB: steady (dark) and peak (light)", memory),
            self._bars("processor", "Processor while reading, % of one core", cpu),
            self._bars("cold_start", "Cold start, ms: new process to first result", start),
            self._bars("model_files", "Model files, MB", models, ("title", "precision")),
            self._bars("installed", "Installed with all that it needs, MB", installed, ("title",)),
        ]
        return [plot for plot in plots if plot]

    def scaling(self) -> list[Plot]:
        """Time an image over threads, batch and size, a plot each."""
        rows = {axis: self._scaling_rows(axis) for axis in AXES}
        return [
            Plot(f"scaling_{axis}", f"Time an image by {AXES[axis]}", specs.lines(found, AXES[axis]))
            for axis, found in rows.items()
            if found
        ]

    def networks(self) -> list[Plot]:
        """Time of each network alone by engine and precision, a plot for each network and shape."""
        plots = []
        for group in network_groups(self._view).values():
            rows = [self._network_row(row, recorded_on) for row, recorded_on in group if row.get("ms").value]
            if rows:
                key, name = f"network_{len(plots) + 1}", network_name(group[0][0])
                plots.append(Plot(key, "time, ms", specs.dots(rows, "ms"), name=name))
        return plots

    def conversion(self) -> list[Plot]:
        """What each stage of the conversion keeps of the accuracy, a plot for each model."""
        models = {row["model"].value: row["model"] for row in self._view.root["conversion"]}
        plots = []
        for model, node in models.items():
            rows = self._conversion_rows(model)
            if rows:
                shown, choices = _choices(sorted({(row["set"], row["metric"]) for row in rows}, key=self._order))
                key, spec = f"conversion_{len(plots) + 1}", specs.dots(rows, None, first=shown[0])
                plots.append(Plot(key, "accuracy kept by each stage", spec, _WIDE, choices, shown, (text(node),)))
        return plots

    def _points(self, name: str, metric: str) -> list[dict]:
        rows = []
        front = self._view.front(name, metric)
        for key in self._view.measured():
            value = self._view.quality.get((key, name), Node(None)).get(metric)
            ms = self._view.speed.get((key, name), Node(None)).get("ms")
            if value.value is None or ms.value is None:
                continue
            title = METRICS[metric].title
            tip = [f"{title}: {plain(interval(value, 'value'))}", f"ms an image: {plain(interval(ms, 'median'))}"]
            row = self._look(key, tip) | {"set": name, "metric": metric, "front": key in front}
            rows.append(row | _ends("value", value, "value") | _ends("ms", ms, "median"))
        return rows

    def _look(self, engine: str, tip: list[str]) -> dict:
        """What a symbol needs: name, colours, shape, and the text that appears beside it."""
        recorded_on = self._view.recorded_on(engine).value
        label = self._view.label(engine) + (" (recorded)" if recorded_on else "")
        return _symbol(self._looks[self._view.family(engine)], label, recorded_on, tip)

    def _bars(
        self, key: str, title: str, figures: list[tuple[str, Node, Node]], same: tuple[str, ...] = ()
    ) -> Plot | None:
        """A bar for each figure; with `same`, engines that are alike in those keys and in the figure share one."""
        rows = {}
        for engine, value, inner in figures:
            if value.value is None:
                continue
            shown = number(value).text if inner.value is None else f"{number(inner).text} / {number(value).text}"
            row = self._look(engine, [shown]) | {"value": value.value, "shown": shown}
            row["inner"] = value.value if inner.value is None else inner.value
            if same:
                words = [self._view.engines[engine].get(part).value for part in same]
                row["label"] = " ".join(dict.fromkeys(word for word in words if word))
                row["tip"] = f"{row['label']}\n{shown}"
            rows.setdefault((row["label"], value.value), row)
        ordered = sorted(rows.values(), key=lambda row: row["value"])
        return Plot(key, title, specs.bars(ordered)) if ordered else None

    def _scaling_rows(self, axis: str) -> list[dict]:
        rows = []
        for row in self._view.root["scaling"]:
            if row["axis"].value == axis:
                tip = [f"{AXES[axis]}: {number(row['x']).text}", f"ms an image: {plain(interval(row['ms'], 'median'))}"]
                drawn = self._look(row["engine"].value, tip) | {"x": row["x"].value}
                if axis == "threads":
                    drawn["label"] = self._view.derived[row["engine"].value]["line"].value
                rows.append(drawn | _ends("ms", row["ms"], "median"))
        return rows

    def _network_row(self, row: Node, recorded_on: Node) -> dict:
        threads = row.get("threads").value
        parts = [f"{row['engine'].value} {row['precision'].value or ''}".strip()]
        parts += [f"{threads} thread{'s' * (threads != 1)}"] if threads else []
        parts += ["recorded"] if recorded_on.value else []
        tip = [f"ms: {plain(interval(row['ms'], 'median'))}", f"device: {row['device'].value or 'not said'}"]
        drawn = _symbol(self._looks[family(row["engine"].value)], ", ".join(parts), recorded_on.value, tip)
        return drawn | _ends("value", row["ms"], "median") | {"shown": number(row["ms"]["median"]).text}

    def _conversion_rows(self, model: str) -> list[dict]:
        rows = []
        for row in self._view.root["conversion"]:
            if row["model"].value != model:
                continue
            stage = f"{STAGES[row['stage'].value]} {row['precision'].value}".strip()
            for metric, about in METRICS.items():
                value = row["metrics"].get(metric)
                if value.value is not None:
                    spans = interval(value, "value")
                    drawn = _symbol(self._looks["ours"], stage, None, [f"{about.title}: {plain(spans)}"])
                    drawn |= {"row": stage, "set": row["set"].value, "metric": metric, "shown": spans[0].text}
                    drawn["source"] = row["stage"].value == "source"
                    rows.append(drawn | _ends("value", value, "value"))
        return rows

    def _order(self, pair: tuple[str, str]) -> tuple[int, int]:
        sets = [ALL] + [node["name"].value for node in self._view.root["sets"]]
        return sets.index(pair[0]), list(METRICS).index(pair[1])


def _symbol(look: Look, label: str, recorded_on: str | None, tip: list[str]) -> dict:
    lines = [label, *tip] + ([f"recorded on {recorded_on}"] if recorded_on else [])
    fill = PAPER if recorded_on else look.light
    return {"label": label, "color": look.light, "fill": fill, "shape": look.shape, "tip": "\n".join(lines)}


def _ends(name: str, node: Node, key: str) -> dict:
    """A value and the ends of its spread, which are the value itself where there is none."""
    value = node.value[key]
    low, high = node.get("low").value, node.get("high").value
    return {name: value, f"{name}_low": value if low is None else low, f"{name}_high": value if high is None else high}


def _choices(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], dict[str, list[str]]]:
    """The pairs once each, and what there is to choose of sets and of metrics."""
    once = tuple(dict.fromkeys(pairs))
    sets, metrics = (list(dict.fromkeys(pair[part] for pair in once)) for part in (0, 1))
    return once, {"set": sets, "metric": metrics}
