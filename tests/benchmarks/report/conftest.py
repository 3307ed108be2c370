"""The fixture report, the page made of it, and a reader of the tables of a page."""

import copy
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

FIXTURE = Path(__file__).with_name("fixture.json")


@pytest.fixture
def report():
    """The fixture report, to be changed at will."""
    return _fixture()


@pytest.fixture
def few():
    """The fixture report with few rows of everything, and so few plots that its page is made at once."""
    whole = _fixture()
    for part in ("quality", "speed", "networks", "scaling", "conversion"):
        whole[part] = whole[part][:8]
    picture = whole["gallery"][0]
    picture["found"] = {key: lines[:3] for key, lines in list(picture["found"].items())[:2]}
    return whole | {"gallery": [picture]}


@pytest.fixture
def plotless(few):
    """The fixture report without anything that is plotted."""
    kept = ("id", "name", "title", "model", "recorded", "recorded_on", "status", "reason")
    engines = [{key: row[key] for key in kept if key in row} for row in few["engines"]]
    empty = dict.fromkeys(("quality", "kinds", "speed", "networks", "scaling", "conversion", "gallery"), [])
    return few | empty | {"engines": engines}


@pytest.fixture(scope="session")
def build_once(tmp_path_factory):
    """(folder, files) of the page made of the fixture report, in a folder with a picture of an earlier run."""
    from benchmarks.report.build import build

    out = tmp_path_factory.mktemp("report")
    (out / "plots").mkdir()
    (out / "plots" / "network_9.png").write_bytes(b"of an earlier run")
    return out, build(_fixture(), out)


@pytest.fixture(scope="session")
def built(build_once):
    """The folder of the page made of the fixture report."""
    return build_once[0]


@pytest.fixture(scope="session", params=["one engine", "all skipped", "nulls", "one row"])
def edge(request, tmp_path_factory):
    """(report, folder of its page) of reports at the edges of the schema."""
    from benchmarks.report.build import build

    report = EDGES[request.param](_fixture())
    out = tmp_path_factory.mktemp("edge")
    build(copy.deepcopy(report), out)
    return report, out


@pytest.fixture(scope="session")
def tables_of():
    """Function (HTML) -> {caption: [{title of a column: text of the cell}]}."""

    def read(html):
        reader = _Tables()
        reader.feed(html)
        assert reader.stack == []
        return reader.tables

    return read


def _one_engine(report):
    """Ours alone, without intervals of time, and with a name that is far too long."""
    keep = report["engines"][0]
    keep["title"] = "A very long name of an engine that goes on and on, " * 4
    ours = [row for row in report["speed"] if row["engine"] == keep["id"]]
    for row in ours:
        row["ms"] = {"median": row["ms"]["median"], "low": None, "high": None, "p95": None, "mean": None}
    quality = [row for row in report["quality"] if row["engine"] == keep["id"]]
    return _bare(report) | {"engines": [keep], "speed": ours, "quality": quality, "sets": report["sets"]}


def _all_skipped(report):
    """Every engine skipped, nothing measured, no package known."""
    engines = [row | {"status": "skipped", "reason": "not here"} for row in report["engines"] if not row["recorded"]]
    return _bare(report) | {"engines": engines, "complete": False, "quick": True}


def _nulls(report):
    """Every figure that may be null is."""
    engines = [
        {key: row[key] for key in ("id", "name", "title", "recorded", "status", "reason", "recorded_on") if key in row}
        for row in report["engines"]
    ]
    quality = [row | {"metrics": dict.fromkeys(row["metrics"])} for row in report["quality"]]
    networks = [row | {"ms": None, "skipped": "no reason"} for row in report["networks"]]
    conversion = [row | {"metrics": {}, "differs": []} for row in report["conversion"]]
    kinds = [row | {"share": None, "bag_f1": None} for row in report["kinds"]]
    changed = {"engines": engines, "quality": quality, "kinds": kinds, "networks": networks}
    return report | changed | {"conversion": conversion, "gallery": []}


def _one_row(report):
    """Ours and one other, on one set, one point of each plot."""
    engines = [report["engines"][0], report["engines"][5]]
    ids = {row["id"] for row in engines}
    name = report["sets"][0]["name"]
    rows = {part: report[part] for part in ("quality", "speed")}
    parts = {
        part: [row for row in found if row["engine"] in ids and row["set"] == name] for part, found in rows.items()
    }
    scaling = [row for row in report["scaling"] if row["engine"] in ids][:1]
    networks, conversion = report["networks"][:1], report["conversion"][:1]
    more = {"engines": engines, "sets": report["sets"][:1], "scaling": scaling, "networks": networks}
    return _bare(report) | parts | more | {"conversion": conversion}


def _bare(report):
    machine = report["machine"] | {"recorded_gpu": [], "flags": [], "packages": {}, "commit": None}
    parts = ("sets", "quality", "kinds", "speed", "networks", "scaling", "conversion", "gallery", "notes")
    empty = dict.fromkeys(parts, [])
    kept = {key: value for key, value in report.items() if key != "method"}
    return kept | empty | {"machine": machine}


EDGES = {"one engine": _one_engine, "all skipped": _all_skipped, "nulls": _nulls, "one row": _one_row}


def _fixture():
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


class _Tables(HTMLParser):
    """Keeps the cells of all tables; units of headings and badges are no part of a text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tables, self.stack, self.rows, self.row, self.text, self.caption = {}, [], [], [], "", ""

    def handle_starttag(self, tag, attributes):
        if tag in ("meta", "link", "img", "br", "input"):
            return
        self.stack.append((tag, dict(attributes).get("class") or ""))
        if tag in ("th", "td", "p"):
            self.text = ""
        if tag == "table":
            self.rows = []

    def handle_endtag(self, tag):
        (name, kind), text = self.stack.pop(), " ".join(self.text.split())
        assert name == tag, f"<{name}> is closed by </{tag}>"
        if "caption" in kind:
            self.caption = text
        elif tag in ("th", "td"):
            self.row.append(text)
        elif tag == "tr":
            self.rows.append(self.row)
            self.row = []
        elif tag == "table":
            titles, *rows = self.rows
            self.tables[self.caption] = [dict(zip(titles, row, strict=True)) for row in rows]

    def handle_data(self, data):
        if not any(tag == "small" or kind == "badge" for tag, kind in self.stack):
            self.text += data
