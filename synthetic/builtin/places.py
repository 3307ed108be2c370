"""The places of the built-in set: a shop front, signs of an airport, a poster, a board with departures; and words."""

import cv2
import numpy as np

from synthetic.builtin.sheet import FACES, Color, Sheet, font
from synthetic.calibration import text as synthetic

WORDS = (
    "Bakery|OPEN|closed|Entrance|EXIT|Pharmacy|24h|Parking|Hotel|Platform|No. 17|$4.99|MUSEUM|Theatre|Lunch|Espresso|"
    "SALE|50%|Caution|Fragile|Library|Reception|Gate B12|07:45|Quay 3|Elevator|Private|Danger|Welcome|Toilets|"
    "Maxwell|Jubilee|KM 482|Bridge|Harbour|Sunday|Flowers|Books|GALLERY|Organic|Ticket|Zürich|Café|Nº 5|push|PULL|"
    "Fresh|Olympia|Vintage|Records|QUEUE|Jazz|Exhibit|Wi-Fi|Cyclists|12.50|Refund|MX-5|St. James|Haircut"
).split("|")


def shop_front(rng: np.random.Generator) -> Sheet:
    """A brick wall with a shop's name, its hours on the door, and a street sign, seen from the side."""
    wall = Sheet(_bricks(rng, 760, 1100))
    name = Sheet.plain(150, 620, (48, 70, 30))
    name.box(8, 8, 612, 142, (120, 190, 215), 3)
    name.write("Whitlock & Daughters", 310, 78, "slab bold", 44, (160, 220, 240), "middle")
    name.write("BOOKBINDERS SINCE 1894", 310, 120, "sans", 25, (160, 220, 240), "middle")
    wall.lay(name, [[70, 110], [760, 60], [755, 215], [78, 255]], shadow=0.5)
    hours = Sheet.plain(330, 300, (70, 62, 58))
    hours.write("OPENING HOURS", 150, 46, "sans bold", 27, (235, 235, 235), "middle")
    days = ("Mon-Wed 9-17", "Thursday 9-20", "Friday 9-17", "Saturday 10-14", "Sunday closed")
    for number, day in enumerate(days):
        hours.row(day.split(), ((22, "left"), (278, "right")), 98 + 40 * number, "sans", 24, (225, 225, 225))
    hours.write("Please ring the bell", 150, 306, "sans oblique", 21, (225, 225, 225), "middle")
    wall.lay(hours, [[150, 350], [400, 338], [402, 640], [148, 664]], shadow=0.4)
    street = Sheet.plain(90, 330, (140, 50, 20))
    street.box(4, 4, 326, 86, (240, 240, 240), 2)
    street.write("Tanner's Row", 165, 60, "sans bold", 40, (245, 245, 245), "middle")
    wall.lay(street, [[820, 130], [1050, 96], [1052, 172], [822, 200]], shadow=0.4)
    note = Sheet.plain(170, 250, (120, 235, 250))
    note.write("Back in", 125, 56, "serif italic", 42, align="middle")
    note.write("15 minutes", 125, 112, "serif italic", 42, align="middle")
    wall.lay(note, [[560, 400], [760, 420], [742, 560], [546, 538]], shadow=0.3)
    wall.image *= synthetic.gradient(rng, wall.height, wall.width, 0.4)
    return wall


def airport(rng: np.random.Generator) -> Sheet:
    """Lit signs under the ceiling of a hall, blurred surroundings."""
    hall = Sheet(_hall(rng, 720, 1180))
    gates = Sheet.plain(200, 640, (30, 28, 26))
    _arrow(gates, 50, 65, (20, 200, 250))
    gates.write("Gates A1-A28", 110, 82, "sans bold", 46, (20, 200, 250))
    _arrow(gates, 50, 150, (20, 200, 250))
    gates.write("Baggage Claim", 110, 164, "sans", 40, (245, 245, 245))
    hall.lay(gates, [[90, 90], [700, 130], [700, 316], [90, 296]])
    exits = Sheet.plain(200, 400, (30, 190, 245))
    exits.write("Way out", 200, 82, "sans bold", 50, (20, 20, 20), "middle")
    exits.write("Taxi Bus Metro", 200, 150, "sans", 38, (20, 20, 20), "middle")
    hall.lay(exits, [[780, 140], [1110, 100], [1112, 272], [782, 296]])
    small = Sheet.plain(130, 460, (120, 70, 20))
    small.write("Passport Control", 230, 56, "sans bold", 38, (250, 250, 250), "middle")
    small.write("Have your documents ready", 230, 100, "sans", 25, (250, 250, 250), "middle")
    hall.lay(small, [[180, 430], [520, 440], [520, 534], [180, 532]])
    shop = Sheet.plain(110, 360, (245, 245, 245))
    shop.write("duty free", 180, 76, "sans bold", 58, (60, 20, 170), "middle")
    hall.lay(shop, [[690, 420], [1010, 394], [1012, 486], [692, 500]])
    far = Sheet.plain(44, 200, (40, 40, 40))
    far.write("Lounge and showers level 3", 100, 28, "sans", 13, (170, 170, 170), "middle", ignore=True)
    hall.lay(far, [[430, 610], [530, 612], [530, 634], [430, 633]])
    hall.image *= synthetic.gradient(rng, hall.height, hall.width, 0.3)
    return hall


def poster(rng: np.random.Generator) -> Sheet:
    """A poster of a concert in loud colours, hung askew, with print too fine to be read."""
    night = synthetic.texture(rng, 1000, 720, 0.3)
    sheet = Sheet(np.clip((night - 128) * 0.35 + np.array([110, 45, 70]), 0, 255).astype(np.float32))
    cv2.circle(sheet.image, (610, 245), 85, (60, 120, 240), -1, cv2.LINE_AA)
    yellow, white = (70, 215, 250), (245, 245, 245)
    sheet.write("SUMMER", 50, 150, "sans bold", 110, yellow)
    sheet.write("NIGHTS", 50, 270, "sans bold", 110, white)
    sheet.write("open air festival", 54, 345, "serif italic", 50, white)
    acts = (("The Paper Lanterns", 54), ("Delta Quartet", 46), ("Nora Vance & Band", 46), ("Silent Harbour", 38))
    y = 420
    for act, size in acts:
        sheet.write(act, 360, y, "slab bold", size, white, "middle")
        y += size + 22
    sheet.write("19-21 JULY 2024", 360, 730, "sans bold", 52, yellow, "middle")
    sheet.write("Riverside Park, Gate 2", 360, 790, "sans", 36, white, "middle")
    sheet.row(("Doors 17:30", "Tickets from 29.90"), ((60, "left"), (660, "right")), 860, "sans", 30, white)
    sheet.write("www.summernights.example", 360, 915, "mono", 26, yellow, "middle")
    fine = "Children under 12 free with an adult. No glass bottles. Programme subject to change."
    sheet.write(fine, 360, 975, "sans", 9, (170, 160, 170), "middle", ignore=True)
    wall = Sheet(_bricks(rng, 900, 860) * 0.85)
    wall.lay(sheet, [[150, 60], [690, 30], [742, 800], [112, 838]], shadow=0.5)
    return wall


def departures(rng: np.random.Generator) -> Sheet:
    """A board of departures, light on dark, photographed from below."""
    board = Sheet.plain(560, 980, (34, 26, 22))
    board.write("Departures", 40, 66, "sans bold", 46, (245, 245, 245))
    board.write("14:08", 940, 66, "mono bold", 46, (60, 210, 250), "right")
    rows = (
        "14:12|Ashford Intl|4|on time  14:17|Mill Valley|11|boarding  14:25|Port Ellery|2|delayed 10  14:31|"
        "St. Brennan|7|on time  14:40|Kingsmouth|9|cancelled  14:46|Upper Dale|1|on time  14:58|Varnholm|5|on time"
    ).split("  ")
    columns = (40, 190, 600, 720)
    for x, cell in zip(columns, ("Time", "Destination", "Track", "Remarks"), strict=True):
        board.write(cell, x, 124, "sans", 25, (170, 170, 170))
    for number, row in enumerate(rows, 1):
        y = 124 + 56 * number
        if number % 2:
            board.box(20, y - 38, 960, y + 16, (58, 46, 38))
        for x, cell in zip(columns, row.split("|"), strict=True):
            late = cell.startswith(("delayed", "cancelled"))
            board.write(cell, x, y, "mono bold", 33, (70, 90, 250) if late else (60, 210, 250))
    hall = Sheet(_hall(rng, 760, 1200) * 0.8)
    hall.lay(board, [[150, 90], [1060, 60], [1120, 640], [80, 610]])
    return hall


def word(rng: np.random.Generator, text: str) -> np.ndarray:
    """A word cut out of a photo: any font, colour, background and angle; BGR [h, w, 3], float32 in [0, 255]."""
    face, size = str(rng.choice(list(FACES))), int(np.exp(rng.uniform(np.log(9), np.log(44))))
    background, ink = synthetic.color_pair(rng, rng.uniform(0.12, 0.7))
    margin = round(size * rng.uniform(0.15, 0.4))
    sheet = Sheet.plain(
        round(size * 1.1) + 2 * margin, round(font(face, size).getlength(text)) + 2 * margin, background
    )
    if rng.random() < 0.6:
        rough = synthetic.texture(rng, sheet.height, sheet.width, rng.uniform(0.3, 0.8))
        sheet.image += (rough - rough.mean()) * rng.uniform(0.2, 0.9)
    sheet.write(text, margin, margin + size * 0.9, face, size, tuple(ink.tolist()))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (sheet.width, sheet.height)
    turned = cv2.getRotationMatrix2D((sheet.width / 2, sheet.height / 2), float(rng.normal(0, 6)), 1.0)
    moved = corners @ turned[:, :2].T + turned[:, 2] + rng.normal(0, 0.08 * sheet.height, (4, 2))
    low, high = moved.min(axis=0), moved.max(axis=0)
    crop = Sheet.plain(*(int(side) for side in np.ceil(high - low)[::-1]), tuple(background.tolist()))
    crop.lay(sheet, moved - low)
    return crop.image * synthetic.gradient(rng, crop.height, crop.width, rng.uniform(0, 0.3))


def _arrow(sheet: Sheet, x: int, y: int, ink: Color) -> None:
    cv2.arrowedLine(sheet.image, (x - 24, y), (x + 26, y), ink, 8, cv2.LINE_AA, tipLength=0.45)


def _hall(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A hall out of focus: lamps under the ceiling, pillars, people far away; BGR float32."""
    view = synthetic.texture(rng, height, width, 0.45) * 0.6 + 30
    middle = (width // 2, round(height * 0.6))
    for row in range(1, 5):
        for x in range(-4, 5):
            at = (round(middle[0] + x * width * 0.09 * row), round(middle[1] - height * 0.15 * row))
            cv2.ellipse(view, at, (9 * row, 3 * row), 0, 0, 360, (225, 240, 245), -1, cv2.LINE_AA)
    for x in (0.08, 0.3, 0.72, 0.95):
        broad = round(12 + 60 * abs(x - 0.5))
        top_left, bottom_right = (round(x * width), round(height * 0.1)), (round(x * width) + broad, height)
        cv2.rectangle(view, top_left, bottom_right, (105, 110, 118), -1)
    for _ in range(14):
        x, y, tall = rng.uniform(0, width), height * rng.uniform(0.72, 0.95), rng.uniform(40, 90)
        color = rng.uniform(15, 110, 3).tolist()
        cv2.ellipse(view, (round(x), round(y)), (round(tall / 5), round(tall / 2)), 0, 0, 360, color, -1, cv2.LINE_AA)
        cv2.circle(view, (round(x), round(y - tall * 0.6)), round(tall / 8), (110, 130, 170), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(view, (0, 0), 3.5)


def _bricks(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A wall of bricks, each of a shade of its own, with joints; BGR float32."""
    wall = np.empty((height, width, 3), np.float32)
    wall[:] = (150, 160, 168)
    tall, broad = 34, 92
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-(broad // 2) * (row % 2), width, broad):
            shade = np.array([62, 78, 138]) * rng.uniform(0.75, 1.2) + rng.normal(0, 6, 3)
            wall[y + 2 : y + tall - 2, max(0, x + 2) : x + broad - 2] = shade
    rough = synthetic.texture(rng, height, width, 0.9)
    return cv2.GaussianBlur(np.clip(wall + (rough - rough.mean()) * 0.5, 0, 255), (0, 0), 0.8)
