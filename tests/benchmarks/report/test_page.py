"""The page as HTML: every number is in report.json, nothing is fetched, texts of images stay text."""

import json
import re

from benchmarks.report.build import build


def test_every_number_of_the_page_is_in_the_report(built, pieces_of, misfits):
    html = (built / "index.html").read_text(encoding="utf-8")
    report = json.loads((built / "report.json").read_text(encoding="utf-8"))
    pieces, others = pieces_of(html)
    assert len(pieces) > 1500
    assert misfits(pieces, others, report) == []


def test_a_wrong_number_would_be_found(built, pieces_of, misfits):
    html = (built / "index.html").read_text(encoding="utf-8")
    report = json.loads((built / "report.json").read_text(encoding="utf-8"))
    place = re.search(r'data-path="/engines/0/peak_rss_mib">(\d+)<', html)
    wrong = html[: place.start(1)] + str(int(place.group(1)) + 1) + html[place.end(1) :]
    assert len(misfits(*pieces_of(wrong), report)) == 1
    assert len(misfits(*pieces_of(html.replace("<footer>", "<footer>7 times as fast")), report)) == 1
    moved = html.replace('data-path="/engines/0/peak_rss_mib"', 'data-path="/engines/99/peak_rss_mib"')
    assert misfits(*pieces_of(moved), report) != []


def test_every_number_of_reports_at_the_edges_is_in_them(edge, pieces_of, misfits):
    _, folder = edge
    html = (folder / "index.html").read_text(encoding="utf-8")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert misfits(*pieces_of(html), report) == []


def test_figures_of_every_kind_are_shown(built, pieces_of):
    pieces, _ = pieces_of((built / "index.html").read_text(encoding="utf-8"))
    shown = {re.sub(r"/\d+", "/*", piece.path) for piece in pieces}
    for path in (
        "/quality/*/metrics/bag_f1/value",
        "/quality/*/metrics/detection_hmean/low",
        "/speed/*/ms/median",
        "/speed/*/ms/p95",
        "/speed/*/fps",
        "/engines/*/peak_rss_mib",
        "/engines/*/steady_rss_mib",
        "/engines/*/cpu_percent",
        "/engines/*/gpu_memory_mib",
        "/engines/*/cold_start_ms/median",
        "/derived/engines/*/artifact_mb",
        "/derived/engines/*/installed_mb",
        "/derived/answer/best/*/speed_ratio/value",
        "/scaling/*/ms/median",
        "/networks/*/ms/median",
        "/networks/*/skipped",
        "/conversion/*/metrics/bag_f1/value",
        "/conversion/*/differs/*/text",
        "/engines/*/reason",
        "/sets/*/left_out/*/reason",
        "/machine/cpu",
        "/machine/recorded_gpu/*/device",
        "/machine/packages/numpy",
        "/method/rounds",
        "/command",
        "/notes/*",
    ):
        assert path in shown, path


def test_recorded_figures_say_so(built, pieces_of):
    html = (built / "index.html").read_text(encoding="utf-8")
    on = "Fixture GPU 9000 (fictional), 2026-11-01"
    for path in ("/derived/engines/16/recorded_on", "/derived/recorded_on/11"):
        assert f'recorded on <span data-path="{path}">{on}</span>' in html
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
    assert 'GPU measured here: <span data-path="/machine/gpu/0/name">Fixture GPU 1</span>' in html


def test_texts_of_images_are_no_html(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    body = html.split("</style>")[1]
    assert "<script>document.title" not in body and "<img src=x" not in body and "<b>EXIT" not in body
    assert "<mark>&lt;b&gt;EXIT&lt;/b&gt; </mark>&amp; more" in body


def test_hostile_strings_stay_text_everywhere(plotless, few, tmp_path, pieces_of, misfits):
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
    kept = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert misfits(*pieces_of(html), kept) == []


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
