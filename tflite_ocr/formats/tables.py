"""CSV (RFC 4180) of the tables of a page."""

import csv
import io

from tflite_ocr.formats.result import Result, Unframed, blocks_of


class Tables(Unframed):
    """Writes tables one after another, an empty line between two."""

    suffix = ".csv"

    def __init__(self, model: str, many: bool = False):
        """Starts without a table."""
        self._begun = False

    def body(self, result: Result) -> str:
        """The tables of one page; "" where there are none."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        for block in blocks_of(result.page):
            if not block.rows:
                continue
            if self._begun:
                out.write("\r\n")
            self._begun = True
            for row in block.rows:
                writer.writerow([" ".join(line.text for line in cell) for cell in row])
        return out.getvalue()
