"""What forms, receipts, menus and signs say: short phrases beside those of synthetic.corpora.corpus."""

import numpy as np

from synthetic.corpora import figures, words
from synthetic.corpora.figures import choose

LABELS = (
    "Name|First name|Last name|Full name|Address|Street|City|State|Zip code|Country|Telephone|Phone No.|Fax|E-mail|"
    "Date|Date of birth|Place of birth|Nationality|Sex|Age|Height|Weight|Occupation|Employer|Department|Position|"
    "Title|Signature|Approved by|Prepared by|Requested by|Received|Account No.|Account number|Reference|Invoice No.|"
    "Order No.|Customer|Customer ID|Supplier|Vendor|Brand|Manufacturer|Model|Serial No.|Type|Category|Quantity|Qty|"
    "Unit price|Price|Amount|Total|Subtotal|Tax|VAT|Discount|Balance due|Due date|Terms|Payment method|Remarks|"
    "Comments|Description|Subject|To|From|CC|Attention|Region|Division|Location|Room|Floor|Building|Project|Budget|"
    "Cost center|Approved|Start date|End date|Duration|Time|Temperature|Sample No.|Test method|Result|Specification|"
    "Batch|Lot|Weight (kg)|Size|Color|Material|Origin|Destination|Carrier|Flight|Seat|Gate|Class|Ticket|Passport No.|"
    "Licence No.|Policy number|Insured|Beneficiary|Bank|IBAN|BIC|Branch|Currency|Exchange rate|Vorname|Nachname|"
    "Anschrift|Geburtsdatum|Ort|Unterschrift|Betrag|Datum|Menge|Nom|Prénom|Adresse|Ville|Code postal|Montant|"
    "Nombre|Apellidos|Dirección|Fecha|Importe|Firma|Cognome|Indirizzo|Data|Marital status|Yes|No|Page|Form|"
    "Distribution|Purpose|Objective|Background|Conclusion|Recommendation|Media|Circulation|Publication|Program"
).split("|")
OPTIONS = (
    "Yes|No|Male|Female|Single|Married|Other|N/A|Full time|Part time|New|Renewal|Urgent|Copy|Cash|Check|Visa"
).split("|")
HEADS = (
    "Item|Description|Qty|Price|Amount|Total|Date|No.|Code|Name|Unit|Rate|Tax|Disc.|Net|Gross|Ref|Status|Type|Size|"
    "Weight|Hours|Days|Jan|Feb|Mar|Q1|Q2|Q3|Q4|2019|2020|2021|2022|2023|Change|%|Mean|SD|N|p|Region|City|Country|"
    "Product|Model|Value|Min|Max|Avg|Score|Rank|Team|Points|Won|Lost|Time|From|To|Remarks|Balance|Debit|Credit"
).split("|")
SHOPS = (
    "MARKET|SUPERMARKET|STORE|PHARMACY|BAKERY|CAFE|RESTAURANT|HARDWARE|BOOKS|ELECTRONICS|ENTERPRISE|TRADING|SDN BHD|"
    "LTD|INC.|CO.|GmbH|S.A.|& SONS|FOODS|MART|GROCERY|STATION|GARDEN|HOUSE|KITCHEN|BISTRO|HOTEL|CLINIC"
).split("|")
TOTALS = (
    "TOTAL|SUBTOTAL|SUB TOTAL|GRAND TOTAL|CASH|CHANGE|TAX|GST 6%|VAT 20%|ROUNDING ADJ|AMOUNT DUE|DISCOUNT|BALANCE|"
    "VISA|MASTERCARD|CARD|TENDERED|SERVICE CHARGE|TOTAL SALES|ITEM COUNT|TOTAL QTY|EUR|SUMME|MwSt|Total TTC|Rounded"
).split("|")
THANKS = (
    "THANK YOU|THANK YOU FOR SHOPPING WITH US|PLEASE COME AGAIN|GOODS SOLD ARE NOT RETURNABLE|HAVE A NICE DAY|"
    "KEEP THIS RECEIPT|CUSTOMER COPY|Merci de votre visite|Vielen Dank|** DUPLICATE **|TAX INVOICE|Gracias|"
    "EXCHANGE WITHIN 7 DAYS WITH RECEIPT|CASHIER COPY|THIS IS NOT A TAX INVOICE"
).split("|")
MENUS = (
    "File|Edit|View|Insert|Format|Tools|Window|Help|Home|Search|Settings|Options|Profile|Account|Sign in|Log out|Save|"
    "Save as...|Open|Close|Cancel|OK|Apply|Next|Back|Finish|Yes|No|Delete|Copy|Paste|Cut|Undo|Redo|Refresh|Download|"
    "Upload|Share|Print|Export|Import|New|Add|Remove|Start|Stop|Run|Debug|Build|Terminal|Preferences|About|Details|"
    "Messages|Inbox|Sent|Drafts|Trash|Archive|Contacts|Calendar|Notes|Photos|Music|Videos|Downloads|Documents|Desktop|"
    "Network|Bluetooth|Wi-Fi|Display|Sound|Battery|Privacy|Security|Language|Keyboard|Storage|Updates|Notifications|"
    "Learn more|Get started|Subscribe|Buy now|Add to cart|Checkout|Read more|Contact us|Features|Pricing|Blog|Careers|"
    "Dashboard|Reports|Users|Projects|Tasks|Overview|Analytics|Accept all|Reject|Continue|Skip|Play|Pause|Submit|Reset"
).split("|")
SIGNS = (
    "EXIT|ENTRANCE|OPEN|CLOSED|SALE|STOP|NO PARKING|PUSH|PULL|TAXI|BUS|WC|TOILETS|PARKING|POLICE|HOTEL|RESTAURANT|CAFE|"
    "BAR|PIZZA|COFFEE|BAKERY|PHARMACY|BANK|ATM|POST|SCHOOL|HOSPITAL|STATION|PLATFORM|GATE|INFORMATION|TICKETS|DANGER|"
    "CAUTION|WARNING|PRIVATE|KEEP OUT|NO ENTRY|NO SMOKING|ONE WAY|SLOW|SPEED LIMIT|ROAD WORK AHEAD|DETOUR|FIRE EXIT|"
    "EMERGENCY|STAFF ONLY|WET FLOOR|FOR RENT|FOR SALE|50% OFF|BUY 1 GET 1 FREE|NEW|FREE|WELCOME|GRAND OPENING|MENU|"
    "Level 2|Basement|Lift|Escalator|Customer Service|Fashion|Books|Electronics|Jewellery|Optics|Salon|Spa|Fitness"
).split("|")
STREETS = (
    "Street|St.|Avenue|Ave|Road|Rd|Lane|Square|Blvd|Drive|Place|Court|Way|Straße|Weg|Platz|Rue de|Via|Calle"
).split("|")


def name(rng: np.random.Generator) -> str:
    """Of a person: one or two given names or initials, and a family name."""
    first = words.word(rng).title() if rng.random() < 0.7 else f"{figures.letters(rng, 1)}."
    middle = f" {figures.letters(rng, 1)}." if rng.random() < 0.3 else ""
    return f"{first}{middle} {words.word(rng).title()}"


def street(rng: np.random.Generator) -> str:
    """A house and a street."""
    return f"{rng.integers(1, 999)} {words.word(rng).title()} {choose(rng, STREETS)}"


def town(rng: np.random.Generator) -> str:
    """A town with its code."""
    code = figures.digits(rng, 5)
    kind, city = rng.integers(3), words.word(rng).title()
    return (f"{city}, {figures.letters(rng, 2)} {code}", f"{code} {city}", f"{city} {code[:4]}")[kind]


def company(rng: np.random.Generator) -> str:
    """Of a shop or a firm."""
    text = " ".join(words.word(rng) for _ in range(int(rng.integers(1, 3))))
    return f"{text} {choose(rng, SHOPS)}".upper() if rng.random() < 0.7 else f"{text} {choose(rng, SHOPS)}".title()


def value(rng: np.random.Generator) -> str:
    """What somebody enters in a field of a form."""
    kind = rng.random()
    if kind < 0.25:
        return name(rng)
    if kind < 0.4:
        return " ".join(words.word(rng) for _ in range(int(rng.integers(1, 4))))
    makers = (figures.date, figures.number, figures.amount, figures.code, figures.phone, street, town, figures.price)
    return choose(rng, makers)(rng)


def phrase(rng: np.random.Generator, most: int = 4) -> str:
    """One to `most` words of one language, as they stand in lists."""
    spoken = words.language(rng)
    return " ".join(words.word(rng, spoken) for _ in range(int(rng.integers(1, most + 1))))


def cased(rng: np.random.Generator, text: str) -> str:
    """In capitals, with capitals at the beginnings, or as it is."""
    kind = rng.random()
    return text.upper() if kind < 0.4 else text.title() if kind < 0.7 else text
