"""The page as HTML: its figures are those of report.json, nothing is fetched, texts of images stay text."""

import json
import re
from decimal import Decimal

from benchmarks.report.build import build
from evaluation.quality import METRICS


def near(shown, value):
    """Whether a text shows a value: the number rounded to the decimals that it has; a dash for none."""
    if value is None:
        return shown == "–"
    number = Decimal(shown.replace("−", "-"))
    return abs(number - Decimal(value)) <= Decimal(1).scaleb(number.as_tuple().exponent) / 2 * Decimal("1.0001")


def spread(shown, interval, key):
    """Whether a text shows a value and the ends of its spread."""
    if interval is None:
        return shown == "–"
    value, _, ends = shown.partition(" ")
    known = [interval.get(end) for end in ("low", "high")]
    wanted = ends.split("–") if None not in known else []
    return near(value, interval[key]) and (not wanted or all(map(near, wanted, known))) and bool(ends) == bool(wanted)


def misfits(tables, report):
    """Cells of the tables of results that do not show what the report holds, computed here from its rows."""
    names = {row["label"].strip(): row["engine"] for row in report["derived"]["engines"]}
    engines = {row["id"]: row for row in report["engines"]}
    derived = {row["engine"]: row for row in report["derived"]["engines"]}
    wrong, checked = [], 0

    def check(row, title, fits):
        nonlocal checked
        if title in row:
            checked += 1
            wrong.extend([] if fits(row[title]) else [(row, title)])

    for place in (row["name"] for row in report["sets"]):
        quality = {row["engine"]: row["metrics"] for row in report["quality"] if row["set"] == place}
        speed = {row["engine"]: row for row in report["speed"] if row["set"] == place}
        for row in tables.get(f"{place}: accuracy and time of every engine", ()):
            key = names[row["engine"]]
            timed = speed.get(key, {})
            for name, metric in METRICS.items():
                check(row, metric.title, lambda text: spread(text, quality.get(key, {}).get(name), "value"))
            check(row, "time per image", lambda text: spread(text, timed.get("ms"), "median"))
            check(row, "p95", lambda text: near(text, (timed.get("ms") or {}).get("p95")))
            check(row, "images per second", lambda text: near(text, timed.get("fps")))
    for row in tables.get("What each engine takes", ()):
        key = names[row["engine"]]
        titles = {"peak memory": "peak_rss_mib", "steady memory": "steady_rss_mib", "processor": "cpu_percent"}
        for title, name in titles.items():
            check(row, title, lambda text: near(text, engines[key].get(name)))
        check(row, "cold start", lambda text: spread(text, engines[key].get("cold_start_ms"), "median"))
        check(row, "model files", lambda text: near(text, derived[key]["artifact_mb"]))
    for group in {(row["model"], row["network"], tuple(row["shape"])) for row in report["networks"]}:
        own = [row for row in report["networks"] if (row["model"], row["network"], tuple(row["shape"])) == group]
        shown = tables[f"{group[0]} {group[1]}, input {' × '.join(map(str, group[2]))}: time of the network alone"]
        times = sorted(row["ms"]["median"] for row in own if row.get("ms") and not row["recorded"])
        for row, time in zip(shown, times, strict=False):
            check(row, "time", lambda text: near(text.split()[0], time))
        assert len(shown) == len(own)
    for row in report["conversion"]:
        own = [r for r in report["conversion"] if (r["model"], r["set"]) == (row["model"], row["set"])]
        caption = next(c for c in tables if c.startswith(f"{row['model']}, ") and c.endswith("kept by each stage"))
        if row["set"] != "all":
            caption = f"{row['model']}, {row['set']}: accuracy kept by each stage"
            shown = tables[caption][own.index(row)]
            for name, metric in METRICS.items():
                check(shown, metric.title, lambda text: spread(text, row["metrics"].get(name), "value"))
    return wrong, checked


def test_the_figures_of_the_tables_are_those_of_the_report(built, tables_of):
    html = (built / "index.html").read_text(encoding="utf-8")
    report = json.loads((built / "report.json").read_text(encoding="utf-8"))
    wrong, checked = misfits(tables_of(html), report)
    assert wrong == [] and checked > 600


def test_a_wrong_figure_would_be_found(built, tables_of):
    html = (built / "index.html").read_text(encoding="utf-8")
    report = json.loads((built / "report.json").read_text(encoding="utf-8"))
    report["engines"][0]["peak_rss_mib"] += 1
    report["speed"][0]["ms"]["low"] *= 0.9
    report["networks"][0]["ms"]["median"] *= 1.1
    assert len(misfits(tables_of(html), report)[0]) >= 3


def test_the_figures_of_reports_at_the_edges_are_theirs(edge, tables_of):
    _, folder = edge
    html = (folder / "index.html").read_text(encoding="utf-8")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert misfits(tables_of(html), report)[0] == []


def test_recorded_figures_say_so(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    assert html.count('<span class="badge">recorded on Fixture GPU 9000 (fictional), 2026-11-01</span>') > 3
    assert "GPU: not measured here." in html


def test_without_a_recording_the_page_says_that_gpus_were_not_measured(plotless, tmp_path):
    plotless["engines"] = [row for row in plotless["engines"] if not row["recorded"]]
    plotless["machine"]["recorded_gpu"] = []
    build(plotless, tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "GPU: not measured here." in html and "recorded on" not in html.split("<main>")[1].split("</main>")[0]


def test_a_gpu_of_this_machine_is_named(plotless, tmp_path):
    plotless["machine"]["gpu"] = [{"name": "Fixture GPU 1", "driver": "1.0", "memory_mib": 8192}]
    build(plotless, tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "GPU: not measured here" not in html
    assert "GPU measured here: Fixture GPU 1." in html


def test_texts_of_images_are_no_html(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    body = html.split("</style>")[1]
    assert "<script>document.title" not in body and "<img src=x" not in body and "<b>EXIT" not in body
    assert "<mark>&lt;b&gt;EXIT&lt;/b&gt; </mark>&amp; more" in body


def test_hostile_strings_stay_text_everywhere(plotless, few, tmp_path):
    report = plotless | {part: few[part] for part in ("quality", "speed", "conversion", "gallery")}
    evil = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>\"'`${1}{{7*7}}"
    report["machine"] |= {"cpu": evil, "packages": {evil: evil}}
    report["engines"][0] |= {"title": evil, "name": evil, "model": evil}
    report["sets"][0] = report["sets"][0] | {"name": evil}
    for part in ("quality", "speed", "conversion", "gallery"):
        report[part] = [row | {"set": evil} if row["set"] == "built-in pages" else row for row in report[part]]
    report["conversion"][0]["model"] = evil
    report["gallery"][0]["truth"][0]["text"] = evil
    report["networks"] = [few["networks"][0] | {"network": evil, "engine": evil}]
    report |= {"notes": [evil], "command": evil, "method": {evil: evil}}
    build(report, tmp_path)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script>document.title" not in html and "<img src=x" not in html
    assert html.count("{{7*7}}") > 10


def test_the_page_refers_to_nothing_outside(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    references = re.findall(r"(?:src|href)=\"([^\"]{0,40})", own)
    outside = [name for name in references if not name.startswith(("data:", "#"))]
    assert sorted(outside) == ["report.json", "report.md"]
    assert "@import" not in own and "url(" not in own.split("</style>")[0]


def test_every_plot_has_a_picture_for_pages_without_scripts(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="plot" data-plot="(\w+)">(.*?)</figure>', html, flags=re.DOTALL)
    assert len(figures) == len(list((built / "plots").glob("*.png")))
    for _, inner in figures:
        assert 'src="data:image/png;base64,iVBOR' in inner
    assert "<noscript>" in html


def test_kinds_have_a_table_of_their_own_with_one_column_for_all_threads(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="kinds">') : page.index('<section id="resources">')]
    assert section.count("<table>") == 2 and 'href="#kinds"' in page
    head = section[section.index("<thead>") : section.index("</thead>")]
    assert head.count("<th") - head.count("<thead") == 5  # kind, pictures, texts, ours, RapidOCR
    assert "handwritten &lt;b&gt;bill" in section and "91.0" not in section


def test_a_report_without_kinds_has_no_such_section(few, tmp_path):
    del few["kinds"]
    build(few, tmp_path)
    for name in ("index.html", "report.md"):
        assert "ind by kind" not in (tmp_path / name).read_text(encoding="utf-8")


def test_a_busy_machine_is_said_before_the_first_figure(few, tmp_path):
    few["machine"] |= {"load": 9.5}
    build(few, tmp_path)
    for name, table in (("index.html", "<table"), ("report.md", "| ---")):
        text = (tmp_path / name).read_text(encoding="utf-8")
        first = text.find(table) if table in text else len(text)
        assert 0 < text.index("load 9.5 on") < first
