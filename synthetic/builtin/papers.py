"""Papers of the built-in set: a letter, an article, instructions, an application and an invoice."""

import numpy as np

from synthetic.builtin.sheet import Sheet, on_table
from synthetic.calibration import text as synthetic

WHITE, GREY = (253, 253, 253), (236, 237, 238)


_LETTER = (
    "Thank you for your letter of 28 February. We are glad to tell you that both books which you asked for have "
    'arrived: "The Tide Tables of 1911" and "A Short History of Lighthouses". They are kept for you at the desk '
    "on the ground floor until Saturday, 23 March.",
    "Your card (number 4471-0923) will expire at the end of the month. To renew it, bring some proof of your "
    "address, such as a bill that is no older than three months. The yearly fee remains 6.50; students and "
    "pensioners pay half.",
    "From April on we open at 9:30 instead of 10:00, and the reading room stays open until 20:15 on Thursdays.",
)


def letter(rng: np.random.Generator) -> Sheet:
    """A typed letter, as a good scanner sees it."""
    page = Sheet.plain(1150, 860, WHITE)
    page.write("Harbour Street Library", 90, 110, "slab bold", 30)
    page.write("14 Harbour Street, Westmere WM3 8QT", 90, 142, "slab", 17, (80, 80, 80))
    page.write("Telephone 01632 960 417", 90, 166, "slab", 17, (80, 80, 80))
    page.rule(90, 186, 770, 186, 2)
    page.write("12 March 2024", 770, 240, "serif", 24, align="right")
    page.write("Dear Ms. Okafor,", 90, 300, "serif", 24)
    y = 325
    for text in _LETTER:
        y = page.paragraph(text, 90, y + 20, 680, "serif", 24)
    page.write("Yours sincerely,", 90, y + 30, "serif", 24)
    page.write("Jonathan Wexley", 90, y + 100, "serif italic", 30, (110, 50, 30))
    page.write("Head of Lending", 90, y + 136, "serif", 21)
    page.write("Ref. HSL/2024/0312-K", 90, 1100, "serif", 17, (90, 90, 90))
    return _scanned(rng, page, 0.15)


# By column: its left edge, what is above its heading, the heading and what is below.
_ARTICLE = (
    (
        70,
        "Abstract. Gears of hornbeam and maple were run against each other for 4,000 hours under a load of 35 N. Wear "
        "was measured every 250 hours with a dial gauge. Maple lost 0.8 mm of its pitch diameter, hornbeam only "
        "0.3 mm. Tallow as a lubricant halved both figures.",
        "1. Introduction",
        "Clocks with wooden works were built until about 1840, and many of them still run. Why some wear out within a "
        "generation while others outlive their owners has seldom been asked. Two explanations are common: the choice "
        "of wood, and the care with which teeth were cut. We add a third, the humidity of the room, and try to tell "
        "the three apart.",
    ),
    (
        470,
        "Our test bench holds twelve pairs of gears with 24 and 60 teeth. Each pair is driven by its own weight over a "
        "pulley, so that a stuck gear does not stop the others. A fan keeps the air at 21 degrees and at one of three "
        "levels of humidity: 30%, 50% or 75%.",
        "2. Results",
        "Table 1 lists the loss of diameter after 1,000, 2,000 and 4,000 hours. Between dry and damp air the loss "
        "differs by a factor of 2.6, far more than between the woods.",
    ),
)


def article(rng: np.random.Generator) -> Sheet:
    """A page of a journal in two columns, scanned a little askew."""
    page = Sheet.plain(860, 900, GREY)
    page.write("JOURNAL OF SMALL MACHINES", 450, 70, "sans", 15, (70, 70, 70), "middle")
    page.write("On the Wear of Wooden Gears", 450, 130, "serif bold", 40, align="middle")
    page.write("A. Lindqvist and R. Marchetti", 450, 170, "serif italic", 23, align="middle")
    for left, above, heading, below in _ARTICLE:
        y = page.paragraph(above, left, 225, 360, "serif", 19, 1.35)
        page.write(heading, left, y + 18, "serif bold", 22)
        y = page.paragraph(below, left, y + 48, 360, "serif", 19, 1.35)
    y += 25
    for row in ("Hours Maple Hornbeam", "1000 0.19 0.07", "2000 0.41 0.16", "4000 0.80 0.30"):
        columns = ((480, "left"), (610, "left"), (730, "left"))
        page.row(row.split(), columns, y, "serif bold" if row[0] == "H" else "serif", 20)
        page.rule(470, y + 9, 830, y + 9)
        y += 34
    page.write("Table 1. Loss of pitch diameter in mm.", 470, y + 6, "serif italic", 18)
    page.write("117", 450, 830, "serif", 18, align="middle")
    return _scanned(rng, page, 0.9)


def instructions(rng: np.random.Generator) -> Sheet:
    """A leaf of instructions, photographed on a desk with the light of a lamp."""
    page = Sheet.plain(1000, 760, WHITE)
    page.box(0, 0, 760, 84, (150, 88, 30))
    page.write("Descaling your coffee machine", 40, 56, "sans bold", 32, (250, 250, 250))
    steps = (
        "Empty the tank and take the water filter out.",
        "Dissolve one sachet (20 g) in 0.7 litres of warm water.",
        "Pour the solution into the tank and close the lid.",
        "Hold both buttons for 5 seconds; the red light blinks.",
        "Wait 15 minutes. Do not switch the machine off.",
        "Rinse twice with fresh water before making coffee.",
    )
    for number, step in enumerate(steps, 1):
        y = 90 + 62 * number
        page.box(40, y - 30, 76, y + 6, (150, 88, 30))
        page.write(str(number), 58, y - 3, "sans bold", 22, (250, 250, 250), "middle")
        page.write(step, 96, y - 4, "sans", 20)
    page.box(40, 510, 720, 640, (40, 40, 200), 3)
    page.write("WARNING", 60, 550, "sans bold", 24, (40, 40, 200))
    text = (
        "Never use vinegar: it attacks the seals. Keep the powder away from children. In case of contact with the eyes "
        "rinse at once and see a doctor."
    )
    page.paragraph(text, 60, 582, 640, "sans", 17, 1.4)
    columns = ((60, "left"), (300, "left"))
    page.row(("Hardness", "Descale every"), columns, 700, "sans bold", 20)
    rows = (("soft, below 8", "400 cups"), ("medium, 8 to 14", "250 cups"), ("hard, above 14", "120 cups"))
    for y, row in zip((740, 776, 812), rows, strict=True):
        page.rule(60, y - 28, 560, y - 28)
        page.row(row, columns, y, "sans", 19)
    page.write("Art. No. 88-20431 Rev. C", 720, 960, "sans", 14, (110, 110, 110), "right")
    corners = [[95, 70], [800, 45], [845, 1010], [40, 1050]]
    return on_table(rng, page, (1100, 880), corners, (0.45, 0.5, 0.35))


def application(rng: np.random.Generator) -> Sheet:
    """A form, filled in with a typewriter and a pen, scanned."""
    page = Sheet.plain(1080, 820, WHITE)
    page.write("APPLICATION FOR MEMBERSHIP", 410, 70, "sans bold", 28, align="middle")
    page.write("Please use block letters. Fields marked * are required.", 410, 102, "sans", 16, align="middle")
    fields = (
        (60, 150, 340, "Surname *", "FITZGERALD"),
        (430, 150, 330, "First name *", "MARY ANNE"),
        (60, 235, 200, "Date of birth", "04.07.1986"),
        (290, 235, 200, "Nationality", "IRISH"),
        (520, 235, 240, "Member since", "2019"),
        (60, 320, 700, "Street and number", "88B CANAL WALK, FLAT 5"),
        (60, 405, 180, "Postcode", "D02 X285"),
        (270, 405, 490, "Town", "DUBLIN"),
        (60, 490, 340, "Telephone", "+353 20 912 6034"),
        (430, 490, 330, "E-mail", "m.fitz@example.org"),
    )
    for x, y, width, title, value in fields:
        page.box(x, y, x + width, y + 64, (90, 90, 90), 1)
        page.write(title, x + 8, y + 18, "sans", 13, (70, 70, 70))
        page.write(value, x + 12, y + 52, "mono", 23, (120, 50, 20))
    page.write("Type of membership", 60, 606, "sans bold", 18)
    for x, choice in ((60, "Adult"), (240, "Student"), (440, "Family"), (620, "Senior")):
        page.box(x, 626, x + 20, 646, (60, 60, 60), 2)
        page.write(choice, x + 32, 643, "sans", 18)
    page.rule(62, 628, 78, 644, 3, (120, 50, 20))
    page.rule(78, 628, 62, 644, 3, (120, 50, 20))
    text = (
        "I have read the rules of the club and agree that my data are kept for as long as I am a member. Notice has to "
        "be given in writing six weeks before the end of a quarter."
    )
    page.paragraph(text, 60, 706, 700, "sans", 16, 1.4)
    page.rule(60, 880, 330, 880)
    page.rule(430, 880, 760, 880)
    page.row(("Place, date", "Signature"), ((60, "left"), (430, "left")), 900, "sans", 13, (70, 70, 70))
    page.write("Dublin, 19 Jan 2022", 66, 868, "serif italic", 28, (120, 50, 20))
    page.write("Mary A. Fitzgerald", 440, 866, "serif italic", 36, (120, 50, 20))
    page.write("For office use only", 60, 968, "sans bold", 14)
    page.box(60, 980, 760, 1040, (215, 215, 215))
    columns = ((74, "left"), (400, "left"), (620, "left"))
    page.row(("Received 24.01.22", "No. 007431", "Fee 45.00"), columns, 1018, "mono", 18)
    return _scanned(rng, page, -0.5)


def invoice(rng: np.random.Generator) -> Sheet:
    """An invoice with a table, printed on white."""
    page = Sheet.plain(1000, 780, WHITE)
    page.write("Brightwater Tools Ltd.", 50, 80, "sans bold", 30, (120, 60, 20))
    page.write("Unit 6, Tannery Road, Leeds LS9 1AB", 50, 112, "sans", 15, (90, 90, 90))
    page.write("INVOICE", 730, 86, "sans", 38, (150, 150, 150), "right")
    for y, title, value in (
        (165, "Invoice no.", "INV-20417"),
        (193, "Date", "2023-11-06"),
        (221, "Due", "2023-12-06"),
        (249, "Customer", "C-3382"),
    ):
        page.write(title, 470, y, "sans bold", 16)
        page.write(value, 730, y, "sans", 17, align="right")
    for y, line in ((165, "Bill to:"), (193, "Dunmore Joinery"), (221, "3 Quayside, Whitby"), (249, "YO21 3PU")):
        page.write(line, 50, y, "sans bold" if y == 165 else "sans", 17)
    page.box(50, 300, 730, 336, (120, 60, 20))
    columns = ((62, "left"), (430, "right"), (560, "right"), (718, "right"))
    rows = (
        ("Description", "Qty", "Price", "Amount"),
        ("Chisel set, 6 pieces", "2", "48.50", "97.00"),
        ("Plane iron 50 mm", "4", "19.95", "79.80"),
        ("Sharpening stone #1000", "1", "36.00", "36.00"),
        ("Clamp 600 mm", "8", "12.25", "98.00"),
        ("Beeswax polish 250 g", "3", "7.40", "22.20"),
        ("Delivery", "1", "9.90", "9.90"),
    )
    page.row(rows[0], columns, 325, "sans bold", 17, (250, 250, 250))
    for number, row in enumerate(rows[1:], 1):
        y = 325 + 42 * number
        page.row(row, columns, y, "sans", 17)
        page.rule(50, y + 13, 730, y + 13, 1, (190, 190, 190))
    for y, *row in ((650, "Subtotal", "342.90"), (684, "VAT 20%", "68.58"), (726, "Total GBP", "411.48")):
        page.row(row, ((520, "left"), (718, "right")), y, "sans bold" if y == 726 else "sans", 19)
    page.rule(500, 697, 730, 697, 2)
    page.write("Payment within 30 days without deduction.", 50, 810, "sans", 17)
    page.row(("Sort code 20-44-71", "Account 5530 9126"), ((50, "left"), (300, "left")), 842, "sans", 17)
    page.write("Registered in England No. 0391177", 390, 950, "sans", 13, (120, 120, 120), "middle")
    return _scanned(rng, page, 0.0)


def _scanned(rng: np.random.Generator, page: Sheet, degrees: float) -> Sheet:
    """The page on the grey lid of a scanner, turned by some degrees, with a little unevenness of the paper."""
    lid = Sheet.plain(page.height + 40, page.width + 40, (206, 205, 204))
    radians = np.deg2rad(degrees)
    turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    half = np.array([page.width, page.height]) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    lid.lay(page, corners @ turn + half + 20)
    rough = synthetic.texture(rng, lid.height, lid.width, 0.85)
    lid.image += (rough - rough.mean()) * 0.05
    return lid
