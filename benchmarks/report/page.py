"""The page: report.json, plots and templates joined to one HTML file that needs nothing else."""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2

from benchmarks.report import answer, circumstances, kind_tables, tables, vega
from benchmarks.report.derive import busy
from benchmarks.report.names import METRICS
from benchmarks.report.palette import GRID, GROUND, INK, PAPER, SOFT, dark_of, looks
from benchmarks.report.plots import Plot
from benchmarks.report.view import View

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Picture:
    """A plot with its PNG.

    Attributes:
        plot: Its specification.
        file: File of the PNG, relative to the page.
        png: The file's bytes.
    """

    plot: Plot
    file: str
    png: bytes

    @property
    def source(self) -> str:
        """The PNG as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def html(view: View, pictures: dict[str, list[Picture]]) -> str:
    """The whole page.

    Args:
        view: View of a valid report with "derived".
        pictures: {section: its plots}.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    every = [picture.plot for group in pictures.values() for picture in group]
    chosen = looks(view.families())
    return environment.get_template("page.html").render(
        view=view,
        report=view.root.value,
        answer=answer.sentence(view),
        gpu=circumstances.gpu_line(view),
        pictures=pictures,
        tables=tables,
        by_kind=kind_tables.by_kind(view),
        circumstances=circumstances,
        metrics=METRICS,
        shown_metrics=[key for key in METRICS if any(key in view.metrics(name) for name in view.sets())],
        warnings=warnings(view),
        looks=chosen,
        marks={name: index for index, name in enumerate(chosen)},
        ground={"ink": INK, "soft": SOFT, "line": GRID, "paper": PAPER},
        ground_dark=GROUND,
        plots_data={plot.key: {"spec": plot.spec, "choices": plot.choices, "pairs": plot.pairs} for plot in every},
        gallery_data=_gallery(view),
        dark=dark_of(chosen),
        script=vega.script() if every else "",
        script_licence=vega.licence(),
    )


def warnings(view: View) -> list[str]:
    """What a reader must know before believing a number."""
    report, found = view.root.value, []
    found += [sentence] if (sentence := busy(report)) else []
    if not report["complete"]:
        found.append("The run was interrupted: some figures are missing.")
    if report["quick"]:
        found.append("A quick run: few images, so spreads are wide.")
    if report["sets"] and all(row["built_in"] for row in report["sets"]):
        found.append("Only images that the project draws itself were read; real ones are given with --data.")
    if any(row["status"] in ("failed", "timeout") for row in report["engines"]):
        found.append("Some engines did not finish; the reasons are listed.")
    return found


def _gallery(view: View) -> dict:
    """What the gallery's script needs beside the thumbnails."""
    pictures = view.root["gallery"].value
    readers = [key for key in view.engines if any(key in picture["found"] for picture in pictures)]
    keys = ("width", "height", "truth", "found")
    return {"engines": readers, "pictures": [{key: picture[key] for key in keys} for picture in pictures]}
