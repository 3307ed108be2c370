"""The voice: espeak-ng, a sentence at a time, laid where the script says."""

import re
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from demo.errors import DemoError
from demo.film.script import Sentence

PROGRAM = "espeak-ng"
_RATE = 22050  # what espeak-ng writes, samples a second
_VOICE = "en-us"
_WORDS_A_MINUTE = (165, 178, 190, 205)  # slower first; faster only where a sentence would not fit
# What espeak-ng would spell or slur.
_SPOKEN = (
    (r"tflite-ocr", "T F lite O C R"),
    (r"\bONNX\b", "onyx"),
    (r"\bXNNPACK\b", "X N N pack"),
    (r"\bint8\b", "int eight"),
    (r"\bfloat32\b", "float thirty two"),
    (r"PyTorch", "pie torch"),
    (r"RapidOCR", "rapid O C R"),
    (r"\bF1\b", "F one"),
    (r"SavedModel", "saved model"),
    (r"\bGPU", "G P U"),
    (r"\bCPU", "C P U"),
)


def available() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which(PROGRAM) is not None


def record(sentences: Sequence[Sentence], seconds: float, target: Path) -> None:
    """Speaks all sentences into one .wav as long as the film.

    Raises:
        DemoError: A sentence does not fit its time even when spoken fast, or espeak-ng fails.
    """
    track = np.zeros(round(seconds * _RATE), np.int16)
    for sentence in sentences:
        spoken = _fitting(sentence)
        start = round(sentence.start_s * _RATE)
        track[start : start + len(spoken)] = spoken[: len(track) - start]
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(track.tobytes())


def pronounced(text: str) -> str:
    """What espeak-ng is given to say."""
    for pattern, words in _SPOKEN:
        text = re.sub(pattern, words, text)
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def _fitting(sentence: Sentence) -> np.ndarray:
    """The sentence at the slowest pace that fits, int16."""
    room = sentence.end_s - sentence.start_s
    for pace in _WORDS_A_MINUTE:
        spoken = _spoken(pronounced(sentence.text), pace)
        if len(spoken) <= room * _RATE:
            return spoken
    raise DemoError(
        f"expected a sentence of at most {room:.1f} s, found {len(spoken) / _RATE:.1f} s when spoken fast: "
        f"give {sentence.text!r} more time or fewer words"
    )


def _spoken(text: str, words_a_minute: int) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        command = [PROGRAM, "-v", _VOICE, "-s", str(words_a_minute), "-w", str(path), "--stdin"]
        run = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if run.returncode != 0 or not path.is_file():
            raise DemoError(f"{PROGRAM} cannot speak {text!r}: {run.stderr.strip()[:200]}")
        with wave.open(str(path), "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (_RATE, 1, 2):
                raise DemoError(f"{PROGRAM}: expected 16-bit mono at {_RATE} Hz, found another kind of sound")
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples) > 200)  # silence at both ends is not speech
    return samples[: loud[-1] + _RATE // 20] if len(loud) else samples
