"""The engine by docling's own factory, options and page, where docling is installed."""

from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import cv2
import pytest

pytest.importorskip("docling.models.base_ocr_model", reason="docling is the host", exc_type=ImportError)
from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.models.factories.ocr_factory import OcrFactory
from docling_core.types.doc import BoundingBox, CoordOrigin

from tflite_ocr.plugins import docling as plugin

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "tests" / "golden" / "page.png"
TEXT = (ROOT / "tests" / "golden" / "page.txt").read_text(encoding="utf-8").split()


def model(**options):
    factory = OcrFactory()
    factory.process_plugin(plugin.ocr_engines(), "tflite-ocr", plugin.__name__)
    assert "tflite-ocr" in factory.registered_kind
    made = factory.create_options("tflite-ocr", **options)
    accelerator = AcceleratorOptions(num_threads=1, device="cpu")
    return factory.create_instance(made, enabled=True, artifacts_path=None, accelerator_options=accelerator)


def test_lines_become_cells_where_they_stand(monkeypatch):
    from PIL import Image

    found = []
    picture = Image.fromarray(cv2.imread(str(PAGE))[..., ::-1])
    width, height = picture.size
    backend = SimpleNamespace(
        is_valid=lambda: True, get_page_image=lambda scale, cropbox: picture.resize((3 * width, 3 * height))
    )
    engine = model(lang=["iso:en", "de"])
    area = BoundingBox(l=100, t=50, r=100 + width, b=50 + height, coord_origin=CoordOrigin.TOPLEFT)
    monkeypatch.setattr(engine, "get_ocr_rects", lambda page: [area])
    monkeypatch.setattr(engine, "post_process_cells", lambda cells, page, conv_res: found.extend(cells))
    page = SimpleNamespace(_backend=backend)
    timings = SimpleNamespace(timings={}, confidence=None)
    assert list(engine(timings, [page])) == [page]
    words = " ".join(cell.text for cell in found).split()
    assert len(set(TEXT) & set(words)) > 0.7 * len(set(TEXT))
    assert [cell.index for cell in found] == list(range(len(found))) and all(cell.from_ocr for cell in found)
    for cell in found:
        box = cell.rect.to_bounding_box()
        assert 100 <= box.l < box.r <= 101 + width and 50 <= box.t < box.b <= 51 + height


def test_languages_that_the_model_does_not_read_are_said():
    from tflite_ocr import ArtifactError

    with pytest.raises(ArtifactError, match="ja"):
        model(lang=["ja"])


@pytest.mark.slow
def test_an_image_goes_through_doclings_pipeline():
    """Its own models are on the network: a layout of one block a page stands in for them, tables are off."""
    pytest.importorskip("torchvision", reason="docling's pipeline imports it", exc_type=ImportError)
    from docling.datamodel.base_models import Cluster, InputFormat, LayoutPrediction
    from docling.datamodel.pipeline_options import BaseLayoutOptions, PdfPipelineOptions
    from docling.document_converter import DocumentConverter, ImageFormatOption
    from docling.models.base_layout_model import BaseLayoutModel
    from docling.models.factories import get_layout_factory, get_ocr_factory
    from docling_core.types.doc import DocItemLabel

    class OneBlock(BaseLayoutOptions):
        kind: ClassVar[str] = "one-block"

    class Layout(BaseLayoutModel):
        def __init__(self, **_):
            pass

        @classmethod
        def get_options_type(cls):
            return OneBlock

        def predict_layout(self, conv_res, pages):
            boxes = [BoundingBox(l=0, t=0, r=page.size.width, b=page.size.height) for page in pages]
            return [
                LayoutPrediction(clusters=[Cluster(id=0, label=DocItemLabel.TEXT, bbox=box, confidence=1.0)])
                for box in boxes
            ]

    get_layout_factory(allow_external_plugins=True).process_plugin({"layout_engines": [Layout]}, "test", __name__)
    engines = get_ocr_factory(allow_external_plugins=True)
    if "tflite-ocr" not in engines.registered_kind:  # its entry point is there where the package is installed
        engines.process_plugin(plugin.ocr_engines(), "tflite-ocr", plugin.__name__)
    options = PdfPipelineOptions(
        do_table_structure=False,
        allow_external_plugins=True,
        ocr_options=plugin.TfliteOcrOptions(),
        layout_options=OneBlock(),
    )
    converter = DocumentConverter(format_options={InputFormat.IMAGE: ImageFormatOption(pipeline_options=options)})
    found = converter.convert(PAGE).document.export_to_text().split()
    assert len(set(TEXT) & set(found)) > 0.7 * len(set(TEXT))
