"""A recogniser's weights for more characters and more frames, such that it reads as before until it learns."""

import unicodedata
from collections.abc import Sequence

import torch

from converters.networks.edge_recognizer import EdgeRecognizer

# New characters begin less likely than what they look like.
_HANDICAP = 2.0


def grown(model: EdgeRecognizer, known: Sequence[str], frames: int, charset: Sequence[str]) -> dict[str, torch.Tensor]:
    """The state of a model with other characters or more frames a column.

    A new letter begins as the one that it is made of (NFD: "ạ" as "a"); each of several frames of a column as the only
    one was, seeing the mean of what the column has.

    Args:
        model: Model of one frame a column, or of as many as asked for.
        known: Its charset, blank first.
        frames: CTC frames of a column.
        charset: To be read, blank first.
    """
    state = dict(model.state_dict())
    had = model.shape.frames
    rows = {name: state[f"head.{name}"].unflatten(0, (had, len(known))) for name in ("weight", "bias")}
    if frames != had:
        rows = {name: value[:1].repeat(frames, *[1] * (value.dim() - 1)) for name, value in rows.items()}
        entered = state["enter.weight"].mean(3, keepdim=True) * (had / frames)
        state["enter.weight"] = entered.repeat(1, 1, 1, frames)
    index = {character: i for i, character in enumerate(known)}
    sources = [index.get(character, _like(character, index)) for character in charset]
    for name, value in rows.items():
        chosen = value[:, [source or 0 for source in sources]].clone()
        for place, (character, source) in enumerate(zip(charset, sources, strict=True)):
            if source is None:
                chosen[:, place] = value[:, 1:].mean(1) - (_HANDICAP if name == "bias" else 0)
            elif character not in index and name == "bias":
                chosen[:, place] -= _HANDICAP
        state[f"head.{name}"] = chosen.flatten(0, 1)
    return state


def _like(character: str, index: dict[str, int]) -> int | None:
    """The class of the letter with fewer marks that a character is made of; None where there is none."""
    parts = unicodedata.normalize("NFD", character)
    for count in range(len(parts) - 1, 0, -1):
        plain = unicodedata.normalize("NFC", parts[:count])
        if plain in index:
            return index[plain]
    return None
