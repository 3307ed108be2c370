"""The film's measures, colours and typefaces, so that all scenes look like one film.

Everything is laid out for 1920x1080 and scaled to the size that is rendered.
"""

from dataclasses import dataclass

from benchmarks.report.palette import LOOKS

WIDTH, HEIGHT = 1920, 1080
# Titles keep five percent away from every edge; old televisions and players with rounded corners cut there.
MARGIN_X, MARGIN_Y = 96, 54
LEFT, RIGHT = MARGIN_X, WIDTH - MARGIN_X
TOP, BOTTOM = MARGIN_Y, HEIGHT - MARGIN_Y
# Captions stand below this line, and nothing else does.
CAPTION_TOP = 904

GROUND, GROUND_LOW = "#10151c", "#0a0d12"
PANEL, PANEL_EDGE, RULE = "#19212b", "#2b3644", "#33404f"
INK, SOFT, FAINT = "#eef1f5", "#a9b4c1", "#8592a1"
GOOD, WARN, BAD = "#3fcfa2", "#e3c04a", "#ff7a66"
OURS, ORIGINAL = LOOKS["ours"].dark, LOOKS["pytorch"].dark
SOURCES = {
    "pytorch": LOOKS["pytorch"].dark,
    "onnx": LOOKS["onnxruntime"].dark,
    "savedmodel": LOOKS["savedmodel"].dark,
    "tflite": LOOKS["ours"].dark,
    "xnnpack": LOOKS["tesseract"].dark,
}


@dataclass(frozen=True)
class Type:
    """A typeface in a size."""

    face: str  # Key of fonts.FACES
    size: float  # Size in pixels of 1080 lines
    leading: float = 1.3  # From baseline to baseline, in sizes


DISPLAY = Type("display bold", 104, 1.1)
HEADING = Type("display", 60, 1.15)
LEAD = Type("sans", 38, 1.35)
BODY = Type("sans", 32, 1.35)
LABEL = Type("sans medium", 28)
SMALL = Type("sans", 25)
CAPTION = Type("sans medium", 36, 1.28)
CODE = Type("mono", 29, 1.5)
FIGURE = Type("mono bold", 76)
NUMBER = Type("mono bold", 34)
TICK = Type("mono", 25)
