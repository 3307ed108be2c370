"""What the command line says of networks out of PyTorch; read before PyTorch is loaded."""

import re
from pathlib import Path

from converters import naming
from converters.errors import source_error
from converters.sources import onnx_facts
from converters.sources.onnx_facts import OnnxFacts

NAME = "torch"
PROGRAM, ONNX = ".pt2", ".onnx"


def opened(words: str) -> tuple[list[str], OnnxFacts]:
    """The networks' parts and their description, as the command line names them.

    Args:
        words: "PART,PART,FACTS.json"; a part is MODULE:CLASS, PROGRAM.pt2 or MODEL.onnx. Without a description that of
            the first part's name is taken, in the working directory.

    Raises:
        ConversionError: A part is none, or the description is missing or wrong.
    """
    parts, described = onnx_facts.words_of(words)
    wrong = [part for part in parts if not part.endswith((PROGRAM, ONNX)) and not re.fullmatch(r".+:\w+", part)]
    if not parts or len(described) > 1 or wrong:
        raise source_error(
            f"expected {NAME}:MODULE:CLASS[,MODULE:CLASS][,FACTS.json] or {NAME}:PROGRAM.pt2, found {NAME}:{words}"
        )
    facts = Path(described[0]) if described else Path(f"{naming.name_of(f'{NAME}:{parts[0]}')}.json")
    return parts, onnx_facts.load(facts, len(parts))
