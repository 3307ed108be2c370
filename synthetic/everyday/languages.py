"""Sentences in thirteen languages whose letters carry marks, and Spanish with its turned marks."""

import numpy as np

from synthetic.builtin.sheet import Sheet
from synthetic.everyday.drawing import photographed, pick
from synthetic.everyday.lists import listed

# By the language's code: sentences with its own letters, written for this set.
SENTENCES = {
    "cs": (
        "Žluťoučký kůň stojí u řeky",
        "Děkuji, přijdu ve čtvrtek",
        "Můj bratr čte noviny",
        "Příští zastávka: Nádraží",
        "Účet prosím, všechno chutnalo",
    ),
    "da": (
        "Æblet ligger på bordet",
        "Vi mødes på Nørreport kl. 9",
        "Små børn spiser grød",
        "Må jeg få en øl, tak",
        "Købmanden lukker først i går",
    ),
    "de": (
        "Größere Straßen führen südwärts",
        "Bitte Tür schließen",
        "Übermorgen fährt kein Zug",
        "Äpfel, Öl und Grüße",
        "Schöne Füße über Weiß",
    ),
    "es": (
        "El niño comió jamón",
        "Mañana será otro día",
        "La cigüeña voló rápido",
        "Atención: peatón a la vía",
        "Año nuevo, corazón según tú",
    ),
    "fr": (
        "Où êtes-vous né, François ?",
        "La forêt brûle cet été",
        "Ça coûte déjà très cher",
        "Le cœur à l'œuvre",
        "Noël à la crèche, garçon",
    ),
    "hu": (
        "Őrült tűzoltó fut az út",
        "Köszönöm szépen a kávét",
        "Jövő szombaton érkezünk",
        "Füstölt húsból főzött étel",
        "Az üzlet hétfőn zárva",
    ),
    "lv": (
        "Šodien ļoti skaista diena",
        "Kur ir tuvākā stacija",
        "Zaļā krūze uz galda",
        "Mēs ēdam ķiršus dārzā",
        "Rīgā jūnijā līst",
    ),
    "pl": (
        "Zażółć gęślą jaźń",
        "Proszę zamknąć drzwi",
        "Święta są w środę",
        "Łódź i Kraków, źródło",
        "Ćwiczenie piąte, część trzecia",
    ),
    "pt": (
        "Não há razão para aflição",
        "Três maçãs e um pêssego",
        "A estação fica à direita",
        "Coração, pão, avô, avó",
        "Informações à população",
    ),
    "ro": (
        "Știu că țara este frumoasă",
        "Învață și scrie în fiecare zi",
        "Mâine plecăm la București",
        "Pâine, brânză și țuică",
        "Împărțire și înmulțire",
    ),
    "sv": (
        "Åsa åker till sjön på lördag",
        "Här får du räkor och öl",
        "Gå över ån, sväng höger",
        "Kött är dyrt på fjället",
        "Får får får? Nej, får får lamm",
    ),
    "tr": (
        "Şişli otobüsü geç kaldı",
        "Çocuklar bahçede oynuyor",
        "İyi günler, nasılsınız",
        "Ağaçlığın ışığı sönük",
        "Büyük ağabeyim Iğdır'da",
    ),
    "vi": (
        "Xin chào, bạn khỏe không",
        "Tôi muốn uống cà phê sữa",
        "Đường phố Hà Nội rất đẹp",
        "Một ngày nắng ấm ở Huế",
        "Chúc mừng năm mới, gia đình",
    ),
}
_SPANISH = (
    "¿Cuándo llega el tren?",
    "¡Qué sorpresa, señor!",
    "¿Dónde está la salida?",
    "¡Cuidado con el perro!",
    "¿Tienes años o días?",
    "¡Feliz año, niños!",
    "¿Quién llamó ayer?",
    "¡Ven aquí, muchacha!",
    "¿Y tú? ¡Yo también!",
    "¿Cómo se dice mañana?",
    "¡Adiós, pingüino!",
    "¿Te gusta el jamón?",
)


def accents(rng: np.random.Generator, number: int) -> Sheet:
    """Three sentences of a language; languages take turns."""
    language = list(SENTENCES)[number % len(SENTENCES)]
    texts = [SENTENCES[language][index] for index in rng.permutation(len(SENTENCES[language]))[:3]]
    # Those that have the letters of all of them, Vietnamese too.
    face = pick(rng, ("sans", "slab", "sans bold", "sans oblique"))
    sheet = listed(texts, face, int(rng.integers(16, 32)), pick(rng, (1.0, 0.9, 0.75)))
    return photographed(rng, sheet, rng.uniform(0.5, 1)) if number % 3 == 2 else sheet


def spanish_marks(rng: np.random.Generator, number: int) -> Sheet:
    """Questions and exclamations: marks at both ends belong to the line and are no lines of their own."""
    texts = [_SPANISH[index] for index in rng.permutation(len(_SPANISH))[:4]]
    face = pick(rng, ("sans", "serif", "slab", "serif bold", "sans bold"))
    return listed(texts, face, int(rng.integers(17, 34)), 1.0)
