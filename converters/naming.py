"""What a converted model is called: the folder under --out in which it lies."""

import json
import os
import re
from pathlib import Path

from converters.errors import source_error
from converters.plan import Plan
from tflite_ocr import manifest

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = "._- "
# Names that say what a file is, not which one; the folder in which it lies says more.
_GENERAL = {
    "",
    *"""
    det rec cls detector recognizer recogniser model saved_model inference frozen_inference_graph frozen_graph graph
    ckpt best last weights export net
""".split(),
}


def name_of(model: str, wanted: str | None = None) -> str:
    """The name of a model that the user asks for.

    Args:
        model: As on the command line: "ppocr", "onnx:a/det.onnx,a/rec.onnx", "torch:net:CRNN" ...

    Raises:
        ConversionError: The choice is no name of a folder.
    """
    if wanted is not None:
        if not _PLAIN.fullmatch(wanted):
            raise source_error(f"expected --name of letters, digits and . _ -, found {wanted!r}")
        return wanted
    source, _, rest = model.partition(":")
    parts = [part.strip() for part in rest.split(",") if part.strip() and not part.strip().endswith(".json")]
    if not parts:
        return source
    found = _plain(os.path.commonprefix([_stem(part) for part in parts]))
    if found.lower() in _GENERAL or len(found) < 2:
        found = _plain(Path(parts[0]).parent.name)
    if found.lower() in _GENERAL:
        return source
    return f"{source}_{found}" if found in (source, "edge", "ppocr", "easyocr") else found


def _stem(part: str) -> str:
    """The last word of a path, without what says its kind, or of MODULE:CLASS."""
    name = Path(part).name
    if ":" in name:
        return name.rpartition(":")[2]
    stem = name
    while Path(stem).suffix in (".onnx", ".pt2", ".pth", ".pt", ".pb", ".meta", ".h5", ".hdf5", ".keras", ".ckpt"):
        stem = Path(stem).stem
    return stem


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip(_SEPARATORS)


def guard(folder: Path, plan: Plan, replace: bool) -> str:
    """Keeps one model from taking the place of another without a word.

    Returns:
        What there is to say about a model that will be replaced, "" if there is none.

    Raises:
        ConversionError: The folder holds a model made of other files.
    """
    try:
        found = json.loads((folder / manifest.FILE_NAME).read_text(encoding="utf-8"))
        source, parameters = found["source"], found.get("parameters", {})
        languages = [one["languages"] for one in found["recognizers"]]
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # nothing that could be lost, or nothing that can be read
    files, own = set(source.get("sha256", {})), set(plan.source.sha256)
    if files != own and not replace:
        raise source_error(
            f"{folder} holds another model ({source.get('name')}, made of {', '.join(sorted(files))}), not one of "
            f"{', '.join(sorted(own))}; give this one a name of its own (--name, NAME= with make), or --replace"
        )
    if files != own:
        return f"{folder}: {source.get('name')}, made of {', '.join(sorted(files))}, will be replaced"
    if source.get("sha256", {}) != plan.source.sha256:
        return f"{folder}: the model made of other weights of the same names will be replaced"
    unlike = [key for key, value in plan.parameters.items() if parameters.get(key, value) != value]
    if unlike or languages != [list(one.languages) for one in plan.recognizers]:
        what = ", ".join(f"{key} {parameters[key]}" for key in unlike) or f"languages {languages}"
        return f"{folder}: the model with {what} will be replaced"
    return ""
