"""report.json -> index.html, report.md and the plots as PNG files."""

import json
import logging
from pathlib import Path

from benchmarks.report.derive import derived
from benchmarks.report.markdown import markdown
from benchmarks.report.page import Picture, html
from benchmarks.report.plots import Plot, Plotter
from benchmarks.report.validate import check
from benchmarks.report.vega import png
from benchmarks.report.view import View

PAGE, TABLES, DATA = "index.html", "report.md", "report.json"
PLOTS = "plots"
_log = logging.getLogger(__name__)


def build(report: dict, out: Path) -> list[Path]:
    """Writes the report of a run.

    Args:
        report: As schema.md describes it; left as it is.
        out: Folder; made where it does not exist. What is in it under the same names is replaced.

    Returns:
        index.html, report.md, report.json (the report with its "derived" part) and plots/*.png.

    Raises:
        ReportError: The report does not fit the schema; nothing is written.
    """
    check(report)
    whole = report | {"derived": derived(report)}
    view = View(whole)
    plotter = Plotter(view)
    plots = {
        "accuracy": plotter.accuracy(),
        "resources": plotter.resources(),
        "scaling": plotter.scaling(),
        "networks": plotter.networks(),
        "conversion": plotter.conversion(),
    }
    pictures = {section: [_picture(plot) for plot in group] for section, group in plots.items()}
    texts = {
        PAGE: html(view, pictures),
        TABLES: markdown(view, pictures),
        DATA: json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
    }
    drawn = {picture.file: picture.png for group in pictures.values() for picture in group}
    folder = Path(out)
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    for stale in set((folder / PLOTS).glob("*.png")) - {folder / name for name in drawn}:
        stale.unlink()
    for name, text in texts.items():
        _write(folder / name, text.encode("utf-8"))
    for name, content in drawn.items():
        _write(folder / name, content)
    _log.info("report written to %s", folder / PAGE)
    return [folder / name for name in (*texts, *drawn)]


def _picture(plot: Plot) -> Picture:
    return Picture(plot, f"{PLOTS}/{plot.key}.png", png(plot.spec, plot.width, plot.full_title))


def _write(path: Path, content: bytes) -> None:
    """Writes beside the target first, so that an interrupted build leaves no half file."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
