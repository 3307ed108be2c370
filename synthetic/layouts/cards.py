"""Small printed things: identity and business cards, labels of goods, parcels and bottles, tickets."""

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import receipts, slides, wording
from synthetic.layouts.flow import PagePlan, fitted, paragraph
from synthetic.letters import typesetting
from synthetic.surfaces import backgrounds, textures


def tinted(rng: np.random.Generator, plan: PagePlan, share: float = 0.7) -> PagePlan:
    """Gives the sheet a pale or coloured background, and the plan inks that are seen on it."""
    if rng.random() > share:
        return plan
    background = textures.color(rng, 190, 255, 14) if rng.random() < 0.7 else textures.color(rng, 10, 160, 50)
    image = plan.sheet.image
    image[:] = np.clip(background, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        pattern = textures.surface(rng, *image.shape[:2]).astype(np.int16)
        image[:] = np.clip(image + (pattern - int(pattern.mean())) // 9, 0, 255).astype(np.uint8)
    body = plan.body.but(color=slides.inks(rng, background, 100))
    head = plan.head.but(color=slides.inks(rng, background, 90))
    return PagePlan(plan.sheet, plan.left, plan.top, plan.right, plan.bottom, body, head, head.color)


def identity(rng: np.random.Generator, plan: PagePlan) -> None:
    """A portrait, fields with small captions, a title, and sometimes rows that machines read."""
    plan = tinted(rng, plan)
    sheet, em = plan.sheet, plan.em
    title = plan.head.sized(rng.uniform(1.1, 1.8))
    y = plan.top + title.size
    text = fitted(lambda: choose(rng, wording.CARD_TITLES), title, plan.width)
    align, x = ("left", plan.left) if rng.random() < 0.5 else ("middle", plan.middle)
    sheet.write(rng, text, title, x, y, align)
    top, wide = y + em, rng.uniform(0.24, 0.32) * plan.width
    right_side = rng.random() < 0.3
    x = plan.right - wide if right_side else plan.left
    height = min(1.3 * wide, plan.bottom - top - 3 * em)
    if height > 10 and wide > 10:
        sheet.picture(backgrounds.crop(rng, int(height), int(wide), 0.9), x, top)
    left, right = (plan.left, x - em) if right_side else (x + wide + em, plan.right)
    small, y = plan.body.sized(rng.uniform(0.55, 0.75)), top
    while y < plan.bottom - 4 * em:
        sheet.write(rng, fitted(lambda: choose(rng, wording.LABELS), small, right - left), small, left, y + small.size)
        value = fitted(lambda: wording.value(rng).upper(), plan.body, right - left)
        y += small.size + 1.15 * em
        sheet.write(rng, value, plan.body, left, y)
        y += rng.uniform(0.3, 0.6) * em
    if rng.random() < 0.4:
        machine = plan.body.but(font=typesetting.pick_font(rng, "receipt", "A<019"), color=plan.body.color)
        for line in (1.2, 0):
            code = f"{figures.code(rng)}<<{words.word(rng)}{'<' * 40}".upper()[:36].replace(" ", "<")
            text = fitted(lambda code=code: code, machine, plan.width)
            sheet.write(rng, text, machine, plan.left, plan.bottom - line * em)


def business(rng: np.random.Generator, plan: PagePlan) -> None:
    """A name, a profession, a firm and how to reach it."""
    plan = tinted(rng, plan)
    sheet, em = plan.sheet, plan.em
    align, x = (("left", plan.left), ("middle", plan.middle), ("right", plan.right))[rng.integers(3)]
    y = plan.top + rng.uniform(0.5, 2) * em
    for make, low, high in (
        (wording.company, 1.1, 1.9),
        (wording.name, 1, 1.6),
        (lambda r: wording.phrase(r, 3).title(), 0.7, 0.9),
    ):
        style = (plan.head if low >= 1 else plan.body).sized(rng.uniform(low, high))
        y += 1.3 * style.size
        sheet.write(rng, fitted(lambda make=make: make(rng), style, plan.width), style, x, y, align)
    y = max(y + em, plan.bottom - rng.uniform(4, 7) * em)
    for make in (wording.street, wording.town, figures.phone, figures.phone, wording.web):
        y += 1.3 * em
        if y < plan.bottom + 0.5 * em and rng.random() < 0.85:
            small = plan.body.sized(0.85)
            sheet.write(rng, fitted(lambda make=make: make(rng), small, plan.width), small, x, y, align)


def goods(rng: np.random.Generator, plan: PagePlan) -> None:
    """A label: a brand, claims, a table of contents, fine print, a bar code."""
    plan = tinted(rng, plan, 0.9)
    sheet, em = plan.sheet, plan.em
    middle, brand = plan.middle, plan.head.sized(rng.uniform(1.8, 3.5))
    y = plan.top + brand.size
    sheet.write(rng, fitted(lambda: wording.phrase(rng, 2).upper(), brand, plan.width), brand, middle, y, "middle")
    for _ in range(int(rng.integers(1, 4))):
        style = plan.body.sized(rng.uniform(0.8, 1.3))
        y += 1.4 * style.size
        text = fitted(lambda: wording.cased(rng, wording.phrase(rng, 4)), style, plan.width)
        sheet.write(rng, text, style, middle, y, "middle")
    y += 0.6 * em
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(3, 8))):
            y += 1.3 * em
            if y > plan.bottom - 2 * em:
                break
            sheet.write(rng, words.word(rng).title(), plan.body, plan.left, y)
            sheet.write(rng, figures.measure(rng), plan.body, plan.right, y, "right")
            sheet.rule(plan.left, y + 0.25 * em, plan.right, y + 0.25 * em, plan.body.color, 1)
        y += 0.6 * em
    fine = plan.body.sized(rng.uniform(0.6, 0.85))
    y = paragraph(rng, sheet, fine, (plan.left, y, plan.right, plan.bottom - 5 * em), int(rng.integers(2, 12)), 1.2)
    if rng.random() < 0.5 and y < plan.bottom - 5 * em:
        receipts.bar_code(rng, plan, (plan.left, y + em, plan.left + 0.6 * plan.width))


def parcel(rng: np.random.Generator, plan: PagePlan) -> None:
    """An address label: sender, recipient, routing code, bar code."""
    sheet, em, y = plan.sheet, plan.em, plan.top + plan.em
    small = plan.body.sized(0.75)
    for make in (wording.company, wording.street, wording.town):
        sheet.write(rng, fitted(lambda make=make: make(rng), small, 0.6 * plan.width), small, plan.left, y)
        y += 1.3 * small.size
    code = plan.head.sized(rng.uniform(1.8, 3))
    text = fitted(lambda: figures.letters(rng, 2) + figures.digits(rng, 2), code, 0.3 * plan.width)
    sheet.write(rng, text, code, plan.right, plan.top + code.size, "right")
    sheet.rule(plan.left, y, plan.right, y, plan.body.color, 2)
    y += 1.5 * em
    for make in (wording.name, wording.street, wording.town, figures.phone):
        style = plan.body.sized(rng.uniform(1, 1.3))
        sheet.write(rng, fitted(lambda make=make: make(rng).upper(), style, plan.width), style, plan.left + em, y)
        y += 1.35 * style.size
    sheet.rule(plan.left, y, plan.right, y, plan.body.color, 2)
    receipts.bar_code(rng, plan, (plan.left + em, y + em, plan.right - em))
    sheet.frame(plan.left - 0.5 * em, plan.top - 0.5 * em, plan.right + 0.5 * em, plan.bottom, plan.body.color, 2)
