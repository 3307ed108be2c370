"""Strings of figures and signs: numbers, prices, dates, times, codes, addresses of the net, phone numbers."""

import numpy as np

_MONTHS = (
    "January February March April May June July August September October November December Januar Februar März "
    "Mai Juni Juli Oktober Dezember janvier février mars avril juin juillet août septembre octobre novembre "
    "décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "gennaio giugno luglio agosto settembre ottobre dicembre"
).split()
_DAYS = (
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun Montag Freitag Samstag "
    "Sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes viernes domingo"
).split()
_CURRENCIES = ("$", "€", "£", "¥", "₹", "RM", "USD", "EUR", "CHF", "kr", "zł", "Kč", "R$", "₽", "₺", "₩", "₫", "฿"[:0])
_UNITS = (
    "kg g mg lb oz km m cm mm µm mi ft in l ml cl GB MB KB TB GHz MHz kHz Hz W kW kWh V mV A mA °C °F K Pa kPa bar "
    "psi s ms min h hrs km/h mph rpm dB px pt m² m³ ha pcs ea x"
).split()
_DOMAINS = "com org net de fr io co.uk edu gov es it nl se ca info eu com.my com.au".split()
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EASY = _LETTERS + "0123456789"


def choose(rng: np.random.Generator, options):
    """One of a sequence; quicker than `Generator.choice`."""
    return options[int(rng.integers(len(options)))]


def digits(rng: np.random.Generator, count: int) -> str:
    """That many figures; the first may be 0."""
    return "".join(map(str, rng.integers(0, 10, count)))


def letters(rng: np.random.Generator, count: int, among: str = _LETTERS) -> str:
    """That many letters, capitals if nothing else is said."""
    return "".join(among[index] for index in rng.integers(0, len(among), count))


def number(rng: np.random.Generator) -> str:
    """A whole number, a decimal fraction, a number with groups of thousands, an ordinal ..."""
    kind, count = rng.integers(10), int(rng.integers(1, 8))
    plain = str(rng.integers(0, 10**count))
    if kind < 4:
        return plain
    if kind == 4:
        return digits(rng, count)
    if kind == 5:
        return f"{rng.integers(0, 10**7):,}".replace(",", choose(rng, ",,. '"))
    if kind == 6:
        return f"{rng.integers(0, 10**4)}{choose(rng, '..,')}{digits(rng, int(rng.integers(1, 4)))}"
    if kind == 7:
        return f"{choose(rng, ['-', '+', '−', '±', '~', '#', '№', '≈', '≤', '≥', '<', '>', '=', 'x', '×'])}{plain}"
    if kind == 8:
        return f"{rng.integers(1, 200)}{choose(rng, ['st', 'nd', 'rd', 'th', '.', 'º', 'ª', 'a', 'b', 'B', '°', '+', 'x'])}"
    return choose(
        rng,
        [
            f"1/{rng.integers(2, 10)}",
            "½",
            "¼",
            "¾",
            f"{rng.integers(1, 10)}½",
            f"{rng.integers(1, 50)}/{count}",
            f"{count}:1",
            f"10^{count}",
            f"{count}²",
            f"{count}³",
            "1¹",
            "III",
            "IV",
            "VII",
            "XIX",
            "MCMXC",
        ],
    )


def amount(rng: np.random.Generator) -> str:
    """An amount of money without a currency."""
    value = float(rng.choice([9.99, 100, 1000, 20000])) * rng.random()
    text = f"{value:,.2f}" if rng.random() < 0.4 else f"{value:.2f}"
    if rng.random() < 0.25:
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def price(rng: np.random.Generator) -> str:
    """An amount with a currency before or after it, or as price tags write it."""
    value, currency = amount(rng), choose(rng, _CURRENCIES[:17])
    kind = rng.integers(8)
    if kind < 3:
        return currency + value
    if kind == 3:
        return f"{currency} {value}"
    if kind == 4:
        return f"{value} {currency}"
    if kind == 5:
        return value + choose(rng, ["€", "", " T", " A", "-", " TX", "*", " SR", "/kg", " Z", " F", "N"])
    if kind == 6:
        return f"{choose(rng, '$€£')}{rng.integers(1, 1000)}{choose(rng, ['', '.-', ',-', '.—', '*', '/mo', ' off', '.00'])}"
    return choose(rng, ["-", "(", "+"]) + currency + value


def date(rng: np.random.Generator) -> str:
    """A day in one of the usual forms, or a part of one."""
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1900, 2036))
    name = choose(rng, _MONTHS)
    short = name[:3]
    if rng.random() < 0.3:
        name, short = name.upper(), short.upper()
    separator = choose(rng, "//--..")
    forms = (
        f"{day:02d}{separator}{month:02d}{separator}{year}",
        f"{day:02d}{separator}{month:02d}{separator}{year % 100:02d}",
        f"{month}{separator}{day}{separator}{year}",
        f"{year}{separator}{month:02d}{separator}{day:02d}",
        f"{year}-{month:02d}-{day:02d}",
        f"{day} {name} {year}",
        f"{name} {day}, {year}",
        f"{short} {day}, {year}",
        f"{day:02d}-{short}-{year}",
        f"{day}. {name} {year}",
        f"{choose(rng, _DAYS)}, {name} {day}",
        f"{name} {year}",
        f"{year}",
        f"{year}-{(year + 1) % 100:02d}",
        f"© {year}",
        f"'{year % 100:02d}",
        f"{short} '{year % 100:02d}",
        f"{month:02d}/{year % 100:02d}",
        f"{choose(rng, _DAYS)}",
        name,
        f"{day}{separator}{month}",
        f"{year}–{year + 9}",
    )
    return choose(rng, forms)


def clock(rng: np.random.Generator) -> str:
    """A time of day, a span of time, opening hours."""
    hour, minute, second = int(rng.integers(24)), int(rng.integers(60)), int(rng.integers(60))
    half = choose(rng, ["AM", "PM", "am", "pm", " AM", " PM", "a.m.", " p.m.", "h", " Uhr"])
    forms = (
        f"{hour:02d}:{minute:02d}",
        f"{hour}:{minute:02d}",
        f"{hour:02d}:{minute:02d}:{second:02d}",
        f"{hour % 12 + 1}:{minute:02d}{half}",
        f"{hour % 12 + 1}{half}",
        f"{hour:02d}h{minute:02d}",
        f"{hour}.{minute:02d}",
        f"{hour:02d}:00-{(hour + 8) % 24:02d}:00",
        f"{hour}–{(hour + 9) % 24}h",
        f"{minute}′{second:02d}″",
        f"{minute}min",
    )
    return choose(rng, forms)


def measure(rng: np.random.Generator) -> str:
    """A number with a unit, a percentage or a size."""
    value, kind = choose(
        rng, [str(rng.integers(1, 1000)), f"{rng.random() * 100:.1f}", f"{rng.random():.2f}"]
    ), rng.integers(6)
    if kind < 2:
        return f"{value}{choose(rng, ['', ' '])}{choose(rng, _UNITS)}"
    if kind == 2:
        return f"{choose(rng, ['', '', '-', '+', '~'])}{value}{choose(rng, ['%', '%', ' %', '‰'])}"
    if kind == 3:
        sides = [str(rng.integers(1, 2000)) for _ in range(int(rng.integers(2, 4)))]
        return choose(rng, ["x", "×", " x ", " × ", "X"]).join(sides)
    if kind == 4:
        return f"{rng.integers(-30, 120)}{choose(rng, ['°', '°C', ' °C', '°F', 'º'])}"
    return choose(
        rng, ["S", "M", "L", "XL", "XXL", f"1:{value}", f"{value}/100", f"Ø{value}", f"{value}±0.1", f"≥{value}"]
    )


def code(rng: np.random.Generator) -> str:
    """A serial number, plate, article number, flight, postcode, hash, version ..."""
    kind = rng.integers(12)
    if kind == 0:
        return f"{letters(rng, int(rng.integers(1, 4)))}{choose(rng, ['', '-', ' '])}{digits(rng, int(rng.integers(1, 6)))}"
    if kind == 1:
        return "-".join(letters(rng, int(rng.integers(2, 6)), _EASY) for _ in range(int(rng.integers(2, 5))))
    if kind == 2:
        return letters(rng, int(rng.integers(3, 13)), _EASY)
    if kind == 3:
        return f"{letters(rng, 1)}{digits(rng, 1)}{letters(rng, 1)}-{digits(rng, 4)}"
    if kind == 4:
        return f"{letters(rng, 2)}{digits(rng, 2)} {letters(rng, 3)}"
    if kind == 5:
        return f"{letters(rng, int(rng.integers(1, 4)))} {letters(rng, 2)} {rng.integers(1, 9999)}"
    if kind == 6:
        return digits(rng, int(rng.integers(6, 15)))
    if kind == 7:
        return " ".join(digits(rng, 4) for _ in range(int(rng.integers(2, 5))))
    if kind == 8:
        return letters(rng, int(rng.integers(6, 17)), "0123456789abcdef")
    if kind == 9:
        return f"v{rng.integers(0, 20)}.{rng.integers(0, 30)}.{rng.integers(0, 9)}"
    if kind == 10:
        return f"{choose(rng, ['#', 'No. ', 'No.', 'REF ', 'INV-', 'SN:', 'S/N ', '№ ', 'P/N ', 'ID:', 'PO#', 'Bl. '])}{digits(rng, int(rng.integers(2, 9)))}"
    return f"{digits(rng, int(rng.integers(2, 5)))}{choose(rng, '-/._ :')}{letters(rng, int(rng.integers(1, 4)))}{digits(rng, int(rng.integers(0, 4)))}"


def phone(rng: np.random.Generator) -> str:
    """A phone number as cards and signs write it."""
    parts = [digits(rng, int(size)) for size in rng.integers(2, 5, int(rng.integers(2, 5)))]
    forms = (
        f"({digits(rng, 3)}) {digits(rng, 3)}-{digits(rng, 4)}",
        f"{digits(rng, 3)}-{digits(rng, 3)}-{digits(rng, 4)}",
        f"+{rng.integers(1, 99)} {' '.join(parts)}",
        f"0{digits(rng, 2)}-{digits(rng, 7)}",
        " ".join(parts),
        ".".join(parts),
        f"0{digits(rng, 3)}/{digits(rng, 6)}",
        f"1-800-{digits(rng, 3)}-{digits(rng, 4)}",
        f"00{digits(rng, 10)}",
    )
    return choose(rng, ["", "", "", "", "Tel: ", "Tel. ", "TEL ", "Fax: ", "☎"[:0], "Ph. ", "T: ", "Mob.: "]) + choose(
        rng, forms
    )


def online(rng: np.random.Generator, first: str, second: str) -> str:
    """An address of the net made of two words: page, mailbox, account, file, path."""
    first, second = first.lower().replace("'", ""), second.lower().replace("'", "")
    domain = choose(rng, _DOMAINS)
    forms = (
        f"www.{first}.{domain}",
        f"{first}.{domain}",
        f"https://{first}.{domain}/{second}",
        f"http://www.{first}{second}.{domain}",
        f"{first}@{second}.{domain}",
        f"{first}.{second}@mail.{domain}",
        f"{first[:1]}{second}{rng.integers(1, 99)}@{first}.{domain}",
        f"@{first}_{second}",
        f"#{first}{second.title()}",
        f"{first}_{second}.{choose(rng, ['pdf', 'jpg', 'py', 'txt', 'docx', 'exe', 'csv'])}",
        f"/{first}/{second}",
        f"C:\\{first.title()}\\{second}",
        f"{first}/{second}?id={rng.integers(1, 9999)}&v=1",
        f"~/{first}",
        f"info@{first}.{domain}",
        f"{first}{second.title()}()",
        f"{first}_{second} = {rng.integers(0, 100)};",
        f"<{first}>",
        f"${{{first}}}",
        f"[{first}]",
        f"{first.upper()}_{second.upper()}",
        f"--{first}={second}",
        f"{first}|{second}",
        f"{{{first}: {rng.integers(9)}}}",
    )
    return choose(rng, forms)
