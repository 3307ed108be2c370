"""Crops in, texts out: buckets of equal width, one single-threaded interpreter a core."""

import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from tflite_ocr import calls, image, languages
from tflite_ocr.engines import Engine
from tflite_ocr.errors import ModelContractError
from tflite_ocr.interpreter import dequantize
from tflite_ocr.manifest import ModelFile, Recognizer
from tflite_ocr.page import Recognition
from tflite_ocr.recognition import ctc, foreign, gaps, known_forms, places, wider
from tflite_ocr.recognition.accents import Alphabets
from tflite_ocr.recognition.recurrent import unroll
from tflite_ocr.recognition.rescoring import Rescorer
from tflite_ocr.recognition.sharing import Shares
from tflite_ocr.recognition.windows import Window, bucket, join, middles, windows
from tflite_ocr.selection import Selection
from tflite_ocr.steps import step

_RECURRENT_BATCH = 16
# Fixed cost of one network call, in pixel columns.
_CALL = 16
# Bytes of logits that are collected to be decoded together.
_HELD_BYTES = 4 << 20
# Beyond the widest bucket a resizable network is planned at multiples of this many pixels ...
_WIDE_STEP = 128
# ... up to this width; longer lines are read in windows.
_WIDEST = 3200


# Lines of which at most this share is unknown are written in known characters.
_STRAY = 1 / 3
# From this width in pixels on, a text with unknown characters is no word written badly but in another script, and would
# be read as known characters if it were read again.
_WORD = 160


@calls.explained
@dataclass(frozen=True)
class Decoding:
    """How logits become text.

    Attributes:
        decoder: "greedy" or "beamsearch". With a language model both mean that it decides doubtful words.
        beam_width: Texts kept at every frame of a beam search.
        ignored: Characters that never appear; with U+FFFD among them, unknown signs are read as known characters.
        places: Whether results say where each character stands.
        plain: Whether the text is known to have hardly any accents, so that those seen have to be clear. Only with a
            language model.
    """

    decoder: str = "greedy"
    beam_width: int = 10
    ignored: frozenset[str] = frozenset()
    places: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        calls.check_choice(self, "decoder", ("greedy", "beamsearch"))
        calls.check_range(self, "beam_width", 1)


@dataclass(frozen=True)
class _Piece:
    """One window of one crop, made `resized` pixels wide, waiting to be run at `height` and `width`."""

    crop: int
    resized: int
    window: Window
    height: int
    width: int

    @property
    def whole(self) -> bool:
        """Whether this window is the crop's only one."""
        return self.window.width == self.resized

    def middles(self, frames: int) -> np.ndarray:
        """Where the frames of a whole piece have their middles, as shares of the crop's width; float64 [frames]."""
        return (np.arange(frames) + 0.5) * (self.width / frames / self.resized)


@dataclass(frozen=True)
class _Reading:
    """The result of one reading of a crop, with its logits [T, C] in units of `scale` for the language model.

    The language model runs after all networks: its Python code would keep other threads from starting theirs.
    `path` is the likeliest path where places are asked for: the text that ends up chosen is laid along it.
    """

    result: Recognition
    logits: np.ndarray | None = None
    scale: float = 1.0
    path: places.Path = ()


class LineRecognizer:
    """The recogniser of a model. Safe to call from many threads: interpreters belong to worker threads."""

    def __init__(self, selection: Selection, recognizer: Recognizer, executor: Executor):
        """Prepares a recogniser; files are read at the first call.

        Each stage has one file that is resizable, or one a width; the executor's threads keep their interpreters.
        """
        self._networks, self._facts, self._executor = selection.networks, recognizer, executor
        files = selection.files(recognizer)
        stages = sorted({file.stage for file in files})
        self._stages = [[file for file in files if file.stage == stage] for stage in stages]
        self._resizable = all(file.resizable for file in files)
        exported = sorted({file.canvas[1] for file in self._stages[0] if file.canvas})
        self._widths = tuple(recognizer.widths) if self._resizable else tuple(exported)
        # A recurrent step takes little longer for many crops than for one; other networks gain nothing from a batch.
        self._batch = _RECURRENT_BATCH if any(file.step for file in files) else 1
        language = recognizer.language_model
        self._rescorer = Rescorer(selection.folder, language) if language else None
        # Only with a language model, which then decides between known characters.
        self._unknown = [i for i, character in enumerate(recognizer.charset) if language and character == ctc.UNKNOWN]
        self._alphabets = Alphabets(recognizer.charset, languages.LATIN) if language else None
        self._local = threading.local()

    def recognize(self, crops: Sequence[np.ndarray], decoding: Decoding | None = None) -> list[Recognition]:
        """Reads crops of single lines or words.

        Args:
            crops: BGR uint8 [h, w, 3] each, of any sizes.
            decoding: Greedy when None.

        Returns:
            One result for each crop, in order. A result does not depend on the other crops.
        """
        facts, decoding = self._facts, decoding or Decoding()
        widths = [image.resized_width(crop, facts.height, facts.stretch) for crop in crops]
        pieces = [piece for i, width in enumerate(widths) for piece in self._pieces(i, width)]
        readings = self._readings(pieces, crops, decoding)
        settled = self._settled([readings[i] for i in range(len(crops))], decoding)
        second = [self._second(i, width, *settled[i], crops[i]) for i, width in enumerate(widths)]
        again = [piece for piece in second if piece]
        for i, more in self._readings(again, crops, decoding).items():
            readings[i] += more
        places = [piece.crop for piece in again]
        for i, found in zip(places, self._settled([readings[i] for i in places], decoding), strict=True):
            settled[i] = found
        results = [result for result, _ in settled]
        self._read_wider(results, crops, decoding)
        return results

    def foreign(self, texts: Sequence[str]) -> list[bool]:
        """Which lines of a page are in another script; none without a language model. See foreign.foreign."""
        if not self._rescorer:
            return [False] * len(texts)
        return foreign.foreign(texts, self._rescorer.log_probabilities)

    def _read_wider(self, results: list[Recognition], crops: Sequence[np.ndarray], decoding: Decoding) -> None:
        """Reads lines that may gain by it once more, wider, in place."""
        facts, pieces = self._facts, []
        if facts.retry.wider == 1:
            return
        for i, result in enumerate(results):
            if wider.may_gain(result):
                width = image.resized_width(crops[i], facts.height, facts.stretch * facts.retry.wider)
                run_at = self._run_at(width)
                pieces += [_Piece(i, width, Window(0, width), facts.height, run_at)] if run_at else []
        read = self._readings(pieces, crops, decoding)
        for i, (result, _) in zip(read, self._settled(list(read.values()), decoding), strict=True):
            if wider.counts(result, results[i]):
                results[i] = result

    def _readings(
        self, pieces: list[_Piece], crops: Sequence[np.ndarray], decoding: Decoding
    ) -> dict[int, list[_Reading]]:
        """One reading for each crop, joined from its windows."""
        readings: dict[int, list[_Reading]] = {}
        parts: dict[int, list[tuple[Window, np.ndarray]]] = {}
        for piece, read in self._run(pieces, crops, decoding):
            if isinstance(read, _Reading):
                readings[piece.crop] = [read]
            else:
                parts.setdefault(piece.crop, []).append((piece.window, read))
        for i, windowed in parts.items():
            windowed.sort(key=lambda part: part[0].start)
            logits = join([values for _, values in windowed], [window for window, _ in windowed])
            stretches = [window for window, _ in windowed]
            width = stretches[-1].start + stretches[-1].width
            shares = middles([values for _, values in windowed], stretches) / width
            with step("decode characters (CTC)"):
                readings[i] = self._decode([logits], 1.0, decoding, [shares])
        return readings

    def _settled(self, readings: list[list[_Reading]], decoding: Decoding) -> list[tuple[Recognition, float]]:
        """The most confident of each crop's readings, with the language model's choice and its lead."""
        readings = [sorted(both, key=lambda reading: -reading.result.confidence) for both in readings]
        settled = [(both[0].result, math.inf) for both in readings]
        rescorer, facts = self._rescorer, self._facts
        if rescorer and facts.language_model:
            read = [i for i, (result, _) in enumerate(settled) if result.confidence >= facts.language_model.hopeless]
            width = decoding.beam_width if decoding.decoder == "beamsearch" else None
            logits = [
                [(reading.logits, reading.scale) for reading in readings[i] if reading.logits is not None] for i in read
            ]
            with step("decide doubtful words (language model)"):
                found = rescorer.choose(rescorer.words(logits, facts.charset, facts.blank, width))
            for i, (text, lead) in zip(read, found, strict=True):
                settled[i] = replace(settled[i][0], text=known_forms.spelt(text)), lead
        if decoding.places:
            settled = [
                (replace(result, places=places.along(result.text, both[0].path)), lead)
                for (result, lead), both in zip(settled, readings, strict=True)
            ]
        return settled

    def _pieces(self, crop: int, width: int) -> list[_Piece]:
        run_at, height = self._run_at(width), self._facts.height
        if run_at:
            return [_Piece(crop, width, Window(0, width), height, run_at)]
        widest = _WIDEST if self._resizable else self._widths[-1]
        return [_Piece(crop, width, window, height, widest) for window in windows(width, widest)]

    def _run_at(self, width: int) -> int | None:
        """Width of the input on which a crop of this width is read whole; None if it is too wide for that."""
        narrow = bucket(width, self._widths)
        if narrow or not self._resizable or width > _WIDEST:
            return narrow
        return math.ceil(width / _WIDE_STEP) * _WIDE_STEP

    def _second(self, crop: int, width: int, result: Recognition, lead: float, picture: np.ndarray) -> _Piece | None:
        """The piece with which a crop is read again after this result; None where the manifest expects no gain."""
        facts, retry = self._facts, self._facts.retry
        sure = result.confidence >= retry.confidence
        if facts.language_model and lead < facts.language_model.retry_lead:
            sure = False
        small = len(result.text) < retry.characters or len(picture) < retry.lowest
        strange = ctc.UNKNOWN in result.text and width >= _WORD
        if sure or result.confidence < retry.hopeless or small or strange or width >= retry.width:
            return None
        stretched = retry.stretch != 1
        resized = image.resized_width(picture, facts.height, facts.stretch * retry.stretch)
        run_at = self._run_at(resized if stretched else max(resized, retry.width))
        height = retry.height if retry.height and self._resizable else facts.height
        return _Piece(crop, resized, Window(0, resized), height, run_at) if run_at else None

    def _run(
        self, pieces: list[_Piece], crops: Sequence[np.ndarray], decoding: Decoding
    ) -> Iterator[tuple[_Piece, _Reading | np.ndarray]]:
        """Runs the pieces in groups of one width, narrowest first; yields readings of whole crops, or logits."""
        groups = self._groups(pieces)
        workers = min(len(groups), getattr(self._executor, "_max_workers", 1))
        shares = Shares(groups, [len(group) * (group[0].width + _CALL) for group in groups], workers)

        def work(worker: int) -> list[tuple[_Piece, _Reading | np.ndarray]]:
            done: list[tuple[_Piece, _Reading | np.ndarray]] = []
            waiting: list[tuple[_Piece, np.ndarray]] = []
            held, unit = 0, 1.0
            while group := shares.take(worker):
                logits, scale = self._forward([self._canvas(piece, crops) for piece in group])
                if held > _HELD_BYTES or scale != unit:  # files of other widths may have other scales
                    done += self._read(waiting, unit, decoding, crops)
                    waiting, held, unit = [], 0, scale
                waiting += zip(group, logits, strict=True)
                held += sum(values.nbytes for values in logits)
            return done + self._read(waiting, unit, decoding, crops)

        for future in [self._executor.submit(work, worker) for worker in range(workers)]:
            yield from future.result()

    def _groups(self, pieces: list[_Piece]) -> list[list[_Piece]]:
        """Pieces of one size, as many as are run together; narrowest first.

        No group is larger than a thread's share: with one large group the other threads would have no work.
        """
        share = math.ceil(len(pieces) / getattr(self._executor, "_max_workers", 1))
        batch = max(1, min(self._batch, share))
        by_size: dict[tuple[int, int], list[_Piece]] = {}
        for piece in pieces:
            by_size.setdefault((piece.width, piece.height), []).append(piece)
        return [
            same[start : start + batch] for _, same in sorted(by_size.items()) for start in range(0, len(same), batch)
        ]

    def _read(
        self, waiting: list[tuple[_Piece, np.ndarray]], scale: float, decoding: Decoding, crops: Sequence[np.ndarray]
    ) -> list[tuple[_Piece, _Reading | np.ndarray]]:
        """Readings of whole crops, and logits of windows, float32 [T, C]."""
        whole = [(piece, values) for piece, values in waiting if piece.whole]
        shares = [piece.middles(len(values)) for piece, values in whole] if decoding.places else None
        with step("decode characters (CTC)"):
            found = self._decode([values for _, values in whole], scale, decoding, shares)
        if not self._rescorer and not decoding.ignored:
            found = [
                self._restored(*both, crops[both[0].crop], reading) for both, reading in zip(whole, found, strict=True)
            ]
        readings = iter(found)
        return [
            (piece, next(readings) if piece.whole else values.astype(np.float32) * np.float32(scale))
            for piece, values in waiting
        ]

    def _restored(self, piece: _Piece, logits: np.ndarray, crop: np.ndarray, reading: _Reading) -> _Reading:
        """A reading with the blanks and unknown characters that only the crop's ink tells."""
        emitted = piece.middles(len(logits))[ctc.emissions(logits, self._facts.blank)]
        text = gaps.restored(reading.result.text, emitted.tolist(), crop)
        return replace(reading, result=replace(reading.result, text=text))

    def _canvas(self, piece: _Piece, crops: Sequence[np.ndarray]) -> np.ndarray:
        """The piece's picture, BGR uint8 [height, width, 3]."""
        with step("resize the lines"):
            resized = image.resize_to(crops[piece.crop], piece.height, piece.resized, self._facts.input.shrink)
            begin, end = piece.window.start, piece.window.start + piece.window.width
            return image.pad_crop(np.ascontiguousarray(resized[:, begin:end]), piece.width, self._facts.input)

    def _forward(self, canvases: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
        """uint8 canvases [height, width, 3] -> for each logits [T, C], and what a unit of them is worth.

        A single quantized network's logits stay as they are, but for a constant: few of them matter.
        """
        first, *others = self._stages
        height, width = canvases[0].shape[:2]
        network = self._network(self._file(first, width), height)
        spec, out = network.file.inputs[0], network.file.outputs[0]
        stored = []
        for canvas in canvases:
            with step("make tensors"):
                tensor = image.to_tensor(canvas, self._facts.input, spec)
            with step(f"network {network.file.path}"):
                stored += network.run(tensor)[:1]
        if not others:
            scale = 1.0 if out.dtype == "float32" else out.scale
            return [ctc.by_frame(logits, self._facts.frames) for logits in stored], scale
        values = dequantize(np.concatenate(stored), out)
        for files in others:
            network = self._network(self._file(files, width), height)
            with step(f"network {network.file.path}"):
                values = unroll(network.run_real, values) if network.file.step else network.run_real(values)
        return [ctc.by_frame(logits, self._facts.frames) for logits in values], 1.0

    def _file(self, files: list[ModelFile], width: int) -> ModelFile:
        """The file of a stage for crops of this width."""
        file = next((f for f in files if f.resizable or (f.canvas and f.canvas[1] == width) or len(files) == 1), None)
        if file is None:
            raise ModelContractError(f"{files[0].path}: expected a file for crops {width} pixels wide, found none")
        return file

    def _network(self, file: ModelFile, height: int) -> Engine:
        """This thread's interpreter for a file and a height.

        One that goes from 32x416 to 48x384 and back gives wrong frames (LiteRT 2.1, XNNPACK); of one height none does.
        """
        networks = self._local.__dict__.setdefault("networks", {})
        if (file.path, height) not in networks:
            networks[file.path, height] = self._networks.load(file, threads=1)
        return networks[file.path, height]

    def _known(self, logits: np.ndarray, text: str) -> np.ndarray | None:
        """Logits without the unknown character, where a known one was written badly.

        That is where it is a small part of a text, or where the others make a Roman numeral.
        """
        if not self._unknown or ctc.UNKNOWN not in text:
            return None
        few = text.count(ctc.UNKNOWN) <= _STRAY * len(text)
        logits = logits.copy()
        logits[:, self._unknown] = logits.min()
        if few:
            return logits
        ((known, _),) = ctc.greedy([logits], self._facts.charset, self._facts.blank)
        return logits if known_forms.are_roman(text, known) else None

    def _decode(
        self, lines: list[np.ndarray], scale: float, decoding: Decoding, shares: Sequence[np.ndarray] | None = None
    ) -> list[_Reading]:
        """What logits [T, C] say of which a unit is worth `scale`; shares are the middles of their frames.

        Those are needed for places alone.
        """
        facts = self._facts
        ignored = []
        if decoding.ignored:  # iterating over the charset costs more than decoding
            ignored = [i for i, c in enumerate(facts.charset) if c in decoding.ignored and i != facts.blank]
        readings = []
        found = ctc.greedy(
            lines, facts.charset, facts.blank, scale, ignore=ignored, every_frame=facts.confidence == "easyocr"
        )
        lines = list(lines)
        for i, (text, _) in enumerate(found):
            known = None if ignored else self._known(lines[i], text)
            line = lines[i] if known is None else known
            if self._alphabets and not text.isascii():
                line = self._alphabets.plainer(line, scale) if decoding.plain else line
                line = self._alphabets.consistent(line, scale)
            if line is not lines[i]:
                lines[i] = line
                (found[i],) = ctc.greedy([line], facts.charset, facts.blank, scale)
        wide = decoding.decoder == "beamsearch" and not self._rescorer
        if ignored or wide:
            lines, scale = [logits.astype(np.float32) * np.float32(scale) for logits in lines], 1.0
        for i, (logits, (text, probabilities)) in enumerate(zip(lines, found, strict=True)):
            if ignored:
                logits[:, ignored] = -np.inf
            if wide:
                text = ctc.beam_search(logits, facts.charset, decoding.beam_width, facts.blank)[0][0]
            result = Recognition(text, ctc.confidence(probabilities, facts.confidence))
            path = (
                places.path(logits, facts.charset, facts.blank, scale, shares[i]) if decoding.places and shares else ()
            )
            readings.append(_Reading(result, logits, scale, path) if self._rescorer else _Reading(result, path=path))
        return readings
