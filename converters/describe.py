"""Writes the description of ONNX files that somebody has: what can be read off them, and what they do when they run.

Sure are shapes, layouts, classes and the charset in a file's metadata. Guesses, such as the order of colours, are
written with a note; what cannot even be guessed is written as "?", which the conversion refuses by name.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from converters import describe_networks
from converters.errors import source_error
from converters.sources import json_values, onnx_facts


def describe(
    files: Sequence[Path], charset: Path | None = None, output: Path | None = None, replace: bool = False
) -> str:
    """Looks at ONNX files and writes their description.

    Args:
        charset: Characters of the recogniser, one a line; None for those in the file's metadata.
        output: The JSON; by default beside the first file, with its name.

    Returns:
        What to tell the user: what was found, what is to be looked at, and the next command.

    Raises:
        ConversionError: A file is no network that reads or finds text, or the description exists.
    """
    output = output or files[0].with_suffix(".json")
    if output.exists() and not replace:
        raise source_error(f"{output} exists; --output FILE.json, or --replace to overwrite it")
    characters = onnx_facts.read_charset(charset, str(charset)) if charset else None
    parts = {}
    for path in files:
        part = describe_networks.look_at(path, characters)
        if part.role in parts:
            raise source_error(f"expected at most one {part.role}, found {parts[part.role][0].name} and {path.name}")
        parts[part.role] = path, part
    if set(parts) == {"direction"}:
        raise source_error(f"{files[0].name}: expected a detector or a recogniser beside the classifier")
    facts, notes = {"name": output.stem, "licence": "unknown"}, {"licence": "under which the weights may be used"}
    for role in onnx_facts.ROLES:
        if role in parts:
            path, part = parts[role]
            if part.charset is not None:
                target = output.with_name(f"{output.stem}.characters.txt")
                target.write_text("".join(f"{one}\n" for one in part.charset), encoding="utf-8")
                part.fields["charset_file"] = target.name
            facts[role] = part.fields
            notes |= {f"{role}.{field}": note for field, note in part.notes.items()}
    facts["notes"] = notes
    output.write_text(_text(facts), encoding="utf-8")
    ordered = [str(parts[role][0]) for role in onnx_facts.ROLES if role in parts]
    said = [f"{path}: a {role}" for role, (path, _) in parts.items()]
    said += [f"{output} is written. To look at:", *(f"  {field}: {note}" for field, note in notes.items())]
    return "\n".join([*said, f"then: python -m converters onnx:{','.join(ordered)},{output}"])


def _text(facts: dict) -> str:
    """JSON with lists of numbers on one line."""
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"

    def shorten(found: re.Match) -> str:
        return " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]")

    return re.sub(r"\[[\d\s.,\[\]-]+\]", shorten, text)


def schema() -> dict:
    """The JSON schema (draft 2020-12) of a description."""
    found = json_values.schema_of(onnx_facts.OnnxFacts)
    found |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Networks to convert to tflite-ocr"}
    return found | {"anyOf": [{"required": ["detector"]}, {"required": ["recognizer"]}]}
