"""The tables around the results: machine, method, sets, GPUs, and what was not measured."""

from benchmarks.report.cells import Cell, Column, Span, Table, exact, figure, key, number, text, words
from benchmarks.report.names import SET_KINDS
from benchmarks.report.pointer import Node
from benchmarks.report.view import View

NO_GPU = "GPU: not measured here"
_FACT = (Column("what", text=True), Column("value", text=True))


def machine(view: View) -> Table:
    """Processor, memory, system, commit and command."""
    node = view.root["machine"]
    rows = [
        ("processor", (text(node["cpu"]),)),
        ("cores", (number(node["cores"]),)),
        ("instruction sets", _listed(node.get("flags"))),
        ("memory", (number(node["memory_gib"]), Span(" GiB"))),
        ("system", (text(node["os"]),)),
        ("Python", (text(node["python"]),)),
        ("commit", (text(node.get("commit"), "code"),)),
        ("command", (text(view.root["command"], "code"),)),
        ("measured at", (text(view.root["created"]),)),
    ]
    return _facts("The machine and the command", rows)


def method(view: View) -> Table | None:
    """How it was measured, as the report tells it; None where it does not."""
    node = view.root.get("method")
    if not node.value:
        return None
    rows = tuple(
        (words(key(child)), Cell((text(child) if isinstance(child.value, str) else exact(child),))) for child in node
    )
    return Table("How it was measured", _FACT, rows)


def packages(view: View) -> Table:
    """Versions of the packages."""
    node = view.root["machine"]["packages"]
    columns = (Column("package", text=True), Column("version", text=True))
    rows = tuple((words(key(child)), words(text(child))) for child in node)
    return Table("Versions", columns, rows)


def sets(view: View) -> Table:
    """What was read."""
    columns = (
        Column("set", text=True),
        Column("kind", text=True),
        Column("images"),
        Column("origin", text=True),
        Column("licence", text=True),
    )
    rows = tuple(
        (
            words(text(node["name"])),
            words(Span(SET_KINDS[node["kind"].value])),
            figure(node["images"]),
            words(Span("drawn by the project itself" if node["built_in"].value else "given with --data")),
            words(text(node.get("licence"))),
        )
        for node in view.root["sets"]
    )
    return Table("The sets of images", columns, rows)


def left_out(view: View) -> Table | None:
    """Images that could not be used; None where there are none."""
    rows = tuple(
        (words(text(node["name"])), words(text(item["image"])), words(text(item["reason"])))
        for node in view.root["sets"]
        if node.get("left_out").value
        for item in node["left_out"]
    )
    columns = (Column("set", text=True), Column("image", text=True), Column("reason", text=True))
    return Table("Skipped images", columns, rows) if rows else None


def not_measured(view: View) -> Table | None:
    """Engines that were skipped, failed or ran out of time; None where all were measured."""
    rows = tuple(
        (view.engine_cell(name), words(text(node.get("reason"))))
        for name, node in view.engines.items()
        if node["status"].value != "ok"
    )
    columns = (Column("engine", text=True), Column("reason", text=True))
    return Table("Engines without figures", columns, rows) if rows else None


def local_gpus(view: View) -> Table | None:
    """GPUs of this machine; None where there are none."""
    columns = (Column("GPU", text=True), Column("driver", text=True), Column("memory", "MiB"))
    rows = tuple(
        (words(text(node["name"])), words(text(node.get("driver"))), figure(node.get("memory_mib")))
        for node in view.root["machine"]["gpu"]
    )
    return Table("GPUs measured here", columns, rows) if rows else None


def recorded_gpus(view: View) -> Table | None:
    """Machines of recorded figures; None where there are none."""
    columns = (
        Column("recorded on", text=True),
        Column("date", text=True),
        Column("driver", text=True),
        Column("command", text=True),
        Column("versions", text=True),
    )
    rows = tuple(
        (
            words(text(node["device"])),
            words(text(node["date"])),
            words(text(node.get("driver"))),
            words(text(node.get("command"), "code")),
            Cell(_versions(node.get("versions"))),
        )
        for node in view.root["machine"]["recorded_gpu"]
    )
    return Table("Recorded on other machines", columns, rows) if rows else None


def gpu_line(view: View) -> tuple[Span, ...]:
    """One sentence on GPUs."""
    local, recorded = view.root["machine"]["gpu"], view.root["machine"]["recorded_gpu"]
    spans: list[Span] = []
    if local.value:
        spans += [Span("GPU measured here: "), *_joined([text(node["name"]) for node in local]), Span(".")]
    else:
        spans.append(Span(f"{NO_GPU}."))
    if recorded.value:
        devices = [text(node["device"]) for node in recorded]
        spans += [Span(" Some figures were recorded on "), *_joined(devices)]
        spans.append(Span("; they say so, and are in no comparison with this machine."))
    return tuple(spans)


def _facts(title: str, rows: list[tuple[str, tuple[Span, ...]]]) -> Table:
    return Table(title, _FACT, tuple((words(Span(what)), Cell(spans)) for what, spans in rows))


def _listed(node: Node) -> tuple[Span, ...]:
    if not node.value:
        return (text(Node(None)),)
    return tuple(_joined([text(child) for child in node]))


def _versions(node: Node) -> tuple[Span, ...]:
    if not node.value:
        return (text(Node(None)),)
    spans: list[Span] = []
    for child in node:
        spans += [Span(", ")] * bool(spans) + [key(child), Span(" "), text(child)]
    return tuple(spans)


def _joined(spans: list[Span]) -> list[Span]:
    joined = spans[:1]
    for span in spans[1:]:
        joined += [Span(", "), span]
    return joined
