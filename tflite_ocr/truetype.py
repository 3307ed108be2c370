"""Outlines of letters from TrueType files, so that text of any script can be drawn with OpenCV alone.

After the OpenType specification 1.9.1: tables head, hhea, hmtx, maxp, loca, glyf and cmap (formats 4 and 12). Fonts
with PostScript outlines (CFF) are not read.
"""

import functools
import os
import struct
from pathlib import Path

import numpy as np

# Searched from the first: fonts with many scripts before those of one.
_NAMES = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial Unicode.ttf", "Arial.ttf"),
    *("arial.ttf", "segoeui.ttf", "FreeSans.ttf", "Roboto-Regular.ttf", "Ubuntu-R.ttf", "Carlito-Regular.ttf"),
    *("DroidSansFallbackFull.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc", "msyh.ttc", "simsun.ttc", "malgun.ttf"),
)
_FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    *("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts"),
)
_MOST_FILES, _MOST_BYTES, _MOST_PARTS, _STEPS = 20_000, 64 << 20, 8, 8
_BROKEN = (struct.error, IndexError, ValueError, KeyError)


class Font:
    """One font of a file.

    Attributes:
        ascent: From the base line to the top of a line, in shares of its size.
        descent: From the base line down, likewise, positive.
    """

    def __init__(self, data: bytes):
        """Reads the tables' places.

        Raises:
            ValueError: It is no TrueType font with outlines of its kind.
        """
        try:
            start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
            (count,) = struct.unpack_from(">H", data, start + 4)
            entries = [struct.unpack_from(">4s4xII", data, start + 12 + 16 * i) for i in range(count)]
            self._tables = {tag: (offset, length) for tag, offset, length in entries}
            self._data = data
            self._glyf = self._tables[b"glyf"][0]
            head, hhea = self._tables[b"head"][0], self._tables[b"hhea"][0]
            self._units, self._long = struct.unpack_from(">H", data, head + 18)[0], data[head + 51]
            ascent, descent = struct.unpack_from(">hh", data, hhea + 4)
            (self._widths,) = struct.unpack_from(">H", data, hhea + 34)
            self.ascent, self.descent = ascent / self._units, -descent / self._units
            self._map = self._characters()
        except (*_BROKEN, ZeroDivisionError) as error:
            raise ValueError(f"it is no TrueType font: {error}") from None

    def knows(self, character: str) -> bool:
        """Whether there is a glyph of a character."""
        return character.isspace() or bool(self._map.get(ord(character)))

    def outline(self, character: str) -> tuple[list[np.ndarray], float]:
        """The contours of a character, and how far the next one stands.

        Returns:
            float64 [N, 2] points each (x to the right, y up from the base line), and the advance, in shares of the
            font's size; no contours where the glyph is damaged.
        """
        glyph = self._map.get(ord(character), 0)
        number = min(glyph, self._widths - 1)
        try:
            (advance,) = struct.unpack_from(">H", self._data, self._tables[b"hmtx"][0] + 4 * number)
            contours = self._contours(glyph, 0)
        except _BROKEN:
            return [], 0.5
        return [contour / self._units for contour in contours], advance / self._units

    def _characters(self) -> dict[int, int]:
        data, base = self._data, self._tables[b"cmap"][0]
        (count,) = struct.unpack_from(">H", data, base + 2)
        places = [base + struct.unpack_from(">4xI", data, base + 4 + 8 * i)[0] for i in range(count)]
        found: dict[int, int] = {}
        for place in places:
            kind = struct.unpack_from(">H", data, place)[0]
            if kind == 12:
                (groups,) = struct.unpack_from(">I", data, place + 12)
                for i in range(min(groups, 100_000)):
                    first, last, glyph = struct.unpack_from(">III", data, place + 16 + 12 * i)
                    if last - first < 70_000:
                        found.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
            elif kind == 4:
                found = self._segments(place) | found
        return found

    def _segments(self, place: int) -> dict[int, int]:
        """Format 4: four parallel arrays of segments."""
        data = self._data
        count = struct.unpack_from(">H", data, place + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", data, place + 14)
        starts = struct.unpack_from(f">{count}H", data, place + 16 + 2 * count)
        deltas = struct.unpack_from(f">{count}H", data, place + 16 + 4 * count)
        offsets_at = place + 16 + 6 * count
        offsets = struct.unpack_from(f">{count}H", data, offsets_at)
        found = {}
        for i, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
            for code in range(first, min(last, 0xFFFE) + 1):
                glyph = code
                if offset:
                    (glyph,) = struct.unpack_from(">H", data, offsets_at + 2 * i + offset + 2 * (code - first))
                if glyph or not offset:
                    found[code] = (glyph + delta) & 0xFFFF
        return found

    def _contours(self, glyph: int, depth: int) -> list[np.ndarray]:
        loca, data = self._tables[b"loca"][0], self._data
        if self._long:
            start, end = struct.unpack_from(">II", data, loca + 4 * glyph)
        else:
            start, end = (2 * value for value in struct.unpack_from(">HH", data, loca + 2 * glyph))
        if start == end or depth > _MOST_PARTS:
            return []
        at = self._glyf + start
        (count,) = struct.unpack_from(">h", data, at)
        return self._composite(at + 10, depth) if count < 0 else self._simple(at + 10, count)

    def _composite(self, at: int, depth: int) -> list[np.ndarray]:
        data, out, flags = self._data, [], 0x20
        for _ in range(64):
            if not flags & 0x20:  # more components
                break
            flags, part = struct.unpack_from(">HH", data, at)
            x, y = struct.unpack_from(">hh" if flags & 1 else ">bb", data, at + 4)
            at += 8 if flags & 1 else 6
            matrix = np.eye(2)
            for flag, values in ((0x08, 1), (0x40, 2), (0x80, 4)):
                if flags & flag:
                    scale = [value / 16384 for value in struct.unpack_from(f">{values}h", data, at)]
                    matrix = np.array(scale).reshape(2, 2) if values == 4 else np.diag(scale * (3 - values))
                    at += 2 * values
            shift = (x, y) if flags & 2 else (0, 0)
            out += [contour @ matrix + shift for contour in self._contours(part, depth + 1)]
        return out

    def _simple(self, at: int, count: int) -> list[np.ndarray]:
        data = self._data
        ends = struct.unpack_from(f">{count}H", data, at)
        total = ends[-1] + 1 if ends else 0
        at += 2 * count
        at += 2 + struct.unpack_from(">H", data, at)[0]
        flags: list[int] = []
        while len(flags) < total:
            flags += [data[at]] * (1 + (data[at + 1] if data[at] & 8 else 0))
            at += 2 if data[at] & 8 else 1
        columns = []
        for short, same in ((2, 16), (4, 32)):
            value, values = 0, []
            for flag in flags[:total]:
                if flag & short:
                    value += data[at] if flag & same else -data[at]
                    at += 1
                elif not flag & same:
                    value += struct.unpack_from(">h", data, at)[0]
                    at += 2
                values.append(value)
            columns.append(values)
        points, on = np.array(columns, np.float64).T, np.array(flags[:total]) & 1
        starts = [0, *(end + 1 for end in ends[:-1])]
        return [_flattened(points[a : b + 1], on[a : b + 1]) for a, b in zip(starts, ends, strict=True) if b - a > 1]


def _flattened(points: np.ndarray, on: np.ndarray) -> np.ndarray:
    """A contour of quadratic curves as one of short lines; between two control points lies one of the curve."""
    full: list[tuple[np.ndarray, bool]] = []
    for i in range(len(points)):
        if not on[i] and not on[i - 1]:
            full.append(((points[i - 1] + points[i]) / 2, True))
        full.append((points[i], bool(on[i])))
    first = next((i for i, (_, lies_on) in enumerate(full) if lies_on), 0)
    full = full[first:] + full[:first]
    out = []
    for i, (point, lies_on) in enumerate(full):
        if lies_on:
            out.append(point)
            continue
        before, after = full[i - 1][0], full[(i + 1) % len(full)][0]
        for t in np.linspace(0, 1, _STEPS + 1)[1:-1]:
            out.append((1 - t) ** 2 * before + 2 * t * (1 - t) * point + t * t * after)
    return np.array(out)


@functools.lru_cache(maxsize=1)
def installed() -> tuple[Font, ...]:
    """The fonts of this computer that are worth asking, best first; read once."""
    found: dict[str, Path] = {}
    seen = 0
    for folder in _FOLDERS:
        for parent, _, names in os.walk(os.path.expanduser(folder)):
            seen += len(names)
            if seen > _MOST_FILES:
                break
            for name in names:
                if name in _NAMES:
                    found.setdefault(name, Path(parent, name))
    fonts = []
    for name in sorted(found, key=_NAMES.index):
        try:
            if found[name].stat().st_size <= _MOST_BYTES:
                fonts.append(Font(found[name].read_bytes()))
        except (OSError, ValueError):
            continue
    return tuple(fonts)
