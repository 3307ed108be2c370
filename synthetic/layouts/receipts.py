"""Receipts and tickets: narrow paper, goods to the left, prices to the right."""

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import wording
from synthetic.layouts.flow import PagePlan, fitted
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style


def receipt(rng: np.random.Generator, plan: PagePlan) -> None:
    """A shop's head, a number and a time, goods, totals, thanks, perhaps a bar code."""
    step = rng.uniform(1.1, 1.5) * plan.em
    y = _head(rng, plan, plan.top + step, step)
    y = _facts(rng, plan, y, step)
    y = _goods(rng, plan, _line(rng, plan, y, step), step)
    y = _totals(rng, plan, _line(rng, plan, y, step), step)
    y = _foot(rng, plan, _line(rng, plan, y, step), step)
    while y < plan.bottom - 6 * plan.em and rng.random() < 0.7:
        y = _goods(rng, plan, y + step, step)
        y = _foot(rng, plan, _line(rng, plan, y, step), step)


def _head(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    middle = plan.middle
    align, x = ("middle", middle) if rng.random() < 0.85 else ("left", plan.left)
    name = plan.head.sized(rng.uniform(1, 2))
    plan.sheet.write(rng, fitted(lambda: wording.company(rng), name, plan.width), name, x, y + 0.4 * name.size, align)
    y += 0.5 * name.size
    makers = (wording.street, wording.town, figures.phone, figures.code, wording.web, _registration)
    for index in range(int(rng.integers(2, 6))):
        y += step
        make = makers[index]
        text = fitted(lambda make=make: make(rng).upper(), plan.body, plan.width)
        plan.sheet.write(rng, text, plan.body, x, y, align)
    if rng.random() < 0.4:
        y += 1.8 * step
        plan.sheet.write(rng, choose(rng, wording.THANKS[-5:]), plan.head, middle, y, "middle")
    return y + step


def _facts(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    """Numbers of the receipt, the till, the cashier; day and time."""
    for _ in range(int(rng.integers(1, 5))):
        y += step
        kind = rng.random()
        if kind < 0.35:
            plan.sheet.write(rng, figures.date(rng), plan.body, plan.left, y)
            plan.sheet.write(rng, figures.clock(rng), plan.body, plan.right, y, "right")
            continue
        label = choose(rng, ("Receipt", "Invoice No", "Cashier", "Table", "Counter", "Doc No.", "Date", "Bill", "Slip"))
        value = choose(rng, (figures.code, figures.date, wording.name, figures.number))(rng)
        if kind < 0.7:
            text = fitted(lambda: f"{label}: {value}", plan.body, plan.width)
            plan.sheet.write(rng, text, plan.body, plan.left, y)
            continue
        plan.sheet.write(rng, label, plan.body, plan.left, y)
        text = fitted(lambda: f": {value}", plan.body, 0.6 * plan.width)
        plan.sheet.write(rng, text, plan.body, plan.left + 0.36 * plan.width, y)
    return y + 0.6 * step


def _line(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    """A row of dashes, a rule or a gap."""
    kind = rng.random()
    if kind < 0.45:
        mark = choose(rng, "---=_*.")
        count = int(plan.width / max(1.0, typesetting.width(mark, plan.body)))
        plan.sheet.write(rng, mark * count, plan.body, plan.left, y + 0.6 * step, ignore=True)
        return y + step
    if kind < 0.75:
        dash = int(rng.choice([0, max(2, plan.em // 4)]))
        plan.sheet.rule(plan.left, y + 0.4 * step, plan.right, y + 0.4 * step, plan.body.color, 1, dash)
        return y + 0.8 * step
    return y + 0.5 * step


def _goods(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    sheet, body, kind = plan.sheet, plan.body, int(rng.integers(4))
    money = choose(rng, (figures.amount, figures.amount, figures.price))
    upper = rng.random() < 0.7
    for _ in range(int(rng.integers(2, 14))):
        if y + 2 * step > plan.bottom:
            break
        y += step
        price = fitted(lambda: money(rng), body, 0.3 * plan.width)
        goods = _item(rng, plan, 0.6, upper)
        if kind == 0:
            sheet.write(rng, goods, body, plan.left, y)
            sheet.write(rng, price, body, plan.right, y, "right")
        elif kind == 1:  # the name, and below it the count and the sum
            sheet.write(rng, _item(rng, plan, 0.95, upper), body, plan.left, y)
            y += step
            count = f"{rng.integers(1, 12)} {choose(rng, ('x', 'X', '@', 'x RM', 'PCS *'))} {figures.amount(rng)}"
            sheet.write(rng, fitted(lambda c=count: c, body, 0.55 * plan.width), body, plan.left + 2 * plan.em, y)
            sheet.write(rng, price, body, plan.right, y, "right")
        elif kind == 2:  # count, name and sum in three columns
            sheet.write(rng, str(rng.integers(1, 20)), body, plan.left, y)
            sheet.write(rng, _item(rng, plan, 0.5, upper), body, plan.left + 0.14 * plan.width, y)
            sheet.write(rng, price, body, plan.right, y, "right")
        else:  # the name, and below it code, count, price and sum in columns
            sheet.write(rng, _item(rng, plan, 0.95, upper), body, plan.left, y)
            y += step
            small = fitted(lambda: figures.digits(rng, int(rng.integers(4, 14))), body, 0.34 * plan.width)
            sheet.write(rng, small, body, plan.left, y)
            sheet.write(rng, str(rng.integers(1, 9)), body, plan.left + 0.45 * plan.width, y)
            short = fitted(lambda: f"{rng.uniform(0.5, 90):.2f}", body, 0.2 * plan.width)
            sheet.write(rng, short, body, plan.left + 0.72 * plan.width, y, "right")
            sheet.write(rng, short, body, plan.right, y, "right")
    return y + 0.5 * step


def _item(rng: np.random.Generator, plan: PagePlan, share: float, upper: bool) -> str:
    def make() -> str:
        text = wording.phrase(rng, 4)
        text = f"{text} {figures.measure(rng)}" if rng.random() < 0.3 else text
        return text.upper() if upper else text.capitalize()

    return fitted(make, plan.body, share * plan.width)


def _totals(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    for _ in range(int(rng.integers(2, 7))):
        large = rng.random() < 0.2
        style: Style = plan.head.sized(rng.uniform(1.1, 1.7)) if large else plan.body
        y += max(step, 1.2 * style.size)
        label = fitted(lambda: choose(rng, wording.TOTALS) + choose(rng, ("", ":", " :")), style, 0.62 * plan.width)
        end = plan.sheet.write(rng, label, style, plan.left if rng.random() < 0.7 else plan.left + 0.2 * plan.width, y)
        room = plan.right - end - 1.5 * style.size
        money = choose(rng, (figures.amount, figures.price))
        plan.sheet.write(rng, fitted(lambda m=money: m(rng), style, room), style, plan.right, y, "right")
    return y + 0.5 * step


def _foot(rng: np.random.Generator, plan: PagePlan, y: float, step: float) -> float:
    middle = plan.middle
    for _ in range(int(rng.integers(1, 5))):
        y += step

        def said() -> str:
            return choose(rng, wording.THANKS) if rng.random() < 0.6 else words.sentence(rng, 40)

        text = fitted(said, plan.body, plan.width)
        plan.sheet.write(rng, text, plan.body, middle, y, "middle")
    if rng.random() < 0.3:
        y = bar_code(rng, plan, (plan.left + 0.12 * plan.width, y + step, plan.right - 0.12 * plan.width)) + step
    return y + step


def bar_code(rng: np.random.Generator, plan: PagePlan, place: tuple[float, float, float]) -> float:
    """Bars from left to right below a height, place = (left, top, right), with their figures; y below them."""
    left, top, right = place
    tall = rng.uniform(2, 4) * plan.em
    unit = max(1.0, (right - left) / 95)
    x = left
    while x < right:
        wide = unit * int(rng.integers(1, 4))
        plan.sheet.fill(x, top, min(right, x + wide) - 1, top + tall, plan.body.color)
        x += wide + unit * int(rng.integers(1, 4))
    if rng.random() < 0.8:
        figure, style = figures.digits(rng, 12), plan.body.sized(0.9)
        plan.sheet.write(rng, figure, style, (left + right) / 2, top + tall + 1.1 * plan.em, "middle")
        return top + tall + 1.4 * plan.em
    return top + tall


def _registration(rng: np.random.Generator) -> str:
    return f"{choose(rng, ('GST ID', 'VAT', 'Tax No.', 'Co. Reg. No.', 'USt-ID', 'ABN'))}: {figures.digits(rng, 9)}"
