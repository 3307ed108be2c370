"""How much of each kind of picture the engines read: a row for each kind, a column for each engine."""

from benchmarks.report.cells import Column, Table, absent, figure, text, words
from benchmarks.report.pointer import Node
from benchmarks.report.view import View

_MEASURES = {"share": "share of the texts that were given exactly", "bag_f1": "bag-of-words F1"}


def by_kind(view: View) -> list[Table]:
    """Two tables for each set whose pictures are of named kinds: exact texts, and the bag of words.

    Of an engine that was measured with several numbers of threads one column stands for all: its texts are the same.
    """
    rows = view.root.get("kinds")
    if rows.value is None:
        return []
    names = list(dict.fromkeys(row["set"].value for row in rows))
    return [_table(view, name, measure) for name in names for measure in _MEASURES]


def _table(view: View, name: str, measure: str) -> Table:
    own = [row for row in view.root["kinds"] if row["set"].value == name]
    figures = {(row["engine"].value, row["kind"].value): row for row in own}
    measured = {row["engine"].value for row in own}
    lines: dict[str, str] = {}
    for key in view.engines:
        if key in measured:
            lines.setdefault(view.derived[key]["line"].value, key)
    first: dict[str, Node] = {}
    for row in own:
        first.setdefault(row["kind"].value, row)
    columns = [Column("kind", text=True), Column("pictures"), Column("texts")]
    columns += [Column(line, path=view.derived[key]["line"].path) for line, key in lines.items()]
    table_rows = []
    for kind, row in first.items():
        found = [figures.get((key, kind)) for key in lines.values()]
        cells = [absent() if of is None else figure(of[measure], 3) for of in found]
        table_rows.append((words(text(row["kind"])), figure(row["images"]), figure(row["asked"]), *cells))
    return Table(f"kind by kind, {_MEASURES[measure]}", tuple(columns), tuple(table_rows), (view.set_name(name),))
