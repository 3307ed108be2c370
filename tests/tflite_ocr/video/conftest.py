"""Clips that several tests read."""

import pytest

from tests.tflite_ocr.video import clips


@pytest.fixture(scope="session")
def still(tmp_path_factory):
    """Two texts that stand still for two seconds."""
    picture = clips.page(("HELLO", 20, 40), ("WORLD", 150, 120))
    return clips.encode(tmp_path_factory.mktemp("video") / "still.mp4", [picture] * 40)
