"""Pages of running text: articles, letters, newspapers, tables of contents."""

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import wording
from synthetic.layouts.flow import Box, PagePlan, RunningText, fitted, paragraph
from synthetic.letters import typesetting
from synthetic.surfaces import backgrounds


def article(rng: np.random.Generator, plan: PagePlan) -> None:
    """A title, then headings, paragraphs and lists in one to three columns."""
    count = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
    top = _title(rng, plan) if rng.random() < 0.5 else plan.top
    _margins(rng, plan)
    _columns(rng, plan, top, count, rng.uniform(1.8, 3) * plan.em)


def newspaper(rng: np.random.Generator, plan: PagePlan) -> None:
    """Headlines over narrow columns, with pictures and rules between the columns."""
    y, em = plan.top, plan.em
    if rng.random() < 0.4:
        name = plan.head.sized(rng.uniform(3, 5))
        y += 1.1 * name.size
        text = fitted(lambda: wording.phrase(rng, 3).title(), name, plan.width)
        plan.sheet.write(rng, text, name, plan.middle, y, "middle")
        y += 0.6 * em
        plan.sheet.rule(plan.left, y, plan.right, y, plan.body.color, int(rng.integers(1, 3)))
        y += 1.4 * em
        plan.sheet.write(rng, figures.date(rng), plan.body, plan.left, y)
        plan.sheet.write(rng, figures.price(rng), plan.body, plan.right, y, "right")
        y += 0.6 * em
    while y < plan.bottom - 8 * em:
        headline = plan.head.sized(rng.uniform(1.6, 3.6))
        count, align = int(rng.integers(1, 3)), choose(rng, ("left", "middle"))
        y = paragraph(rng, plan.sheet, headline, plan.below(y), count, 1.15, align)
        height = min(plan.bottom - y, rng.uniform(10, 45) * em)
        count = max(2, int(plan.width / (rng.uniform(13, 20) * em)))
        _columns(rng, plan, y + 0.5 * em, count, 1.7 * em, y + height, rng.random() < 0.4)
        y += height + em
        if rng.random() < 0.5:
            plan.sheet.rule(plan.left, y, plan.right, y, plan.body.color, 1)


def letter(rng: np.random.Generator, plan: PagePlan) -> None:
    """Sender, recipient, date, subject, paragraphs, greeting and a signature by hand."""
    sheet, body, em = plan.sheet, plan.body, plan.em
    y, step = plan.top + 2 * em, rng.uniform(1.15, 1.5) * em
    align, x = (("left", plan.left), ("right", plan.right), ("middle", plan.middle))[rng.integers(3)]
    sheet.write(rng, wording.company(rng), plan.head.sized(rng.uniform(1, 2.2)), x, y, align)
    for make in (wording.street, wording.town, figures.phone)[: int(rng.integers(1, 4))]:
        y += step
        sheet.write(rng, make(rng), body.sized(rng.uniform(0.8, 1)), x, y, align)
    y += rng.uniform(2, 4) * em
    for make in (wording.name, wording.company, wording.street, wording.town):
        y += step
        sheet.write(rng, make(rng), body, plan.left, y)
    y += 2 * step
    x = choose(rng, (plan.left, plan.left + 0.6 * plan.width))
    sheet.write(rng, f"{choose(rng, ('', 'Date: ', 'Datum: '))}{figures.date(rng)}", body, x, y)
    y += 2 * step
    if rng.random() < 0.6:
        subject = f"{choose(rng, ('Re: ', 'Subject: ', 'RE: ', 'Betreff: ', ''))}{wording.phrase(rng, 6)}"
        sheet.write(rng, subject, plan.head, plan.left, y)
        y += 2 * step
    sheet.write(rng, f"{choose(rng, ('Dear', 'Dear Mr.', 'Liebe', 'Cher'))} {wording.name(rng)},", body, plan.left, y)
    y += 0.6 * step
    stream, align = RunningText(rng, body), choose(rng, ("left", "left", "justify"))
    for _ in range(int(rng.integers(2, 5))):
        box = (plan.left, y, plan.right, plan.bottom - 9 * em)
        y = paragraph(rng, sheet, body, box, int(rng.integers(2, 8)), step / em, align, 0.0, stream) + 0.8 * step
    greeting = choose(rng, ("Sincerely,", "Yours truly,", "Best regards,", "Cordialement,"))
    sheet.write(rng, greeting, body, plan.left, y + step)
    hand = body.but(font=typesetting.pick_font(rng, "scene", "Aabeo"), color=(110.0, 60.0, 20.0), grow=0.0)
    sheet.write(rng, wording.name(rng), hand.sized(rng.uniform(1.3, 2.4)), plan.left, y + 4 * step)
    sheet.write(rng, wording.name(rng), body, plan.left, y + 6 * step)


def contents(rng: np.random.Generator, plan: PagePlan) -> None:
    """Entries with numbers at the right end, led to by dots or by nothing: contents, indices, price lists, menus."""
    em = plan.em
    count = 1 if plan.width < 50 * em else int(rng.integers(1, 3))
    leading, lead = rng.uniform(1.2, 2.2) * em, str(rng.choice([".", ". ", "", " ."], p=[0.45, 0.2, 0.25, 0.1]))
    priced, top = rng.random() < 0.4, _title(rng, plan) if rng.random() < 0.6 else plan.top
    gutter = 2.5 * em
    wide = (plan.width - gutter * (count - 1)) / count
    for column in range(count):
        left, y = plan.left + column * (wide + gutter), top + leading
        while y < plan.bottom:
            depth = int(rng.integers(3)) * 1.5 * em
            style = plan.head if depth == 0 and rng.random() < 0.4 else plan.body
            end = figures.amount(rng) if priced else str(rng.integers(1, 400))
            room = wide - depth - typesetting.width(end, plan.body) - 2 * em
            text = fitted(lambda: wording.phrase(rng, 7).capitalize(), style, room)
            _led(rng, plan, style, (left + depth, left + wide, y), text, end, lead)
            y += leading * (1.0 if rng.random() < 0.85 else 1.8)


def _led(rng, plan: PagePlan, style, place: tuple[float, float, float], text: str, end: str, lead: str) -> None:
    """An entry, its number at the right end, and what leads over, which is nothing to read."""
    left, right, y = place
    start = plan.sheet.write(rng, text, style, left, y)
    plan.sheet.write(rng, end, plan.body, right, y, "right")
    if lead:
        room = right - start - typesetting.width(end, plan.body) - 0.9 * style.size
        dots = lead * max(0, int(room / max(1.0, typesetting.width(lead, style))))
        plan.sheet.write(rng, dots, style, start + 0.4 * style.size, y, ignore=True)


def _title(rng: np.random.Generator, plan: PagePlan) -> float:
    style = plan.head.sized(rng.uniform(1.3, 2.6))
    align = choose(rng, ("left", "middle"))
    box = plan.below(plan.top)
    y = paragraph(rng, plan.sheet, style, box, int(rng.integers(1, 3)), 1.2, align)
    if rng.random() < 0.4:
        x = plan.left if align == "left" else plan.middle
        names = ", ".join(wording.name(rng) for _ in range(int(rng.integers(1, 3))))
        plan.sheet.write(rng, names, plan.body, x, y + 1.3 * plan.em, align)
        y += 1.8 * plan.em
    return y + rng.uniform(0.5, 2) * plan.em


def _margins(rng: np.random.Generator, plan: PagePlan) -> None:
    """Running heads, page numbers, and a number set along the side."""
    sheet, small = plan.sheet, plan.body.sized(rng.uniform(0.75, 1))
    if rng.random() < 0.5:
        y = plan.top - 1.5 * plan.em
        sheet.write(rng, wording.phrase(rng, 4).title(), small, plan.left, y)
        sheet.write(rng, str(rng.integers(1, 900)), small, plan.right, y, "right")
    if rng.random() < 0.5:
        text = choose(rng, ("{}", "- {} -", "Page {}", "{} of 12", "p. {}")).format(rng.integers(1, 400))
        sheet.write(rng, text, small, plan.middle, plan.bottom + 2 * plan.em, "middle")
    if rng.random() < 0.15:
        style = small.but(font=typesetting.pick_font(rng, "receipt", "01239")).sized(rng.uniform(1, 1.6))
        sheet.write(rng, figures.digits(rng, 8), style, plan.right + plan.em, plan.bottom - 16 * plan.em, turns=1)


def _columns(
    rng: np.random.Generator,
    plan: PagePlan,
    top: float,
    count: int,
    gutter: float,
    bottom: float | None = None,
    ruled: bool = False,
) -> None:
    wide = (plan.width - gutter * (count - 1)) / count
    stream, align = RunningText(rng, plan.body), "justify" if rng.random() < 0.6 else "left"
    leading, bottom = rng.uniform(1.12, 1.65), bottom if bottom is not None else plan.bottom
    for column in range(count):
        left = plan.left + column * (wide + gutter)
        if ruled and column:
            plan.sheet.rule(left - gutter / 2, top, left - gutter / 2, bottom, plan.body.color, 1)
        y = top
        while y < bottom - leading * plan.em:
            y = _block(rng, plan, (left, y, left + wide, bottom), leading, align, stream)


def _block(
    rng: np.random.Generator, plan: PagePlan, box: Box, leading: float, align: str, stream: RunningText
) -> float:
    """A paragraph, a heading, a list or a picture; y below it."""
    left, y, right, bottom = box
    kind, em = rng.random(), plan.em
    if kind < 0.6:
        indent = float(rng.choice([0, 1.2])) * em
        y = paragraph(rng, plan.sheet, plan.body, box, int(rng.integers(2, 13)), leading, align, indent, stream)
        return y + float(rng.choice([0, 0.6])) * em
    if kind < 0.78:
        style = plan.head.sized(rng.uniform(1, 1.5))
        number = f"{rng.integers(1, 9)}.{rng.integers(1, 9)} " if rng.random() < 0.3 else ""
        text = fitted(lambda: number + wording.cased(rng, wording.phrase(rng, 5)), style, right - left)
        plan.sheet.write(rng, text, style, left, y + 1.9 * em)
        return y + 2.4 * em
    if kind < 0.93:
        return _list(rng, plan, box, leading, stream)
    height = rng.uniform(0.3, 0.9) * min(right - left, 40 * em)
    if y + height + 3 * em > bottom:
        return bottom
    picture = backgrounds.crop(rng, int(height), max(2, int(right - left)), 0.9)
    plan.sheet.picture(picture, left, y + 0.7 * em)
    caption = plan.body.sized(0.85)
    text = fitted(lambda: f"Fig. {rng.integers(1, 20)}: {words.sentence(rng, 40)}", caption, right - left)
    plan.sheet.write(rng, text, caption, left, y + height + 2.1 * em)
    return y + height + 3.2 * em


def _list(rng, plan: PagePlan, box: Box, leading: float, stream: RunningText) -> float:
    left, y, right, bottom = box
    mark = choose(rng, ("•", "-", "*", "–", "{}.", "({})", "{})"))
    indent = rng.uniform(1.4, 2.6) * plan.em
    for number in range(1, int(rng.integers(3, 8))):
        if y + leading * plan.em > bottom:
            break
        room, count = (left + indent, y, right, bottom), int(rng.integers(1, 3))
        y = paragraph(rng, plan.sheet, plan.body, room, count, leading, "left", 0.0, stream, mark.format(number))
    return y + 0.4 * plan.em
