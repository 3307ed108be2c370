"""The tables as Markdown: whole, escaped, and of the same numbers as the page."""

import re

from benchmarks.report.build import build

CELL = re.compile(r"(?<!\\)\|")


def rows_of(text):
    return [CELL.split(line)[1:-1] for line in text.splitlines() if line.startswith("|")]


def test_all_rows_of_a_table_have_its_columns(built, edge):
    for folder in (built, edge[1]):
        text = (folder / "report.md").read_text(encoding="utf-8")
        for block in text.split("\n\n"):
            assert len({len(row) for row in rows_of(block)}) <= 1, block[:200]


def test_numbers_are_those_of_the_page(built):
    html = (built / "index.html").read_text(encoding="utf-8")
    words = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL)))
    text = (built / "report.md").read_text(encoding="utf-8")
    text = re.sub(r"!\[.*?\]\(.*?\)|\\", "", text).replace("F1", "").replace("p95", "")
    numbers = set(re.findall(r"\d+(?:\.\d+)?", text))
    assert len(numbers) > 500 and numbers <= words


def test_texts_neither_break_tables_nor_become_html(built):
    text = (built / "report.md").read_text(encoding="utf-8")
    assert r"Thank you \| see you" in text
    assert r"\<b\>EXIT\</b\> \& more" in text
    assert not re.search(r"(?<!\\)<(?!br>)", text)


def test_pictures_are_there(built):
    text = (built / "report.md").read_text(encoding="utf-8")
    files = re.findall(r"\]\((plots/\w+\.png)\)", text)
    assert len(files) == len(list((built / "plots").glob("*.png")))
    assert all((built / name).is_file() for name in files)


def test_what_a_reader_must_know_stands_at_the_top(plotless, tmp_path):
    for row in plotless["sets"]:
        row["built_in"] = True
    build(plotless | {"complete": False, "quick": True}, tmp_path)
    for name, start in (("report.md", "> "), ("index.html", '<p class="warning">')):
        text = (tmp_path / name).read_text(encoding="utf-8")
        for words in ("The run was interrupted", "A quick run", "Only images that the project", "Some engines did"):
            assert start + words in text
