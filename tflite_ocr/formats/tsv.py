"""TSV with the columns of Tesseract's: a row a page, block, paragraph, line and word."""

from tflite_ocr.formats.result import Result, blocks_of, box_of, paragraphs_of, words_of

COLUMNS = (
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text"),
)


class Tsv:
    """Writes pages as one table; pages of all images are numbered on."""

    suffix = ".tsv"

    def __init__(self, model: str, many: bool = False):
        """Starts with page 1."""
        self._page = 0

    def head(self) -> str:
        """The names of the columns."""
        return "\t".join(COLUMNS) + "\n"

    def tail(self) -> str:
        """Nothing."""
        return ""

    def body(self, result: Result) -> str:
        """The rows of one page: level 1 to 5; conf is that of a word in percent, and -1 of what holds words."""
        self._page += 1
        page = result.page
        rows: list[tuple[int | str, ...]] = [(1, self._page, 0, 0, 0, 0, 0, 0, page.width, page.height, -1, "")]

        def add(level: int, numbers: tuple[int, ...], quads: list, sure: str | int = -1, text: str = "") -> None:
            left, top, right, bottom = box_of(*quads)
            numbers += (0,) * (4 - len(numbers))
            rows.append((level, self._page, *numbers, left, top, right - left, bottom - top, sure, text))

        for b, block in enumerate(blocks_of(page), 1):
            add(2, (b,), [line.quad for line in block.lines])
            for p, paragraph in enumerate(paragraphs_of(block), 1):
                add(3, (b, p), [line.quad for line in paragraph])
                for n, line in enumerate(paragraph, 1):
                    add(4, (b, p, n), [line.quad])
                    for w, word in enumerate(words_of(line), 1):
                        text = " ".join(word.text.split())
                        add(5, (b, p, n, w), [word.quad], f"{100 * word.confidence:.6f}", text)
        return "".join("\t".join(map(str, row)) + "\n" for row in rows)
