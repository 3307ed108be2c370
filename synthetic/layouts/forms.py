"""Forms: labels, lines, boxes and check boxes, filled in by type or by hand; memos, cards, tags."""

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import marks, tables, wording
from synthetic.layouts.flow import PagePlan, fitted, paragraph
from synthetic.letters import typesetting, wear
from synthetic.letters.typesetting import Style
from synthetic.surfaces import textures


def entry_style(rng: np.random.Generator, plan: PagePlan) -> Style:
    """How fields are filled in: by the same type, by another, by hand; black, blue or grey."""
    kind = rng.random()
    if kind < 0.35:
        return plan.body
    ink = textures.color(rng, 0, 70, 8) if rng.random() < 0.7 else np.float32([rng.uniform(90, 190), 60, 30])
    if kind < 0.75:
        return plan.body.but(font=typesetting.pick_font(rng, "receipt"), color=tuple(ink.tolist()))
    hand = typesetting.pick_font(rng, "scene", "Aabeo 0123")
    for _ in range(6):
        if hand.kind == "script":
            break
        hand = typesetting.pick_font(rng, "scene", "Aabeo 0123")
    return plan.body.but(font=hand, color=tuple(ink.tolist()), grow=0.0, wear=wear.shaken).sized(rng.uniform(1.1, 1.6))


def form(rng: np.random.Generator, plan: PagePlan) -> None:
    """Sections of several kinds below a heading: fields on lines, boxes, choices, tables, remarks."""
    y, entry = _heading(rng, plan), entry_style(rng, plan)
    parts = (_lines, _boxes, _choices, _remarks, _columns, _table)
    while y < plan.bottom - 3 * plan.em:
        if rng.random() < 0.4:
            y = _bar(rng, plan, y)
        before = y
        y = parts[rng.choice(len(parts), p=(0.3, 0.2, 0.14, 0.12, 0.14, 0.1))](rng, plan, entry, y)
        y = max(y, before + plan.em) + rng.uniform(0.3, 1.6) * plan.em
    _edges(rng, plan)


def memo(rng: np.random.Generator, plan: PagePlan) -> None:
    """To, from, date, subject in a column of labels, then text."""
    sheet, em, y = plan.sheet, plan.em, _heading(rng, plan)
    indent = rng.uniform(6, 10) * em
    for label in ("To", "From", "CC", "Date", "Subject")[: int(rng.integers(3, 6))]:
        y += rng.uniform(1.6, 2.2) * em
        sheet.write(rng, f"{label.upper() if rng.random() < 0.8 else label}:", plan.head, plan.left, y)
        style = plan.body
        value = wording.value(rng) if label != "Date" else figures.date(rng)
        right = sheet.write(rng, value, style, plan.left + indent, y)
        if rng.random() < 0.3:
            sheet.rule(plan.left + indent, y + 0.2 * em, right, y + 0.2 * em, style.color, 1)
    y += em
    if rng.random() < 0.6:
        sheet.rule(plan.left, y, plan.right, y, plan.body.color, int(rng.integers(1, 4)))
    leading = rng.uniform(1.2, 1.9)
    while y < plan.bottom - 2 * em:
        count = int(rng.integers(2, 8))
        y = paragraph(rng, sheet, plan.body, plan.below(y), count, leading, "left") + leading * em
    _edges(rng, plan)


def _heading(rng: np.random.Generator, plan: PagePlan) -> float:
    sheet, em, y = plan.sheet, plan.em, plan.top
    if rng.random() < 0.3:  # what a fax machine prints at the top of a page
        small = plan.body.but(font=typesetting.pick_font(rng, "receipt")).sized(0.8)
        for share, make in ((0.02, figures.date), (0.2, figures.clock), (0.36, figures.phone), (0.66, wording.company)):
            text = fitted(lambda make=make: make(rng), small, 0.15 * plan.width)
            sheet.write(rng, text, small, plan.left + share * plan.width, y - em)
        sheet.write(rng, f"P.{rng.integers(1, 20):03d}", small, plan.right, y - em, "right")
    for _ in range(int(rng.integers(1, 4))):
        style = plan.head.sized(rng.uniform(1, 1.8))
        y += 1.25 * style.size
        text = fitted(lambda: wording.cased(rng, wording.phrase(rng, 5)), style, plan.width)
        x = plan.middle
        right = sheet.write(rng, text, style, x, y, "middle")
        if rng.random() < 0.25:
            sheet.rule(2 * x - right, y + 0.12 * style.size, right, y + 0.12 * style.size, style.color, 1)
    return y + rng.uniform(0.6, 1.6) * em


def _bar(rng: np.random.Generator, plan: PagePlan, y: float) -> float:
    """The title of a section in a shaded or dark bar."""
    height, dark = rng.uniform(1.4, 2) * plan.em, rng.random() < 0.4
    right = plan.right if rng.random() < 0.7 else plan.left + 0.5 * plan.width
    if not dark and rng.random() < 0.3:
        marks.hatched(rng, plan.sheet, (plan.left, y, right, y + height), plan.body.color)
    else:
        shade = np.array(plan.accent) if dark else textures.color(rng, 195, 235, 8)
        plan.sheet.fill(plan.left, y, right, y + height, tuple(shade.tolist()))
    style = plan.head.but(color=(255.0, 255.0, 255.0)) if dark else plan.head
    x = plan.left + 0.5 * plan.em
    text = fitted(lambda: wording.cased(rng, wording.phrase(rng, 4)), style, right - x - plan.em)
    plan.sheet.write(rng, text, style, x, y + height / 2 + 0.36 * plan.em)
    return y + height + 0.4 * plan.em


def _label(rng: np.random.Generator) -> str:
    text = choose(rng, wording.LABELS)
    text = text.upper() if rng.random() < 0.35 else text
    return text + str(rng.choice([":", "", " :", "*"], p=[0.6, 0.3, 0.05, 0.05]))


def _lines(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    """Rows of labels, each followed by a line on which something stands."""
    sheet, em, count = plan.sheet, plan.em, int(rng.integers(1, 4))
    leading, gutter = rng.uniform(1.7, 2.8) * em, 1.5 * em
    wide, ruled = (plan.width - (count - 1) * gutter) / count, rng.random() < 0.7
    aligned = rng.uniform(7, 11) * em if rng.random() < 0.35 and wide > 18 * em else 0.0
    for _ in range(int(rng.integers(1, 7))):
        y += leading
        if y > plan.bottom:
            break
        for column in range(count):
            left = plan.left + column * (wide + gutter)
            text = fitted(lambda: _label(rng), plan.body, aligned - em if aligned else 0.6 * wide)
            end = sheet.write(rng, text, plan.body, left, y)
            start = left + aligned if aligned else end + rng.choice([0.35, 1.3]) * em
            if ruled:
                low, dash = y + 0.2 * em, int(rng.choice([0, 0, 2]))
                sheet.rule(max(end, start - 0.3 * em), low, left + wide, low, plan.body.color, 1, dash)
            if rng.random() < 0.75 and start < left + wide - em:
                value = fitted(lambda: wording.value(rng), entry, left + wide - start)
                sheet.write(rng, value, entry, start, y - rng.uniform(0, 0.12) * em)
    return y + 0.3 * em


def _boxes(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    """A grid of boxes with a small caption at the top of each and an entry below."""
    sheet, em, caption = plan.sheet, plan.em, plan.body.sized(rng.uniform(0.62, 0.9))
    thickness, tall = int(rng.integers(1, max(2, em // 9 + 1))), rng.uniform(2.5, 3.6) * em
    for _ in range(int(rng.integers(1, 5))):
        if y + tall > plan.bottom:
            break
        edges = _split(rng, plan, int(rng.integers(1, 5)))
        for left, right in zip(edges[:-1], edges[1:], strict=True):
            sheet.frame(left, y, right, y + tall, plan.body.color, thickness)
            room = right - left - em
            text = fitted(lambda: _label(rng), caption, room)
            sheet.write(rng, text, caption, left + 0.35 * em, y + 0.25 * em + 0.8 * caption.size)
            if rng.random() < 0.75:
                value = fitted(lambda: wording.value(rng), entry, room)
                sheet.write(rng, value, entry, left + rng.choice([0.5, 0.8]) * em, y + tall - 0.5 * em)
        y += tall
    return y


def _split(rng: np.random.Generator, plan: PagePlan, count: int) -> list[float]:
    shares = np.cumsum(rng.uniform(0.5, 1.5, count))
    return [plan.left, *(plan.left + plan.width * shares / shares[-1]).tolist()]


def _choices(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    """Check boxes, some crossed, with what they stand for."""
    sheet, em = plan.sheet, plan.em
    side, round_ones = rng.uniform(0.7, 1) * em, rng.random() < 0.2
    for _ in range(int(rng.integers(1, 4))):
        y += 1.9 * em
        x = sheet.write(rng, _label(rng), plan.body, plan.left, y) + 1.6 * em
        for _ in range(int(rng.integers(2, 6))):
            text = choose(rng, wording.OPTIONS) if rng.random() < 0.6 else wording.phrase(rng, 2)
            length = typesetting.width(typesetting.fit(text, plan.body.font), plan.body)
            if x + length + 3 * em > plan.right:
                break
            if round_ones:
                sheet.frame(x, y - side, x + side, y, plan.body.color, 1, radius=int(side))
            else:
                sheet.frame(x, y - side, x + side, y, plan.body.color, 1)
            if rng.random() < 0.35:
                sheet.rule(x, y - side, x + side, y, entry.color, max(1, em // 10))
                sheet.rule(x + side, y - side, x, y, entry.color, max(1, em // 10))
            x = sheet.write(rng, text, plan.body, x + side + 0.5 * em, y) + 1.6 * em
    return y + 0.3 * em


def _remarks(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    """A question, and an answer on ruled lines."""
    sheet, em = plan.sheet, plan.em
    sheet.write(rng, fitted(lambda: words.sentence(rng, 60), plan.head, plan.width), plan.head, plan.left, y + em)
    y += 1.3 * em
    leading, count = rng.uniform(1.4, 1.9), int(rng.integers(2, 6))
    if y + count * leading * entry.size > plan.bottom:
        return plan.bottom
    if rng.random() < 0.7:
        for line in range(1, count + 1):
            height = y + (line - 0.3) * leading * entry.size + 0.15 * em
            sheet.rule(plan.left, height, plan.right, height, plan.body.color, 1)
    box = (plan.left + 0.3 * em, y, plan.right, plan.bottom)
    paragraph(rng, sheet, entry, box, int(rng.integers(0, count + 1)), leading, "left")
    return y + count * leading * entry.size


def _columns(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    """Labels and values in two columns of two, without lines."""
    sheet, em, leading = plan.sheet, plan.em, rng.uniform(1.3, 1.9) * plan.em
    half = plan.width / 2
    for _ in range(int(rng.integers(2, 7))):
        y += leading
        if y > plan.bottom:
            break
        for left in (plan.left, plan.left + half):
            text = fitted(lambda: _label(rng), plan.head, 0.4 * half)
            end = sheet.write(rng, text, plan.head, left, y)
            start = max(end + 1.2 * em, left + 0.45 * half)
            sheet.write(rng, fitted(lambda: wording.value(rng), entry, left + half - start - em), entry, start, y)
    return y + 0.3 * em


def _table(rng: np.random.Generator, plan: PagePlan, entry: Style, y: float) -> float:
    return tables.table(rng, plan, y, int(rng.integers(2, 7)), entry)


def _edges(rng: np.random.Generator, plan: PagePlan) -> None:
    """A frame around everything, a page number, a number along the side, a stamp's rings."""
    sheet, em = plan.sheet, plan.em
    if rng.random() < 0.25:
        edge, bottom, thickness = 0.8 * em, plan.bottom + 0.5 * em, int(rng.integers(1, 4))
        sheet.frame(plan.left - edge, plan.top - edge, plan.right + edge, bottom, plan.body.color, thickness)
    if rng.random() < 0.4:
        text = choose(rng, ("PAGE {} OF {}", "{}/{}", "Form {}-{}", "Page {}")).format(*rng.integers(1, 30, 2))
        sheet.write(rng, text, plan.body, plan.middle, plan.bottom + 2 * em, "middle")
    if rng.random() < 0.4:
        number = plan.body.but(font=typesetting.pick_font(rng, "receipt", "01239")).sized(rng.uniform(1, 1.7))
        turns = int(rng.choice([1, 3]))
        sheet.write(rng, figures.digits(rng, 8), number, plan.right + 1.5 * em, plan.bottom - 9 * em, turns=turns)
