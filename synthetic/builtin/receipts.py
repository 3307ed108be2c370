"""Receipts of the built-in set: of a shop, of a café, and a faded one of a fuel stop beside a parking ticket."""

import numpy as np

from synthetic.builtin.sheet import Color, Sheet, on_table
from synthetic.calibration import text as synthetic

WHITE, CREAM, GREY, YELLOW = (253, 253, 253), (226, 240, 247), (236, 237, 238), (150, 225, 250)
FAINT: Color = (128, 124, 122)


def shop_receipt(rng: np.random.Generator) -> Sheet:
    """A till receipt on a table."""
    slip = Sheet.plain(900, 430, WHITE)
    slip.write("GREEN CORNER", 215, 56, "mono bold", 32, align="middle")
    slip.write("Fruit & Vegetables", 215, 88, "mono", 20, align="middle")
    slip.write("27 Mill Lane, Oakbridge", 215, 116, "mono", 17, align="middle")
    slip.write("VAT No. GB 123 4567 89", 215, 140, "mono", 17, align="middle")
    _dashes(slip, 160, 20, 410)
    goods = (
        "Tomatoes 0.850 kg  2.54|Bananas 1.210 kg  1.69|Lettuce  0.95|Basil pot  1.80|Free range eggs x12  3.49|"
        "Olive oil 500ml  6.99|Rye bread  2.75|Paper bag  0.10"
    )
    columns = ((20, "left"), (410, "right"))
    y = _goods(slip, goods, columns, 198, 34, "mono", 19)
    _dashes(slip, y - 14, 20, 410)
    y = _goods(slip, "TOTAL  20.31", columns, y + 22, 40, "mono bold", 27)
    y = _goods(slip, "CASH  25.00|CHANGE  4.69", columns, y, 32, "mono", 20)
    notes = ((14, 16, "VAT 5% included: 0.97"), (54, 18, "16/09/2023 18:42 Till 03"), (82, 18, "Receipt 0048817"))
    for below, size, text in notes:
        slip.write(text, 20, y + below, "mono", size)
    slip.write("THANK YOU", 215, y + 140, "mono bold", 24, align="middle")
    slip.write("Please come again!", 215, y + 170, "mono", 18, align="middle")
    corners = [[120, 40], [512, 62], [540, 905], [85, 880]]
    return on_table(rng, slip, (960, 640), corners, (0.6, 0.45, 0.25))


def cafe_receipt(rng: np.random.Generator) -> Sheet:
    """A bill of a café, on cream paper, turned."""
    slip = Sheet.plain(760, 420, CREAM)
    slip.write("Café Møller", 210, 70, "serif italic", 46, (60, 40, 90), "middle")
    slip.write("Nørregade 9, 1165 København", 210, 104, "sans", 17, align="middle")
    columns = ((24, "left"), (396, "right"))
    _goods(slip, "Table 7  Guests 3", columns, 160, 0, "sans bold", 20)
    slip.rule(24, 176, 396, 176, 2)
    goods = "2 Cappuccino  84,00|1 Hot chocolate  45,00|3 Cardamom bun  96,00|1 Apple juice  38,00|1 Smørrebrød  89,00"
    y = _goods(slip, goods, columns, 216, 36, "sans", 20)
    slip.rule(24, y - 14, 396, y - 14, 1)
    y = _goods(slip, "Subtotal  352,00|Service 10%  35,20", columns, y + 18, 34, "sans", 18)
    y = _goods(slip, "To pay DKK  387,20", columns, y + 10, 40, "sans bold", 26)
    slip.write("Served by Ingrid", 24, y + 20, "sans oblique", 18)
    slip.write("2024-06-01 11:27", 24, y + 48, "sans", 18)
    slip.write("Tak for besøget!", 210, y + 110, "serif italic", 30, (60, 40, 90), "middle")
    corners = [[175, 40], [585, 118], [505, 850], [90, 780]]
    return on_table(rng, slip, (900, 720), corners, (0.7, 0.5, 0.35))


def fuel_and_parking(rng: np.random.Generator) -> Sheet:
    """A faded receipt of a fuel stop and a parking ticket beside each other, seen by a poor camera."""
    fuel = Sheet.plain(640, 340, GREY)
    fuel.write("Route 9 Fuel Stop", 170, 50, "sans bold", 24, FAINT, "middle")
    columns = ((22, "left"), (318, "right"))
    _goods(fuel, "Pump  04|Unleaded 95  41.36 L|Price/L  1.679", columns, 100, 34, "mono", 20, FAINT)
    _goods(fuel, "AMOUNT  69.44", columns, 230, 0, "mono bold", 20, FAINT)
    _goods(fuel, "Card  xxxx 7718|Auth  A03391", columns, 290, 34, "mono", 20, FAINT)
    fuel.write("30.11.2023 07:58", 22, 400, "mono", 18, FAINT)
    fuel.write("Drive safely", 170, 470, "mono", 20, FAINT, "middle")
    parking = Sheet.plain(420, 300, YELLOW)
    parking.write("CITY PARKING", 150, 50, "sans bold", 27, align="middle")
    parking.write("Zone B", 150, 96, "sans", 24, align="middle")
    parking.write("VALID UNTIL", 150, 150, "sans bold", 22, align="middle")
    parking.write("16:45", 150, 215, "sans bold", 58, align="middle")
    parking.write("Fri 08 Dec", 150, 262, "sans", 24, align="middle")
    parking.write("Paid 3.20", 150, 312, "sans", 22, align="middle")
    parking.write("Display behind windscreen", 150, 352, "sans", 15, align="middle")
    parking.write("Ticket 5529-0174-B, no refund, no transfer", 150, 392, "sans", 8, FAINT, "middle", ignore=True)
    dashboard = Sheet(synthetic.texture(rng, 720, 900, 0.35) * 0.55)
    dashboard.lay(fuel, [[60, 45], [392, 30], [410, 668], [52, 680]], shadow=0.4)
    dashboard.lay(parking, [[500, 120], [800, 170], [745, 580], [450, 540]], shadow=0.4)
    return dashboard


def _dashes(sheet: Sheet, y: float, left: int, right: int) -> None:
    for x in range(left, right - 8, 16):
        sheet.rule(x, y, x + 8, y, 1)


def _goods(
    sheet: Sheet, goods: str, columns: tuple, y: float, step: float, face: str, size: int, ink: Color = (25, 25, 25)
) -> float:
    """Writes names on the left and amounts on the right; returns the baseline of the row that would follow."""
    for row in goods.split("|"):
        sheet.row(row.split("  "), columns, y, face, size, ink)
        y += step
    return y
