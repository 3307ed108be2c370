"""Rows: lines that stand side by side, also where the paper is bent or seen from the side."""

from collections.abc import Iterable
from dataclasses import dataclass

from tflite_ocr.forks import Lazy
from tflite_ocr.layout.straight import Straight

# Of their mean height: how far two pieces of a row may be apart up and down. Of the lower one's height, or of the right
# one's width: how far they may overlap.
_APART, _OVERLAP = 0.5, 0.8
# Heights: words of a cell are no farther apart; rows of one table or listing are no farther below each other.
_WORD_GAP, _ROW_GAP = 0.7, 3.0


@dataclass(frozen=True)
class Row:
    """Lines side by side, from the left.

    Attributes:
        lines: All lines of the page.
        members: Indices of those of the row.
    """

    lines: Straight
    members: tuple[int, ...]

    @Lazy
    def left(self) -> float:
        """Where it begins."""
        return float(self.lines.left[self.members[0]])

    @Lazy
    def right(self) -> float:
        """Where it ends."""
        return max(float(self.lines.right[i]) for i in self.members)

    @Lazy
    def middle(self) -> float:
        """At which height most of its lines stand."""
        return sum(float(self.lines.middle[i]) for i in self.members) / len(self.members)

    @Lazy
    def height(self) -> float:
        """Of its lines, the longer ones counting more."""
        widths = [max(1.0, float(self.lines.right[i] - self.lines.left[i])) for i in self.members]
        heights = [width * float(self.lines.height[i]) for width, i in zip(widths, self.members, strict=True)]
        return sum(heights) / sum(widths)

    @Lazy
    def size(self) -> float:
        """Of its letters: the root of the area that one takes. Quads of small text vary more in height than in area."""
        width = sum(float(self.lines.right[i] - self.lines.left[i]) for i in self.members)
        return (self.height * width / max(1, len(self.text))) ** 0.5

    @property
    def top(self) -> float:
        """Upper side."""
        return self.middle - self.height / 2

    @property
    def bottom(self) -> float:
        """Lower side."""
        return self.middle + self.height / 2

    def follows(self, before: "Row") -> bool:
        """Whether it is near enough below another row to belong to the same table or listing."""
        return self.top - before.bottom <= _ROW_GAP * min(before.height, self.height)

    @Lazy
    def text(self) -> str:
        """Its lines with blanks between them."""
        return " ".join([self.lines.lines[i].text for i in self.members])

    def cells(self, gap: float = _WORD_GAP) -> list[list[int]]:
        """Its members, parted where a cell begins, or the whitespace between them is at least so many heights wide."""
        found = [[self.members[0]]]
        for before, i in zip(self.members, self.members[1:], strict=False):
            wide = gap * min(self.lines.height[before], self.lines.height[i])
            if self.lines.left[i] - self.lines.right[before] < wide and not self.lines.begins[i]:
                found[-1].append(i)
            else:
                found.append([i])
        return found


def rows_of(lines: Straight, members: Iterable[int]) -> list[Row]:
    """Rows from the top.

    A row grows from the left: a line joins the row whose last one it continues best, at the height at which that one,
    going on as it slopes, and it itself meet.

    Args:
        lines: Of the page.
        members: Indices of those that are to be put in rows.
    """
    found: list[list[int]] = []
    left, right = lines.left.tolist(), lines.right.tolist()
    middle, height, slope = lines.middle.tolist(), lines.height.tolist(), lines.slope.tolist()
    for i in sorted(members, key=lambda i: (left[i], middle[i])):
        best, least = None, 1.0
        for row in found:
            last = row[-1]
            if middle[last] - middle[i] > 8 * height[i] or middle[i] - middle[last] > 8 * height[i]:
                continue
            if right[last] - left[i] > _OVERLAP * min(height[last], height[i], right[i] - left[i]):
                continue
            step = (left[i] + right[i] - left[last] - right[last]) / 2
            # The longer of two lines shows better how the row continues.
            lengths = right[last] - left[last], right[i] - left[i]
            sinks = (slope[last] * lengths[0] + slope[i] * lengths[1]) / max(sum(lengths), 1e-6)
            # Or it goes straight on: over a wide gap the slope of a quad is a guess.
            off = min(abs(middle[last] + sinks * step - middle[i]), abs(middle[last] - middle[i]))
            apart = off / (_APART * (height[last] * height[i]) ** 0.5)
            if apart < least:
                best, least = row, apart
        if best is None:
            found.append([i])
        else:
            best.append(i)
    rows = [Row(lines, tuple(row)) for row in found]
    return sorted(rows, key=lambda row: row.middle)
