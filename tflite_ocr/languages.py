"""The languages that a recogniser reads: by the names in its manifest, or because its charset has all their letters.

Codes are those of ISO 639-1, and EasyOCR's where it has others (ch_sim, rs_latin); three letters and regions ("deu",
"en-GB") are understood too.
"""

from collections.abc import Iterable, Sequence

from tflite_ocr.manifest import Recognizer

_BASIC = "abcdefghijklmnopqrstuvwxyz"
# Letters beside a to z that texts in a language cannot do without; capitals only where they are not made by rule.
LATIN = dict(
    pair.split("=")
    for pair in """
    af=êëîïôû az=çəğıİöşü bs=čćđšž ca=àçèéíïòóúü cs=áčďéěíňóřšťúůýž cy=âêîôûŵŷ da=æøå de=äöüß en= eo=ĉĝĥĵŝŭ es=áéíñóúü
    et=äõöüšž eu=ñç fi=äöå fr=àâçéèêëîïôùûüÿœ ga=áéíóú gl=áéíñóúü hr=čćđšž hu=áéíóöőúüű id= is=áðéíóúýþæö it=àèéìòù
    ku=çêîşû la= lb=äëéöü lt=ąčęėįšųūž lv=āčēģīķļņšūž mi=āēīōū ms= mt=ċġħż nl=éëïóöü no=æøå nb=æøå nn=æøå oc=àáçèéíòóú
    pi=āīūṅñṭḍṇḷṃ pl=ąćęłńóśźż pt=àáâãçéêíóôõú ro=ăâîșț rs_latin=čćđšž sk=áäčďéíĺľňóôŕšťúýž sl=čšž sq=çë sv=äöå sw=
    tl=ñ tr=çğıİöşü uz= vi=àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ
""".split()
)
# Letters by which other scripts are recognised.
_OTHER = dict(
    pair.split("=")
    for pair in """
    ru=абвгдежзийклмнопрстуфхцчшщъыьэюя uk=абвгґдеєжзиіїйклмнопрстуфхцчшщьюя el=αβγδεζηθικλμνξοπρστυφχψω
    be=абвгдеёжзійклмнопрстуўфхцчшыьэюя bg=абвгдежзийклмнопрстуфхцчшщъьюя mn=абвгдеөүыэюя
    rs_cyrillic=абвгдђежзијклљмнњопрстћуфхцчџш ar=ابتثجحخدذرزسشصضطظعغفقكلمنهوي fa=ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی
    ur=ٹڈڑںےہھ ug=ئەۇۆۈې hi=अआइईउकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह mr=अआइईउकखगघचजझटठडढणतथदधनपफबभमयरलळव
    ne=अआइईउकखगघचछजझटठडढणतथदधनपफबभमयरलव bn=অআইঈউকখগঘচছজঝটঠডঢণতথদধনপফবভমযরল as=ৰৱঅআকখগঘচছজ
    th=กขคงจฉชซญดตถทธนบปผฝพฟภมยรลวศสหอ ta=அஆஇஈஉகஙசஞடணதநபமயரலவழளறன te=అఆఇఈఉకఖగఘచఛజఝటఠడఢణతథదధన
    kn=ಅಆಇಈಉಕಖಗಘಚಛಜಝಟಠಡಢಣತಥದಧನ ja=あいうえおかきくけこアイウエオカキクケコ日本語 ko=가나다라마바사아자차카타파하
    ch_sim=的一是不了人我在有他这中大来上国们说 ch_tra=的一是不了人我在有他這中大來上國們說 he=אבגדהוזחטיכלמנסעפצקרשת
""".split()
)
_LETTERS = {code: _BASIC + letters for code, letters in LATIN.items()} | _OTHER
# Languages beside the Latin ones for which `make convert MODEL=easyocr LANGS=...` has a recogniser.
_EASYOCR = (*_OTHER, *(code for code in LATIN if code not in ("ca", "eo", "eu", "fi", "gl", "lb", "nb", "nn")))
_EASYOCR_LACKS = ("el", "he")
_PPOCR_FULL = ("ch_sim", "ch_tra", "ja")
_ALIASES = dict(
    pair.split("=")
    for pair in """
    zh=ch_sim zh_cn=ch_sim zh_hans=ch_sim zh_tw=ch_tra zh_hant=ch_tra ch=ch_sim chi_sim=ch_sim chi_tra=ch_tra
    sr=rs_cyrillic sr_latn=rs_latin sr_cyrl=rs_cyrillic srp=rs_cyrillic eng=en deu=de ger=de fra=fr fre=fr spa=es
    ita=it por=pt nld=nl dut=nl swe=sv dan=da nor=no fin=fi isl=is ice=is pol=pl ces=cs cze=cs slk=sk slo=sk slv=sl
    hrv=hr bos=bs hun=hu ron=ro rum=ro tur=tr aze=az est=et lav=lv lit=lt sqi=sq alb=sq gle=ga cym=cy wel=cy mlt=mt
    lat=la cat=ca eus=eu glg=gl afr=af ind=id msa=ms may=ms swa=sw tgl=tl fil=tl vie=vi rus=ru ukr=uk bel=be bul=bg
    ell=el gre=el gr=el heb=he ara=ar fas=fa per=fa urd=ur hin=hi mar=mr nep=ne ben=bn tha=th tam=ta tel=te kan=kn
    jpn=ja jp=ja kor=ko kr=ko japan=ja korean=ko english=en german=de french=fr spanish=es italian=it
""".split()
)


def listed(languages: str | Iterable[str] | None) -> tuple[str, ...]:
    """Codes as a tuple: a string is one language, or several with "+" or "," between them."""
    if languages is None:
        return ()
    if isinstance(languages, str):
        languages = languages.replace("+", ",").split(",")
    return tuple(code.strip() for code in languages if code.strip())


def usual(code: str) -> str:
    """The code used here for a language; the code itself if it is unknown."""
    plain = code.strip().lower().replace("-", "_")
    plain = _ALIASES.get(plain, plain)
    if plain not in _LETTERS and plain.split("_")[0] in (*_LETTERS, *_ALIASES):
        plain = plain.split("_")[0]
        plain = _ALIASES.get(plain, plain)
    return plain


def reads(recognizer: Recognizer, code: str) -> bool:
    """Whether a recogniser reads a language: its manifest names it, or its charset holds all letters of it."""
    if code in recognizer.languages or usual(code) in recognizer.languages:
        return True
    letters = _LETTERS.get(usual(code))
    if letters is None:
        return False
    known = set(recognizer.charset)
    return all(letter in known and (len(letter.upper()) > 1 or letter.upper() in known) for letter in letters)


def spoken(recognizer: Recognizer) -> tuple[str, ...]:
    """The languages that the manifest names, and all others whose letters the charset has."""
    return tuple(dict.fromkeys((*recognizer.languages, *(code for code in _LETTERS if reads(recognizer, code)))))


def advice(codes: Sequence[str]) -> str:
    """Advice for languages that a model does not read."""
    unknown = [code for code in codes if usual(code) not in _LETTERS]
    if unknown:
        return f"expected codes such as en, de or ru, found {', '.join(unknown)}, of which nothing is known here"
    wanted = sorted({usual(code) for code in codes})
    ways = []
    if all(code == "en" or code in _PPOCR_FULL for code in wanted):
        ways.append("python -m converters ppocr --charset full")
    if all(code in _EASYOCR and code not in _EASYOCR_LACKS for code in wanted):
        ways.append(f"make convert MODEL=easyocr LANGS={','.join(wanted)}")
    ways.append("recognizer='tesseract' with its package of the language")
    return "a model that reads them: " + ", or ".join(ways)


def writes(code: str, text: str) -> bool:
    """Whether all letters of a text are among those of a language here."""
    letters = _LETTERS.get(usual(code), "")
    return all(not character.isalpha() or character.lower() in letters or character in letters for character in text)
