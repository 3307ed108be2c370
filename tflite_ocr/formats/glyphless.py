"""A font without ink, for text that is searched and selected but not seen, embedded as PDF wants it.

The glyph has no area, is half as wide as high, and spans its line from top to bottom, so that a word's box is its quad.
Codes are given out as characters come; the ToUnicode map (ISO 32000-1, 9.10.3) says what each one stands for.
"""

import struct
from typing import Any

NAME = "/TflOcr"
ADVANCE = 500  # thousandths of the size
_UNITS = 1000  # of an em
_MOST_CODES, _MAP_ROWS = 65_000, 100

_CMAP_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_CMAP_TAIL = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"


class GlyphlessFont:
    """The font of one PDF file.

    Attributes:
        object: The font's dictionary in that file, to be named in the resources of pages.
    """

    def __init__(self, pdf: Any):
        """Adds the font to a file of pikepdf; it is whole only after finish()."""
        import pikepdf

        self._pdf = pdf
        self._codes: dict[str, int] = {}
        name = pikepdf.Name
        program = pdf.make_stream(font_program())
        program.Length1 = len(font_program())
        descriptor = pikepdf.Dictionary(
            Type=name.FontDescriptor,
            FontName=name.GlyphLess,
            Flags=4,
            FontBBox=[0, 0, ADVANCE, _UNITS],
            ItalicAngle=0,
            Ascent=_UNITS,
            Descent=0,
            CapHeight=_UNITS,
            StemV=80,
            FontFile2=program,
        )
        self._to_unicode = pdf.make_stream(b"")
        self._glyphs = pdf.make_stream(b"")
        inner = pikepdf.Dictionary(
            Type=name.Font,
            Subtype=name.CIDFontType2,
            BaseFont=name.GlyphLess,
            CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=ADVANCE,
            CIDToGIDMap=self._glyphs,
        )
        self.object = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=name.Font,
                Subtype=name.Type0,
                BaseFont=name.GlyphLess,
                Encoding=name("/Identity-H"),
                DescendantFonts=pikepdf.Array([pdf.make_indirect(inner)]),
                ToUnicode=self._to_unicode,
            )
        )

    def encoded(self, text: str) -> str:
        """A text as a string of a content stream, in hexadecimal digits."""
        codes = []
        for character in text:
            # A page of every script there is has fewer; what comes after them is all the same.
            code = self._codes.setdefault(character, min(len(self._codes) + 1, _MOST_CODES))
            codes.append(f"{code:04X}")
        return f"<{''.join(codes)}>"

    def finish(self) -> None:
        """Writes what the codes stand for; nothing can be encoded after it."""
        rows = [
            f"<{code:04X}> <{text.encode('utf-16-be', 'replace').hex().upper()}>" for text, code in self._codes.items()
        ]
        pieces = [_CMAP_HEAD]
        for start in range(0, len(rows), _MAP_ROWS):
            part = rows[start : start + _MAP_ROWS]
            pieces.append(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar\n")
        self._to_unicode.write("".join([*pieces, _CMAP_TAIL]).encode("ascii"))
        # All codes show glyph 1.
        self._glyphs.write(b"\0\0" + b"\0\1" * len(self._codes))


def font_program() -> bytes:
    """A TrueType file with .notdef and one more glyph: the tables that ISO 32000-1, 9.9 asks for."""
    # One contour from corner to corner and back: nothing is inside, but the box is that of a letter. PDFium takes
    # a word of one letter for no word where the box is empty.
    glyph = struct.pack(">hhhhhHH", 1, 0, 0, ADVANCE, _UNITS, 2, 0) + struct.pack(
        ">BBBhhhhhh", 1, 1, 1, 0, ADVANCE, -ADVANCE, 0, _UNITS, -_UNITS
    )
    glyph += b"\0" * (-len(glyph) % 4)
    tables = {
        b"glyf": glyph,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS, 0, 0, 0, 0, ADVANCE, _UNITS, 0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(">IhhhHhhhhhh8xhH", 0x10000, _UNITS, 0, 0, ADVANCE, 0, 0, ADVANCE, 1, 0, 0, 0, 1),
        b"hmtx": struct.pack(">Hhh", ADVANCE, 0, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 3, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    count = len(tables)
    power = count.bit_length() - 1
    directory = struct.pack(">IHHHH", 0x10000, count, 16 << power, power, 16 * count - (16 << power))
    offset, body = 12 + 16 * count, b""
    for tag, data in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, _checksum(data), offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    font = directory + body
    head = font.index(b"\0\1\0\0\0\1\0\0\0\0\0\0\x5f\x0f\x3c\xf5")
    return font[: head + 8] + struct.pack(">I", (0xB1B0AFBA - _checksum(font)) & 0xFFFFFFFF) + font[head + 12 :]


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
