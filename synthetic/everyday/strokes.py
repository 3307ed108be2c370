"""Chinese characters, Japanese kana and Korean syllables of a few strokes each: no font that is at hand has them."""

import cv2
import numpy as np

from synthetic.builtin.sheet import Color, Line, Sheet, Word

# Strokes by character: points of two digits, x and y on a grid of 0 to 9, y downwards.
_GLYPHS = {
    "一": "0595",
    "二": "1282 0898",
    "三": "1181 2575 0999",
    "十": "0494 5059",
    "土": "2484 5159 0999",
    "王": "1181 2575 0999 5159",
    "工": "1181 5159 0999",
    "口": "1181881811",
    "日": "2080892920 2484",
    "月": "202609 208089 2383 2686",
    "田": "0191990901 0595 5159",
    "中": "1282861612 5059",
    "山": "04099994 5159",
    "川": "111609 4147 8189",
    "木": "0393 5059 4308 6398",
    "本": "0393 5059 4308 6398 3777",
    "大": "0393 505409 5499",
    "天": "1181 0494 515409 5499",
    "人": "505409 5499",
    "入": "3051 5109 5199",
    "出": "5059 11148481 05099995",
    "上": "5059 5383 0999",
    "下": "0090 5059 5375",
    "水": "5059 034308 8255 5599",
    "火": "505409 5499 1225 8275",
    "東": "1191 2373762623 2575 5059 4609 6699",
    "京": "5051 0292 2474772724 5759 3719 7799",
    "車": "1191 2383862623 2484 0797 5059",
    "国": "0090990900 2272 2575 2878 5258 6677",
    "ホ": "0393 5059 2508 7598",
    "テ": "2080 0494 545629",
    "ル": "313609 616995",
    "コ": "11818818",
    "ー": "0595",
    "ヒ": "8224 202888",
    "ラ": "2181 14946739",
    "メ": "815619 2388",
    "ン": "1133 195894",
    "ト": "3039 3375",
    "イ": "8015 5359",
    "レ": "212994",
    "カ": "03938979 404409",
    "ミ": "2173 2476 1799",
    "ク": "4014 41817539",
    "ロ": "1181881811",
    "ナ": "0393 505429",
    "タ": "4014 41817539 4466",
    "オ": "0393 6069 6318",
    "エ": "1181 5159 0999",
}
_CONSONANTS = {
    "ㄱ": "009099",
    "ㄴ": "000999",
    "ㄷ": "90000999",
    "ㄹ": "009094040999",
    "ㅁ": "0090990900",
    "ㅂ": "00099990 0595",
    "ㅅ": "4009 4399",
    "ㅇ": "o",
    "ㅈ": "0090 5109 5499",
    "ㅊ": "3060 0292 5209 5499",
    "ㅋ": "009099 0494",
    "ㅌ": "90000999 0494",
    "ㅍ": "0090 0999 3039 6069",
    "ㅎ": "3060 0292 o",
}
_INITIALS = "ㄱ?ㄴㄷ?ㄹㅁㅂ?ㅅ?ㅇㅈ?ㅊㅋㅌㅍㅎ"
_FINALS = " ㄱ??ㄴ??ㄷㄹ???????ㅁㅂ?ㅅ?ㅇㅈㅊㅋㅌㅍㅎ"
# Unicode's order: ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ... ㅛ ㅜ ... ㅠ ㅡ ㅢ ㅣ; those beside the consonant stand upright.
_UPRIGHT = {
    0: "2029 2595",
    1: "2029 7079 2575",
    2: "2029 2393 2696",
    4: "7079 0575",
    5: "5059 0555 9099",
    6: "7079 0373 0676",
    20: "5059",
}
_LYING = {8: "0999 5059", 12: "0999 3039 6069", 13: "0090 5059", 17: "0090 3039 6069", 18: "0595"}
WORDS = {
    "han": (
        "出口",
        "入口",
        "日本",
        "中国",
        "東京",
        "大山",
        "田中一",
        "上下水",
        "工工中",
        "火土日",
        "三十二人",
        "車出口",
        "山川木本",
        "天王山",
        "十二月一日",
        "本日大人",
    ),
    "kana": (
        "ホテル",
        "コーヒー",
        "ラーメン",
        "トイレ",
        "カメラ",
        "ミルク",
        "タオル",
        "ナイロン",
        "エコカー",
        "オイル",
        "メール",
        "レンタル",
        "ホール",
        "ココロ",
    ),
    "hangul": (
        "서울역",
        "한국",
        "부산",
        "커피",
        "사람",
        "나무",
        "바다",
        "김치",
        "안녕",
        "도시",
        "하늘",
        "구름",
        "소금",
        "시장",
        "우산",
        "친구",
        "가방",
        "전기",
    ),
}


def write(sheet: Sheet, text: str, left: float, top: float, size: int, ink: Color) -> float:
    """Writes a line in strokes on a sheet, and keeps its place.

    Args:
        sheet: Drawn on.
        text: Of characters in WORDS, and blanks.
        left: x of its left end.
        top: y of its upper end.
        size: Size of a character in pixels.
        ink: BGR.

    Returns:
        x of its right end.

    Raises:
        KeyError: A character has no strokes here.
    """
    x = left
    for character in text:
        if character != " ":
            for stroke in strokes(character):
                points = np.round((stroke * size + (x, top)) * 16).astype(np.int32)
                cv2.polylines(sheet.image, [points], False, ink, max(1, round(size / 11)), cv2.LINE_AA, shift=4)
        x += size * (1.12 if character != " " else 0.5)
    right, bottom, room = x - size * 0.12, top + size, size * 0.1
    quad = np.array(
        [
            [left - room, top - room],
            [right + room, top - room],
            [right + room, bottom + room],
            [left - room, bottom + room],
        ]
    )
    sheet.lines.append(Line((Word(text, quad),), quad))
    return x


def strokes(character: str) -> list[np.ndarray]:
    """The strokes of a character: points [n, 2], x and y in [0, 1].

    Raises:
        KeyError: It has none here.
    """
    if character in _GLYPHS:
        return _lines(_GLYPHS[character], (0.04, 0.04, 0.96, 0.96))
    code = ord(character) - 0xAC00
    if not 0 <= code < 11172:
        raise KeyError(character)
    initial, vowel, final = _INITIALS[code // 588], code // 28 % 21, _FINALS[code % 28]
    bottom = 0.96 if final == " " else 0.58
    if vowel in _UPRIGHT:
        found = _lines(_CONSONANTS[initial], (0.06, 0.1, 0.5, bottom - 0.08))
        found += _lines(_UPRIGHT[vowel], (0.6, 0.04, 0.96, bottom))
    else:
        found = _lines(_CONSONANTS[initial], (0.22, 0.04, 0.78, bottom * 0.5))
        found += _lines(_LYING[vowel], (0.06, bottom * 0.64, 0.94, bottom * 0.96))
    return found if final == " " else found + _lines(_CONSONANTS[final], (0.2, 0.68, 0.84, 0.96))


def _lines(described: str, box: tuple[float, float, float, float]) -> list[np.ndarray]:
    """Described strokes in a box (left, top, right, bottom); "o" is a ring in its lower part."""
    low, high = np.array(box[:2]), np.array(box[2:])
    found = []
    for stroke in described.split():
        if stroke == "o":
            angles = np.linspace(0, 2 * np.pi, 25)
            top = 0.3 if " " in described else 0.0
            ring = np.stack([0.5 + 0.45 * np.cos(angles), (1 + top) / 2 + (1 - top) / 2 * np.sin(angles)], axis=1)
            found.append(low + ring * (high - low))
        else:
            points = np.array([int(digit) for digit in stroke], np.float64).reshape(-1, 2) / 9
            found.append(low + points * (high - low))
    return found
