"""Tables with and without rules, invoices, time tables."""

from collections.abc import Callable

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import wording
from synthetic.layouts.flow import Box, PagePlan, fitted, paragraph
from synthetic.letters.typesetting import Style
from synthetic.surfaces import textures

_Maker = Callable[[np.random.Generator], str]


def _word(rng: np.random.Generator) -> str:
    return words.word(rng).capitalize()


def _description(rng: np.random.Generator) -> str:
    return wording.phrase(rng, 5).capitalize()


def _small_number(rng: np.random.Generator) -> str:
    return str(rng.integers(0, 10 ** int(rng.integers(1, 5))))


# What is in a column, and its alignment.
_KINDS: tuple[tuple[_Maker, str], ...] = (
    (_word, "left"),
    (_description, "left"),
    (wording.name, "left"),
    (figures.code, "left"),
    (figures.date, "left"),
    (_small_number, "right"),
    (figures.amount, "right"),
    (figures.number, "right"),
    (figures.price, "right"),
    (figures.clock, "middle"),
    (figures.measure, "right"),
    (_small_number, "middle"),
)


def sheet_of_tables(rng: np.random.Generator, plan: PagePlan) -> None:
    """Tables below each other, with captions and notes between them."""
    y = plan.top
    while y < plan.bottom - 4 * plan.em:
        if rng.random() < 0.6:
            style = plan.head.sized(rng.uniform(1, 1.5))
            text = fitted(lambda: f"Table {rng.integers(1, 20)}. {wording.phrase(rng, 6)}", style, plan.width)
            y += 1.5 * style.size
            plan.sheet.write(rng, text, style, plan.left, y)
            y += 0.6 * plan.em
        y = table(rng, plan, y, int(rng.integers(3, 30))) + 0.6 * plan.em
        if rng.random() < 0.4:
            box = plan.below(y)
            y = paragraph(rng, plan.sheet, plan.body.sized(0.9), box, int(rng.integers(1, 5)), 1.3, "left")
        y += rng.uniform(0.5, 2) * plan.em


def invoice(rng: np.random.Generator, plan: PagePlan) -> None:
    """A firm's head, addresses, numbers and dates, goods with prices, totals, terms."""
    sheet, em = plan.sheet, plan.em
    y = plan.top + 2 * em
    name = plan.head.sized(rng.uniform(1.4, 2.6))
    sheet.write(rng, fitted(lambda: wording.company(rng), name, 0.55 * plan.width), name, plan.left, y)
    title = plan.head.sized(rng.uniform(1.5, 2.8)).but(color=plan.accent)
    word = choose(rng, ("INVOICE", "Invoice", "RECHNUNG", "FACTURE", "QUOTATION", "Factura", "STATEMENT", "ORDER"))
    sheet.write(rng, fitted(lambda: word, title, 0.35 * plan.width), title, plan.right, y, "right")
    top = y + 0.8 * em
    for index, make in enumerate((wording.street, wording.town, figures.phone, wording.web)):
        y = top + (index + 1) * 1.35 * em
        sheet.write(rng, fitted(lambda make=make: make(rng), plan.body, 0.5 * plan.width), plan.body, plan.left, y)
    middle = plan.left + 0.58 * plan.width
    for index in range(int(rng.integers(2, 5))):
        line = top + (index + 1) * 1.35 * em
        label = fitted(lambda: f"{choose(rng, wording.LABELS)}:", plan.head, 0.2 * plan.width)
        sheet.write(rng, label, plan.head, middle, line)
        value = choose(rng, (figures.date, figures.code, figures.number))
        text = fitted(lambda v=value: v(rng), plan.body, 0.17 * plan.width)
        sheet.write(rng, text, plan.body, plan.right, line, "right")
    y += 2.5 * em
    sheet.write(rng, choose(rng, ("Bill to:", "Ship to", "Customer", "SOLD TO:")), plan.head, plan.left, y)
    for make in (wording.name, wording.street, wording.town):
        y += 1.35 * em
        sheet.write(rng, make(rng), plan.body, plan.left, y)
    kinds = [_KINDS[3], _KINDS[1], _KINDS[5], _KINDS[6], _KINDS[6]][int(rng.integers(2)) :]
    y = table(rng, plan, y + 1.5 * em, int(rng.integers(2, 12)), kinds=kinds)
    _totals(rng, plan, y)


def _totals(rng: np.random.Generator, plan: PagePlan, y: float) -> None:
    sheet, em = plan.sheet, plan.em
    for index in range(int(rng.integers(2, 5))):
        y += 1.6 * em
        style = plan.head if index else plan.body
        sheet.write(rng, choose(rng, wording.TOTALS).title(), style, plan.left + 0.62 * plan.width, y)
        sheet.write(rng, figures.amount(rng), style, plan.right - 0.5 * em, y, "right")
        if rng.random() < 0.3:
            sheet.rule(plan.left + 0.6 * plan.width, y + 0.4 * em, plan.right, y + 0.4 * em, plan.body.color, 1)
    box = (plan.left, y + 2 * em, plan.left + 0.7 * plan.width, plan.bottom)
    y = paragraph(rng, sheet, plan.body.sized(0.85), box, int(rng.integers(2, 6)), 1.3, "left")
    style = plan.body.but(color=plan.accent)
    sheet.write(rng, choose(rng, wording.THANKS), style, plan.middle, y + 3 * em, "middle")


def table(
    rng: np.random.Generator,
    plan: PagePlan,
    top: float,
    rows: int,
    entry: Style | None = None,
    kinds: list[tuple[_Maker, str]] | None = None,
) -> float:
    """Draws a table over the whole width of a plan; returns y below the table.

    Args:
        top: Its upper edge.
        rows: Without the head; those below the plan's bottom are skipped.
        entry: Style of the cells, that of the body if None.
        kinds: Maker and alignment by column; any if None.
    """
    em, entry = plan.em, entry or plan.body
    if kinds is None:
        count = int(np.clip(rng.integers(2, 9), 2, max(2, plan.width / (6 * em))))
        kinds = [_KINDS[rng.integers(len(_KINDS))] for _ in range(count)]
    shares = np.array(
        [rng.uniform(1.8, 3) if make in (_description, wording.name) else rng.uniform(0.7, 1.3) for make, _ in kinds]
    )
    edges = plan.left + plan.width * np.concatenate(([0], np.cumsum(shares) / shares.sum()))
    pad, step = rng.uniform(0.6, 0.9) * em, rng.uniform(1.3, 2.3) * max(em, entry.size)
    rules = str(rng.choice(["none", "rows", "all", "zebra", "head", "columns"], p=[0.15, 0.2, 0.35, 0.1, 0.15, 0.05]))
    rows = int(min(rows, (plan.bottom - top) / step - 1))
    if rows < 1:
        return top
    bottom = top + (rows + 1) * step
    head = _head(rng, plan, (edges[0], top, edges[-1], top + step))
    if rules == "zebra":
        tone = _tone(rng, plan, 225)
        for row in range(1, rows + 1, 2):
            plan.sheet.fill(plan.left, top + row * step, plan.right, top + (row + 1) * step, tone)
    for column, (make, align) in enumerate(kinds):
        box = (edges[column] + pad, edges[column + 1] - pad)
        _cell(rng, plan, head, lambda: choose(rng, wording.HEADS), box, top + 0.5 * step, align)
        for row in range(1, rows + 1):
            if rng.random() < 0.92:
                _cell(rng, plan, entry, lambda make=make: make(rng), box, top + (row + 0.5) * step, align)
    _rules(rng, plan, edges, np.linspace(top, bottom, rows + 2), rules)
    return bottom


def _head(rng: np.random.Generator, plan: PagePlan, box: Box) -> Style:
    """Shades the first row, or leaves it; the style of what is in it."""
    kind = rng.random()
    if kind < 0.25:
        plan.sheet.fill(*box, plan.accent)
        return plan.head.but(color=(255.0, 255.0, 255.0))
    if kind < 0.45:
        plan.sheet.fill(*box, _tone(rng, plan, 190))
    return plan.head


def _tone(rng: np.random.Generator, plan: PagePlan, least: float) -> tuple[float, float, float]:
    """A light shade behind dark ink, a dark one behind light ink."""
    light = sum(plan.body.color) < 3 * 128
    shade = textures.color(rng, least, 240, 6) if light else textures.color(rng, 255 - 240, 255 - least, 6)
    return tuple(shade.tolist())


def _cell(rng, plan: PagePlan, style: Style, make, box: tuple[float, float], middle: float, align: str) -> None:
    text = fitted(make, style, box[1] - box[0])
    x = {"left": box[0], "middle": sum(box) / 2, "right": box[1]}[align]
    plan.sheet.write(rng, text, style, x, middle + 0.35 * style.size, align)


def _rules(rng, plan: PagePlan, columns: np.ndarray, rows: np.ndarray, rules: str) -> None:
    thickness, ink = int(rng.integers(1, max(2, plan.em // 8 + 1))), plan.body.color
    if rules in ("none", "zebra"):
        return
    shown = {"rows": rows, "all": rows, "head": rows[[0, 1, -1]], "columns": rows[[0, -1]]}[rules]
    for y in shown:
        plan.sheet.rule(plan.left, y, plan.right, y, ink, thickness)
    if rules in ("all", "columns"):
        for x in columns:
            plan.sheet.rule(x, rows[0], x, rows[-1], ink, thickness)
