"""The OCR engine of docling: pip install beside it, allow external plug-ins, and use TfliteOcrOptions()."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions
from docling.models.base_ocr_model import BaseOcrModel
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import BoundingRectangle, TextCell

from tflite_ocr.page import TextLine

# Pages are 72 dots an inch in docling; text is read at 216.
_SCALE = 3.0


class TfliteOcrOptions(OcrOptions):
    """How docling reads with tflite-ocr.

    Attributes:
        lang: Codes as tflite_ocr.Reader takes them; [] for the model's own.
        model: Name of an installed model, or its folder; None for the embedded one.
        min_confidence: Lines below are dropped; None for the model's limit.
    """

    kind: ClassVar[Literal["tflite-ocr"]] = "tflite-ocr"
    canonicalize_lang: ClassVar[bool] = False
    lang: list[str] = []
    model: str | None = None
    min_confidence: float | None = None


class TfliteOcrModel(BaseOcrModel):
    """Reads the parts of pages that docling asks for."""

    multiple_languages: ClassVar[bool] = True

    def __init__(
        self,
        *,
        enabled: bool,
        artifacts_path: Path | None,
        options: TfliteOcrOptions,
        accelerator_options: AcceleratorOptions,
    ):
        """Loads the model; nothing is downloaded, so that artifacts_path is not used.

        Raises:
            ArtifactError: There is no such model, or it does not read the languages.
        """
        super().__init__(
            enabled=enabled, artifacts_path=artifacts_path, options=options, accelerator_options=accelerator_options
        )
        if enabled:
            from tflite_ocr.reader import Reader

            languages = [code.removeprefix("iso:") for code in options.lang] or None
            self._reader = Reader(options.model, threads=accelerator_options.num_threads, languages=languages)

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterable[Page]:
        """Adds the cells of each page's text."""
        for page in page_batch:
            if self.enabled and page._backend is not None and page._backend.is_valid():
                with TimeRecorder(conv_res, "ocr"):
                    cells = [
                        cell for area in self.get_ocr_rects(page) if area.area() for cell in self._read(page, area)
                    ]
                    for index, cell in enumerate(cells):
                        cell.index = index
                    self.post_process_cells(cells, page, conv_res)
            yield page

    def _read(self, page: Page, area: BoundingBox) -> list[TextCell]:
        picture = page._backend.get_page_image(scale=_SCALE, cropbox=area)
        return [_cell(line, area) for line in self._reader.read(picture, self.options.min_confidence)]

    @classmethod
    def get_options_type(cls) -> type[OcrOptions]:
        """The options that choose this engine."""
        return TfliteOcrOptions


def ocr_engines() -> dict[str, list[type[BaseOcrModel]]]:
    """What docling asks a plug-in for."""
    return {"ocr_engines": [TfliteOcrModel]}


def _cell(line: TextLine, area: BoundingBox) -> TextCell:
    xs = [area.l + x / _SCALE for x, _ in line.quad]
    ys = [area.t + y / _SCALE for _, y in line.quad]
    box = BoundingBox.from_tuple(coord=(min(xs), min(ys), max(xs), max(ys)), origin=CoordOrigin.TOPLEFT)
    return TextCell(
        index=0,
        text=line.text,
        orig=line.text,
        confidence=line.confidence,
        from_ocr=True,
        rect=BoundingRectangle.from_bounding_box(box),
    )
