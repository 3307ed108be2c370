"""The page: report.json, plots and templates joined to one HTML file that needs nothing else."""

import base64
from dataclasses import dataclass
from pathlib import Path

import jinja2

from benchmarks.report import circumstances, tables, vega
from benchmarks.report.derive import busy
from benchmarks.report.palette import GRID, GROUND, INK, PAPER, SOFT, dark_of, looks
from benchmarks.report.plots import Plot
from benchmarks.report.view import View, answer
from evaluation.quality import METRICS

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class PlotPicture:
    """A plot with its PNG."""

    plot: Plot  # Its specification
    file: str  # File of the PNG, relative to the page
    png: bytes  # The file's bytes

    @property
    def source(self) -> str:
        """The PNG as a data URI."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def rendered(name: str, **values) -> str:
    """A template of this folder with values, which are escaped, and with the page's own colours."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ground = {"ink": INK, "soft": SOFT, "line": GRID, "paper": PAPER}
    return environment.get_template(name).render(ground=ground, ground_dark=GROUND, **values)


def html(view: View, pictures: dict[str, list[PlotPicture]]) -> str:
    """The whole page."""
    every = [picture.plot for group in pictures.values() for picture in group]
    chosen = looks(view.families())
    return rendered(
        "page.html",
        view=view,
        report=view.report,
        answer=answer(view),
        gpu=circumstances.gpu_line(view),
        pictures=pictures,
        tables=tables,
        circumstances=circumstances,
        metrics=METRICS,
        shown_metrics=[key for key in METRICS if any(key in view.metrics(name) for name in view.sets())],
        warnings=warnings(view),
        looks=chosen,
        marks={name: index for index, name in enumerate(chosen)},
        plots_data={plot.key: {"spec": plot.spec, "pairs": plot.pairs} for plot in every},
        gallery_data=_gallery(view),
        dark=dark_of(chosen),
        script=vega.script() if every else "",
        script_licence=vega.licence(),
    )


def warnings(view: View) -> list[str]:
    """What a reader must know before believing a number."""
    report = view.report
    found = {
        busy(report): True,
        "The run was interrupted: some figures are missing.": not report["complete"],
        "A quick run: few images, so spreads are wide.": report["quick"],
        "Only images that the project draws itself were read; real ones are given with --data.": report["sets"]
        and all(row["built_in"] for row in report["sets"]),
        "Some engines did not finish; the reasons are listed.": any(
            row["status"] in ("failed", "timeout") for row in report["engines"]
        ),
    }
    return [sentence for sentence, holds in found.items() if sentence and holds]


def _gallery(view: View) -> dict:
    """What the gallery's script needs beside the thumbnails."""
    pictures = view.report["gallery"]
    readers = [key for key in view.engines if any(key in picture["found"] for picture in pictures)]
    keys = ("width", "height", "truth", "found")
    return {"engines": readers, "pictures": [{key: picture[key] for key in keys} for picture in pictures]}
