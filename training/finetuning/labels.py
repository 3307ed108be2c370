"""The labels of a user's folder: labels.jsonl, or labels.csv as EasyOCR's own training has it."""

import re
from pathlib import Path

from evaluation import labels
from evaluation.labels import LABELS_FILE_NAME, Label, Sample
from tflite_ocr import files
from training.errors import TrainingError

CSV_FILE_NAME = "labels.csv"
CROPS, PAGES, MIXED, EASYOCR = "crops", "pages with boxes", "crops and pages with boxes", "EasyOCR's crops"

_HEADER = "filename,words"
# Each of its characters can be taken in one way only, so that a long line costs no more than its length.
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_SHOWN = 5


def load(folder: Path) -> tuple[str, list[Sample]]:
    """Reads the labels of a folder; images are not opened.

    Args:
        folder: With labels.jsonl (see evaluation.labels), or with labels.csv: the header filename,words, then a crop
            a line, in UTF-8. The text is everything after the first comma, quoted as in CSV or not.

    Returns:
        Which layout it is (CROPS, PAGES, MIXED or EASYOCR), and the samples.

    Raises:
        TrainingError: No such folder, not one of these layouts, a malformed line, or a missing image.
        DatasetError: The same for labels.jsonl.
    """
    if not folder.is_dir():
        raise TrainingError(f"expected a folder of labelled images, found {_kind(folder)}: {folder}; check --data")
    jsonl, csv = (folder / name for name in (LABELS_FILE_NAME, CSV_FILE_NAME))
    if jsonl.is_file() and csv.is_file():
        raise TrainingError(f"{folder}: expected {jsonl.name} or {csv.name}, found both; take one of them away")
    if jsonl.is_file():
        samples = labels.load(folder)
        return _layout(samples), samples
    if csv.is_file():
        return EASYOCR, _read_csv(csv)
    raise TrainingError(
        f"{folder}: expected {jsonl.name} (one JSON object a line: image and text, or image and items with text and "
        f"quad) or {csv.name} (header {_HEADER}, a crop a line), found {_content(folder)}"
    )


def _layout(samples: list[Sample]) -> str:
    whole = [bool(sample.labels) and sample.labels[0].quad is None for sample in samples]
    return CROPS if all(whole) else MIXED if any(whole) else PAGES


def _read_csv(path: Path) -> list[Sample]:
    try:
        lines = files.read_regular(path, labels.MOST_BYTES).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path}: expected UTF-8, found {error}; save it as CSV in UTF-8") from None
    except OSError as error:
        raise TrainingError(f"{path}: expected a file that can be read, found: {error.strerror}") from None
    header = ",".join(cell.strip().strip('"').lower() for cell in lines[0].split(","))
    if header != _HEADER:
        raise TrainingError(f"{path}:1: expected the header {_HEADER}, found {lines[0].strip()!r:.80}")
    samples, missing = [], []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        name, words = _row(line.rstrip("\r"), f"{path}:{number}")
        image_path = path.parent / name
        if not labels.is_file(image_path):
            missing.append(f"{path}:{number}: {name:.80}")
        samples.append(Sample(image_path, (Label(words),)))
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise TrainingError(
            f"expected the images beside {path.name}, found {len(missing)} of {len(samples)} missing: "
            f"{'; '.join(missing[:_SHOWN])}{more}; correct their lines or take them out"
        )
    if not samples:
        raise TrainingError(f"{path}: expected a line for each crop below the header, found none")
    return samples


def _row(line: str, where: str) -> tuple[str, str]:
    """A name, quoted or not, then everything after the comma.

    EasyOCR's own reader splits at the first comma only, so that a text with commas may stand without quotes.
    """
    rest = line.lstrip()
    quoted = _QUOTED.match(rest)
    if quoted:
        name, (space, comma, words) = quoted[1].replace('""', '"'), rest[quoted.end() :].partition(",")
    else:
        name, comma, words = rest.partition(",")
        name, space = name.strip(), name if '"' in name else ""
    if not comma or space.strip() or not name.strip():
        raise TrainingError(f"{where}: expected a file name, a comma and a text, found {line!r:.80}")
    quoted = _QUOTED.fullmatch(words.strip())
    return name, quoted[1].replace('""', '"') if quoted else words


def _kind(path: Path) -> str:
    return "a file" if path.is_file() else "none"


def _content(folder: Path) -> str:
    inside = sorted(folder.iterdir())
    nested = [path.name for path in inside if any((path / n).is_file() for n in (LABELS_FILE_NAME, CSV_FILE_NAME))]
    if nested:
        return f"labels in {', '.join(nested[:_SHOWN])} below it; name that folder"
    names = ", ".join(path.name for path in inside[:_SHOWN])
    return (
        f"{len(inside)} other files and folders ({names}{', ...' if len(inside) > _SHOWN else ''})"
        if inside
        else "an empty folder"
    )
