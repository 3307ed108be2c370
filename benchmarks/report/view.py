"""The report seen from its engines and sets: what tables and plots look up again and again."""

from benchmarks.report.cells import Cell, Span, text, words
from benchmarks.report.names import ALL_PAGES, ALL_SETS, METRICS
from benchmarks.report.palette import family
from benchmarks.report.pointer import Node
from benchmarks.report.validate import ALL


class View:
    """A valid report with its "derived" part.

    Attributes:
        root: The whole report.
        engines: {id: node of the engine}, in the report's order.
        derived: {id: node of what follows for the engine}.
        quality: {(engine, set): node of the metrics}.
        speed: {(engine, set): node of the row}; the set "all" has rows of "derived".
    """

    def __init__(self, report: dict):
        self.root = Node(report)
        self.engines = {node["id"].value: node for node in self.root["engines"]}
        self.derived = {node["engine"].value: node for node in self.root["derived"]["engines"]}
        self.quality = {(row["engine"].value, row["set"].value): row["metrics"] for row in self.root["quality"]}
        self.speed = {(row["engine"].value, row["set"].value): row for row in self.root["speed"]}
        self.speed |= {(row["engine"].value, ALL): row for row in self.root["derived"]["overall"]}
        self._fronts = {(row["set"], row["metric"]): row["engines"] for row in report["derived"]["fronts"]}

    def label(self, engine: str) -> str:
        """The short, unique name of an engine."""
        return self.derived[engine]["label"].value

    def family(self, engine: str) -> str:
        """What decides the colour and the shape of an engine."""
        return self.derived[engine]["family"].value

    def families(self) -> list[str]:
        """The families of everything that is drawn: of all engines and networks, and ours."""
        found = [node["family"].value for node in self.derived.values()]
        return ["ours", *found, *(family(row["engine"].value) for row in self.root["networks"])]

    def recorded_on(self, engine: str) -> Node:
        """The machine of a recorded engine; a node of None for one that was measured here."""
        return self.derived[engine]["recorded_on"]

    def measured(self) -> list[str]:
        """The engines that were measured, here or elsewhere."""
        return [key for key, node in self.engines.items() if node["status"].value == "ok"]

    def engine_cell(self, engine: str, remark: str = "", name: str = "label") -> Cell:
        """The name of an engine with its mark; one that was recorded says so.

        Args:
            engine: Its id.
            remark: Stands behind the name.
            name: "label", or "line" for the name without threads.
        """
        badges = [(Span(remark),)] if remark else []
        badges += recorded_badge(self.recorded_on(engine))
        return words(text(self.derived[engine][name]), family=self.family(engine), badges=tuple(badges))

    def sets(self) -> list[str]:
        """ "all" where there is more than one set with figures, and the names of the sets with figures."""
        keys = list(self.quality) + list(self.speed)
        found = {name for _, name in keys}
        names = [node["name"].value for node in self.root["sets"] if node["name"].value in found]
        return [ALL] * (ALL in found and len(names) != 1) + names

    def set_name(self, name: str) -> Span:
        """The name of a set."""
        if name == ALL:
            kinds = {node["kind"].value == "lines" for node in self.root["sets"]}
            return Span(ALL_PAGES if len(kinds) > 1 else ALL_SETS)
        return next(text(node["name"]) for node in self.root["sets"] if node["name"].value == name)

    def metrics(self, name: str) -> list[str]:
        """The metrics that some engine has on a set, the one that engines are chosen by first."""
        rows = [metrics for (_, key), metrics in self.quality.items() if key == name]
        return [metric for metric in METRICS if any(row.get(metric).value is not None for row in rows)]

    def front(self, name: str, metric: str) -> list[str]:
        """The engines that no other local one beats in both accuracy and time, fastest first."""
        return self._fronts.get((name, metric), [])


def recorded_badge(recorded_on: Node) -> list[tuple[Span, ...]]:
    """ "recorded on ..." for a recorded figure, nothing for a local one."""
    return [] if recorded_on.value is None else [(Span("recorded on "), text(recorded_on))]
