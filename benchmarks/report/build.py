"""report.json -> index.html, report.md and the plots as PNG files.

python -m benchmarks report REPORT.json [OUT]        makes the page, tables and pictures of a report again
"""

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path

from benchmarks.report.derive import derived
from benchmarks.report.markdown import markdown
from benchmarks.report.page import PlotPicture, html
from benchmarks.report.plots import plots
from benchmarks.report.validate import check, load
from benchmarks.report.vega import png
from benchmarks.report.view import View
from tflite_ocr.files import replacing

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
    view, folder = View(whole), Path(out)
    pictures = {
        section: [
            PlotPicture(plot, f"{PLOTS}/{plot.key}.png", png(plot.spec, plot.width, plot.full_title)) for plot in group
        ]
        for section, group in plots(view).items()
    }
    drawn = {picture.file: picture.png for group in pictures.values() for picture in group}
    files = {
        "index.html": html(view, pictures).encode(),
        "report.md": markdown(view, pictures).encode(),
        "report.json": (json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode(),
        **drawn,
    }
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    for stale in set((folder / PLOTS).glob("*.png")) - {folder / name for name in drawn}:
        stale.unlink()
    for name, content in files.items():
        with replacing(folder / name) as stream:
            stream.write(content)
    _log.info("report written to %s", folder / "index.html")
    return [folder / name for name in files]


def arguments(add: Callable) -> None:
    add("report", type=Path, help="report.json of a run")
    add("out", type=Path, nargs="?", help="folder to write to (default: that of REPORT.json)")


def run(options: argparse.Namespace) -> int:
    """Writes the report; returns the exit code."""
    print(*build(load(options.report), options.out or options.report.parent)[:2], sep="\n")
    return 0
