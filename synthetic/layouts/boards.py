"""Things with text that hang, stand and lie in views: signs, posters, plates, tags, notices, displays, spines."""

from collections.abc import Callable

import cv2
import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose
from synthetic.layouts import cards, documents, flow, receipts, signage, slides, tables, wording
from synthetic.layouts.flow import fitted
from synthetic.letters import typesetting
from synthetic.letters.typesetting import Style
from synthetic.surfaces import backgrounds, blocks, textures
from synthetic.surfaces.sheet import Surface


def board(rng: np.random.Generator, em: float) -> Surface:
    """One of the things of this file; returns the thing from the front, with its lines.

    Args:
        em: Height of its main lettering, in pixels; the fine print is smaller.
    """
    return _BOARDS[rng.choice(len(_BOARDS), p=_SHARES)](rng, max(8, round(em)))


def poster(rng: np.random.Generator, em: int) -> Surface:
    """A picture or a colour with headlines, lines of smaller print and a date."""
    width = int(em * rng.uniform(6, 14))
    height = int(width * rng.uniform(0.5, 1.5))
    pictured = rng.random() < 0.5
    sheet = Surface(backgrounds.crop(rng, height, width, 0.7) if pictured else signage.plain(rng, height, width))
    pad, y = 0.07 * width, rng.uniform(0.05, 0.3) * height
    while y < 0.9 * height:
        size = int(np.clip(em * rng.choice([1.0, 0.6, 0.35, 0.22], p=[0.3, 0.3, 0.25, 0.15]), 7, 160))
        style = Style(typesetting.pick_font(rng, "scene"), size)
        count = int(rng.integers(1, 3)) if size > 0.5 * em else int(rng.integers(1, 5))
        texts = [fitted(lambda: signage.headline(rng, size > 0.5 * em), style, width - 2 * pad) for _ in range(count)]
        align = choose(rng, ("left", "middle", "middle", "right"))
        y = signage.letters(rng, sheet, texts, style, (pad, y, width - pad), align)
        y += rng.uniform(0.2, 1.2) * em
    return sheet


def shop_sign(rng: np.random.Generator, em: int) -> Surface:
    """A name in large letters on a band, perhaps with a line below."""
    style = Style(typesetting.pick_font(rng, "scene"), em, tracking=float(rng.choice([0, 0, 0.08, 0.25])))
    text = typesetting.fit(signage.words_of_signs(rng), style.font) or "OPEN"
    width = int(typesetting.width(text, style) + rng.uniform(0.6, 4) * em)
    height = int(rng.uniform(1.5, 2.6) * em)
    second = rng.random() < 0.35
    sheet = Surface(signage.plain(rng, height + (em if second else 0), width))
    bottom = signage.letters(rng, sheet, [text], style, (0, 0.18 * em, width), "middle")
    if second:
        small = Style(typesetting.pick_font(rng, "scene"), max(7, int(em * rng.uniform(0.25, 0.45))))
        line = fitted(lambda: signage.headline(rng, False), small, width - em)
        signage.letters(rng, sheet, [line], small, (0, bottom + 0.1 * em, width), "middle")
    signage.frame(rng, sheet)
    return sheet


def street_sign(rng: np.random.Generator, em: int) -> Surface:
    """A plate with the name of a street or a few directions with arrows."""
    background = np.float32(choose(rng, ((140, 70, 20), (60, 110, 10), (250, 250, 250), (30, 30, 30), (60, 200, 250))))
    background = np.clip(background + rng.normal(0, 12, 3), 0, 255).astype(np.float32)
    color = slides.inks(rng, background, 110)
    style = Style(typesetting.pick_font(rng, "screen"), em, color)
    count = 1 if rng.random() < 0.6 else int(rng.integers(2, 5))
    texts = [f"{words.word(rng).title()} {choose(rng, wording.STREETS)}" for _ in range(count)]
    if count > 1 or rng.random() < 0.3:
        texts = [choose(rng, (wording.town, signage.words_of_signs, figures.measure))(rng)[:24] for _ in range(count)]
    texts = [typesetting.fit(text, style.font) or "A1" for text in texts]
    arrow = 1.4 * em if rng.random() < 0.4 else 0
    width = int(max(typesetting.width(text, style) for text in texts) + 1.4 * em + arrow)
    sheet = signage.rounded(background, int((1.35 * count + 0.7) * em), width, int(em * rng.choice([0, 0.3])))
    for index, text in enumerate(texts):
        y = 0.35 * em + (index + 1) * 1.3 * em - 0.3 * em
        sheet.write(rng, text, style, 0.7 * em + arrow, y)
        if arrow:
            signage.arrow(rng, sheet, (0.9 * em, y - 0.35 * em), 0.45 * em, color)
    if rng.random() < 0.6:
        inset, tall = max(1, em // 10), sheet.image.shape[0]
        far = width - inset - 1, tall - inset - 1
        sheet.frame(inset, inset, *far, color, max(1, em // 14), int(0.25 * em))
    return sheet


def round_sign(rng: np.random.Generator, em: int) -> Surface:
    """Traffic and warning signs: a disc or a triangle, with a figure, a word or only a pictogram."""
    side = int(em * rng.uniform(2, 3.2))
    image, alpha = np.zeros((side, side, 3), np.uint8), np.zeros((side, side), np.uint8)
    rim, inner = (40, 30, 190), (245, 245, 245)
    if rng.random() < 0.5:
        cv2.circle(alpha, (side // 2, side // 2), side // 2 - 1, 255, -1, cv2.LINE_AA)
        image[:] = inner
        cv2.circle(image, (side // 2, side // 2), int(side * 0.44), rim, max(1, int(side * 0.11)), cv2.LINE_AA)
    else:
        points = np.int32([[side // 2, 1], [side - 2, side - 3], [1, side - 3]])
        cv2.fillPoly(alpha, [points], 255, cv2.LINE_AA)
        image[:] = choose(rng, ((60, 210, 250), inner))
        cv2.polylines(image, [points], True, choose(rng, (rim, (20, 20, 20))), max(2, side // 12), cv2.LINE_AA)
    sheet = Surface(image, alpha=alpha)
    if rng.random() < 0.6:
        style = Style(typesetting.pick_font(rng, "screen"), int(0.36 * side), (15.0, 15.0, 15.0))
        sign = choose(rng, ("30", "50", "70", "80", "120", "!", "STOP", "P", "3,5t"))
        text = fitted(lambda: sign, style, 0.6 * side)
        sheet.write(rng, text, style, side / 2, side * 0.64, "middle")
    else:
        signage.arrow(rng, sheet, (side / 2, 0.55 * side), 0.2 * side, (20, 20, 20))
    return sheet


def plate(rng: np.random.Generator, em: int) -> Surface:
    """The number plate of a car."""
    grounds = ((245, 245, 245), (60, 205, 250), (235, 235, 225), (30, 30, 30), (200, 220, 200))
    background = np.float32(choose(rng, grounds))
    font, color = typesetting.pick_font(rng, "screen", "AZ019-"), slides.inks(rng, background, 120)
    style = Style(font, em, color, tracking=float(rng.uniform(0, 0.12)))
    code = figures.code(rng) if rng.random() < 0.3 else _plate_code(rng)
    code = typesetting.fit(code[:10], style.font) or "AB 123"
    strip = 0.7 * em if rng.random() < 0.4 else 0.0
    width = int(typesetting.width(code, style) + 0.8 * em + strip)
    sheet = signage.rounded(background, int(1.45 * em), width, max(2, em // 8))
    if strip:
        sheet.fill(0, 0, strip, 2 * em, (150.0, 60.0, 10.0))
    sheet.write(rng, code, style, strip + 0.4 * em, 1.1 * em)
    sheet.frame(1, 1, width - 2, sheet.image.shape[0] - 2, style.color, max(1, em // 16), max(2, em // 8))
    return sheet


def tag(rng: np.random.Generator, em: int) -> Surface:
    """A price tag: a large price, what it is for, a code."""
    background = np.float32(choose(rng, ((250, 250, 250), (60, 220, 250), (40, 40, 210), (235, 245, 250))))
    color = slides.inks(rng, background, 110)
    price = Style(typesetting.pick_font(rng, "screen"), em, color)
    small = Style(typesetting.pick_font(rng, "screen"), max(7, int(em * rng.uniform(0.3, 0.5))), color)
    text = typesetting.fit(figures.price(rng), price.font) or "9.99"
    width = int(max(typesetting.width(text, price), 5 * small.size) + 0.8 * em)
    sheet = signage.rounded(background, int(1.4 * em + 3 * small.size), width, int(rng.choice([0, em // 5])))
    pad = 0.3 * em
    line = fitted(lambda: wording.cased(rng, wording.phrase(rng, 3)), small, width - 2 * pad)
    sheet.write(rng, line, small, pad, 1.2 * small.size)
    sheet.write(rng, text, price, width / 2, 1.3 * small.size + 1.05 * em, "middle")
    low = 1.3 * small.size + 1.2 * em + small.size
    sheet.write(rng, fitted(lambda: figures.measure(rng), small, 0.8 * width), small, pad, low)
    return sheet


def notice(rng: np.random.Generator, em: int) -> Surface:
    """A sheet of paper or a package with small print; the em is that of the running text."""
    em = max(7, round(0.6 * em))
    width = int(rng.uniform(14, 26) * em)
    height = int(width * rng.uniform(0.6, 1.5))
    sheet = Surface(textures.paper(rng, height, width))
    pad = 0.07 * width
    box = (pad, pad, width - pad, height - pad)
    papers = (documents.article, documents.contents, cards.goods, cards.business, cards.parcel)
    draw = choose(rng, (*papers, tables.sheet_of_tables, receipts.receipt))
    plan = flow.plan(rng, sheet, box, em, "screen")
    if draw is documents.contents and rng.random() < 0.6:  # a board with what there is to eat
        plan = cards.tinted(rng, plan, 1.0)
    draw(rng, plan)
    return sheet


def display(rng: np.random.Generator, em: int) -> Surface:
    """Lamps on black: departures, clocks, prices of petrol."""
    count = int(rng.integers(1, 5))
    style = Style(typesetting.pick_font(rng, "panel", "019"), em)
    makers = (figures.clock, figures.number, figures.amount, lambda r: words.word(r).upper())
    texts = [choose(rng, makers)(rng)[:14] for _ in range(count)]
    fitting = [typesetting.fit(text, style.font) or str(rng.integers(10, 999)) for text in texts]
    block = blocks.straight(fitting, style, choose(rng, ("left", "right")), 1.35)
    if block is None:
        return shop_sign(rng, em)
    height, width = block.coverage.shape[0] + em // 2, block.coverage.shape[1] + em
    sheet = Surface(np.full((height, width, 3), textures.color(rng, 2, 40, 4).astype(np.uint8)))
    signage.put(rng, sheet, block, em / 2, em / 4, "panel")
    return sheet


def neon(rng: np.random.Generator, em: int) -> Surface:
    """Bright letters with a glow on a dark background."""
    style = Style(typesetting.pick_font(rng, "scene"), em)
    block = blocks.straight([signage.words_of_signs(rng)[:16]], style)
    if block is None:
        return shop_sign(rng, em)
    height, width = block.coverage.shape[0] + em // 2, block.coverage.shape[1] + em // 2
    dark = textures.surface(rng, height, width) // 5
    sheet = Surface(dark)
    glow = cv2.GaussianBlur(block.coverage, (0, 0), 0.12 * em)
    tube = np.float32([rng.uniform(0, 255), rng.uniform(0, 255), rng.uniform(0, 255)])
    tube = tube * 255 / max(float(tube.max()), 1)
    sheet.lay(glow, em // 4, em // 4, tube, 0.8)
    sheet.lay(block.coverage, em // 4, em // 4, tube + (255 - tube) * 0.75)
    shift = np.float32([em // 4, em // 4])
    for points, text in zip(block.outlines, block.texts, strict=True):
        sheet.lines.append(blocks.placed(points + shift, text))
    return sheet


def spines(rng: np.random.Generator, em: int) -> Surface:
    """Backs of books side by side, with titles from top to bottom or from bottom to top."""
    count, tall = int(rng.integers(2, 8)), int(em * rng.uniform(7, 13))
    widths = (em * rng.uniform(1.2, 2.2, count)).astype(int)
    sheet, x = Surface(np.zeros((tall, int(widths.sum()), 3), np.uint8)), 0
    turns = int(rng.choice([1, 3]))
    for wide in widths.tolist():
        background = textures.color(rng, chroma=45)
        sheet.fill(x, 0, x + wide - 2, tall, background.tolist())
        size = int(em * rng.uniform(0.7, 1))
        style = Style(typesetting.pick_font(rng, "scene"), size, slides.inks(rng, background, 80))
        text = fitted(lambda: wording.cased(rng, wording.phrase(rng, 4)), style, 0.85 * tall)
        side = x + wide / 2 + (-0.35 if turns == 1 else 0.35) * size
        length = typesetting.width(text, style)
        sheet.write(rng, text, style, side, (tall - length) / 2 if turns == 1 else (tall + length) / 2, turns=turns)
        x += wide
    return sheet


def _plate_code(rng: np.random.Generator) -> str:
    parts = figures.letters(rng, int(rng.integers(1, 4))), figures.digits(rng, int(rng.integers(2, 5)))
    forms = ("{0} {1}", "{0}-{1}", "{1} {0}", "{0}{1}", "{0} {1} {2}")
    last = figures.letters(rng, 2)
    return choose(rng, forms).format(*parts, last)


_WEIGHTED: dict[Callable[[np.random.Generator, int], Surface], float] = {
    poster: 0.2,
    shop_sign: 0.25,
    street_sign: 0.12,
    round_sign: 0.05,
    plate: 0.06,
    tag: 0.08,
    notice: 0.12,
    display: 0.04,
    neon: 0.04,
    spines: 0.04,
}
_BOARDS = tuple(_WEIGHTED)
_SHARES = np.array(list(_WEIGHTED.values())) / sum(_WEIGHTED.values())
