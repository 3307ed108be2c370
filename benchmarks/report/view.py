"""The report seen from its engines and sets: what tables and plots look up again and again."""

from benchmarks.report.names import ALL_PAGES, ALL_SETS
from benchmarks.report.palette import family
from benchmarks.report.table import Cell, in_line, words
from benchmarks.report.validate import ALL
from evaluation.quality import METRICS

_OURS_MISSING = "None of our own configurations was measured, so there is nothing to compare; the reasons are below."


class View:
    """A valid report with its "derived" part.

    Attributes:
        report: The whole report.
        engines: {id: row of the engine}, in the report's order.
        derived: {id: what follows for the engine}.
        quality: {(engine, set): metrics}.
        speed: {(engine, set): row}; the set "all" has rows of "derived".
        measured: Ids of the engines that were measured, here or elsewhere.
    """

    def __init__(self, report: dict):
        derived = report["derived"]
        self.report = report
        self.engines = {row["id"]: row for row in report["engines"]}
        self.derived = {row["engine"]: row for row in derived["engines"]}
        self.quality = {(row["engine"], row["set"]): row["metrics"] for row in report["quality"]}
        self.speed = {(row["engine"], row["set"]): row for row in report["speed"]}
        self.speed |= {(row["engine"], ALL): row for row in derived["overall"]}
        self.measured = [key for key, row in self.engines.items() if row["status"] == "ok"]
        self._fronts = {(row["set"], row["metric"]): row["engines"] for row in derived["fronts"]}

    def families(self) -> list[str]:
        """The families of everything that is drawn: of all engines and networks, and ours."""
        found = [row["family"] for row in self.derived.values()]
        return ["ours", *found, *(family(row["engine"]) for row in self.report["networks"])]

    def engine_cell(self, engine: str, remark: str = "", name: str = "label") -> Cell:
        """The name of an engine with its mark; one that was recorded says so."""
        row = self.derived[engine]
        return words(row[name], family=row["family"], badges=[*filter(None, [remark]), *recorded(row["recorded_on"])])

    def sets(self) -> list[str]:
        """ "all" where there is more than one set with figures, and the names of the sets with figures."""
        found = {name for _, name in (*self.quality, *self.speed)}
        names = [row["name"] for row in self.report["sets"] if row["name"] in found]
        return [ALL] * (ALL in found and len(names) != 1) + names

    def set_name(self, name: str) -> str:
        """A set as it is called on the page."""
        if name != ALL:
            return name
        return ALL_PAGES if len({row["kind"] == "lines" for row in self.report["sets"]}) > 1 else ALL_SETS

    def metrics(self, name: str) -> list[str]:
        """The metrics that some engine has on a set, the one that engines are chosen by first."""
        rows = [metrics for (_, key), metrics in self.quality.items() if key == name]
        return [metric for metric in METRICS if any(row.get(metric) for row in rows)]

    def front(self, name: str, metric: str) -> list[str]:
        """The engines that no other local one beats in both accuracy and time, fastest first."""
        return self._fronts.get((name, metric), [])


def recorded(recorded_on: str | None) -> list[str]:
    """ "recorded on ..." for a recorded figure, nothing for a local one."""
    return [] if recorded_on is None else [f"recorded on {recorded_on}"]


def answer(view: View) -> list[tuple[str, str]]:
    """The answer in a sentence or two, as (text, "" or "strong" or "spread"): how accurate, how fast, against whom."""
    found = view.report["derived"]["answer"]
    if found is None:
        return [(_OURS_MISSING, "")]
    name, metric, ours = found["set"], found["metric"], found["engine"]
    machine = view.report["machine"]
    spans = [(f"On {machine['cpu']} with {machine['cores']}\u00a0core{'s' * (machine['cores'] != 1)}, ", "")]
    spans += [(view.derived[ours]["label"], "strong"), (" reads an image ", "")]
    spans += [] if name == ALL else [(f"of “{name}” ", "")]
    spans += [("in ", ""), *_bracketed(view.speed[ours, name]["ms"], "median", "\u00a0ms")]
    spans += [(f" in its fastest round with {METRICS[metric].title} ", "")]
    spans += _bracketed(view.quality[ours, name][metric], "value")
    peers = [row for row in found["best"] if row["speed_ratio"] is not None]
    if not peers:
        return [*spans, (". No other engine was measured beside it.", "")]
    sign = 1 if METRICS[metric].higher_is_better else -1
    best = max(peers, key=lambda row: sign * view.quality[row["engine"], name][metric]["value"])
    spans += [(", ", ""), *_bracketed(best["speed_ratio"], "value"), (" times as fast as ", "")]
    spans += [(view.derived[best["engine"]]["label"], "strong"), (", the most accurate of the others with ", "")]
    return [*spans, *_bracketed(view.quality[best["engine"], name][metric], "value"), (".", "")]


def _bracketed(interval: dict, key: str, unit: str = "") -> list[tuple[str, str]]:
    """A value, its unit, and its spread in brackets; no line may end behind the dash."""
    value, _, ends = in_line(interval, key).partition("\u2002")
    spans = [(value + unit, "strong")]
    return [*spans, (f"\u00a0({ends.replace('–', '–' + chr(0x2060))})", "spread")] if ends else spans
