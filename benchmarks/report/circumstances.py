"""The tables around the results: machine, method, sets, GPUs, and what was not measured."""

from benchmarks.report.names import SET_KINDS
from benchmarks.report.table import Column, Table, figure, table, texts, words
from benchmarks.report.view import View

NO_GPU = "GPU: not measured here"


def machine(view: View) -> Table:
    """Processor, memory, system, commit and command."""
    report, found = view.report, view.report["machine"]
    rows = {
        "processor": found["cpu"],
        "cores": str(found["cores"]),
        "instruction sets": ", ".join(found.get("flags") or ()) or None,
        "memory": f"{figure(found['memory_gib']).text} GiB",
        "system": found["os"],
        "Python": found["python"],
        "commit": found.get("commit"),
        "command": report["command"],
        "measured at": report["created"],
    }
    cells = ((words(what), words(text, "code" * (what in ("commit", "command")))) for what, text in rows.items())
    return table("The machine and the command", texts("what", "value"), cells)


def method(view: View) -> Table | None:
    """How it was measured, as the report tells it; None where it does not."""
    rows = (view.report.get("method") or {}).items()
    shown = ((words(key), words(text if isinstance(text, str) else f"{text:.12g}")) for key, text in rows)
    return table("How it was measured", texts("what", "value"), shown)


def packages(view: View) -> Table | None:
    """Versions of the packages."""
    rows = view.report["machine"]["packages"].items()
    return table("Versions", texts("package", "version"), (map(words, row) for row in rows))


def sets(view: View) -> Table | None:
    """What was read."""
    columns = (*texts("set", "kind"), Column("images"), *texts("origin", "licence"))
    rows = (
        (
            words(row["name"]),
            words(SET_KINDS[row["kind"]]),
            figure(row["images"]),
            words("drawn by the project itself" if row["built_in"] else "given with --data"),
            words(row.get("licence")),
        )
        for row in view.report["sets"]
    )
    return table("The sets of images", columns, rows)


def left_out(view: View) -> Table | None:
    """Images that could not be used; None where there are none."""
    rows = (
        (words(row["name"]), words(item["image"]), words(item["reason"]))
        for row in view.report["sets"]
        for item in row.get("left_out") or ()
    )
    return table("Skipped images", texts("set", "image", "reason"), rows)


def not_measured(view: View) -> Table | None:
    """Engines that were skipped, failed or ran out of time; None where all were measured."""
    rows = (
        (view.engine_cell(key), words(row.get("reason"))) for key, row in view.engines.items() if row["status"] != "ok"
    )
    return table("Engines without figures", texts("engine", "reason"), rows)


def local_gpus(view: View) -> Table | None:
    """GPUs of this machine; None where there are none."""
    rows = (
        (words(row["name"]), words(row.get("driver")), figure(row.get("memory_mib")))
        for row in view.report["machine"]["gpu"]
    )
    return table("GPUs measured here", (*texts("GPU", "driver"), Column("memory", "MiB")), rows)


def recorded_gpus(view: View) -> Table | None:
    """Machines of recorded figures; None where there are none."""
    rows = (
        (
            words(row["device"]),
            words(row["date"]),
            words(row.get("driver")),
            words(row.get("command"), "code"),
            words(", ".join(map(" ".join, (row.get("versions") or {}).items())) or None),
        )
        for row in view.report["machine"]["recorded_gpu"]
    )
    return table("Recorded on other machines", texts("recorded on", "date", "driver", "command", "versions"), rows)


def gpu_line(view: View) -> str:
    """One sentence on GPUs."""
    local = [row["name"] for row in view.report["machine"]["gpu"]]
    recorded = [row["device"] for row in view.report["machine"]["recorded_gpu"]]
    line = f"GPU measured here: {', '.join(local)}." if local else f"{NO_GPU}."
    if recorded:
        line += f" Some figures were recorded on {', '.join(recorded)}"
        line += "; they say so, and are in no comparison with this machine."
    return line
