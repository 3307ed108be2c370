"""Labels written in capitals whatever the picture shows: their case is taken from what the recogniser reads."""

import dataclasses
from collections.abc import Sequence

from tqdm import tqdm

from training.data.stored_lines import StoredLine
from training.errors import TrainingError
from training.finetuning.batches import fixed
from training.finetuning.data import LEAST_TRAIN, UserData
from training.finetuning.loop import Student, read_batch

_CHUNK = 256  # lines in memory at a time
_UNSURE = "whose case is not known, as they are read otherwise than labelled"


def all_capitals(data: UserData, charset: Sequence[str]) -> bool:
    """Whether no label has a small letter, though the model knows some."""
    lines = (*data.train, *data.validation)
    return any(character.islower() for character in charset) and not any(
        character.islower() for line in lines for character in line.text
    )


def follow_picture(student: Student, data: UserData, columns: int) -> UserData:
    """Gives the labels to learn from the case in which the recogniser reads them, before it learns.

    Args:
        data: The lines for validation stay as they are.

    Raises:
        TrainingError: Too few lines are left.
    """
    kept: list[StoredLine] = []
    for line, read in zip(data.train, _read(student, data.train, columns), strict=True):
        text = restored(line.text, read)
        if text is None:
            data.skipped.lines[_UNSURE] += 1
        else:
            kept.append(dataclasses.replace(line, text=text))
    if len(kept) < LEAST_TRAIN:
        raise TrainingError(
            f"expected at least {LEAST_TRAIN} lines to learn from, found {len(kept)}: "
            f"{len(data.train) - len(kept)} are skipped {_UNSURE}; use --case labels"
        )
    return dataclasses.replace(data, train=tuple(kept))


def restored(text: str, read: str) -> str | None:
    """A text in the case in which it was read.

    Returns:
        None where that is not known: something else was read, and with small letters.
    """
    letters = read.replace(" ", "")
    if [c.lower() for c in text.replace(" ", "")] == [c.lower() for c in letters]:
        following = iter(letters)
        return "".join(character if character == " " else next(following) for character in text)
    return None if any(character.islower() for character in read) else text


def _read(student: Student, lines: Sequence[StoredLine], columns: int) -> list[str]:
    """What the network reads in the lines, in their order."""
    student.network.eval()
    found = [""] * len(lines)
    for start in tqdm(range(0, len(lines), _CHUNK), desc="reading", disable=None, leave=False):
        chunk = lines[start : start + _CHUNK]
        # Batches are sorted by width; a line is known again by its number in place of its text.
        numbers = [str(start + i) for i in range(len(chunk))]
        for batch in fixed([line.picture() for line in chunk], numbers, student.line_format, columns):
            for number, text in zip(batch.texts, read_batch(student, student.network, batch), strict=True):
                found[int(number)] = text
    return found
