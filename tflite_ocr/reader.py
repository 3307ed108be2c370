"""Reader: a detector and a recogniser joined."""

import dataclasses
import inspect
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tflite_ocr import calls, crop_reading, forks, geometry, image
from tflite_ocr.assembly import FoundLine
from tflite_ocr.detection import vertical
from tflite_ocr.detection.detector import TextDetector
from tflite_ocr.engines import Networks
from tflite_ocr.errors import ImageReadError
from tflite_ocr.image import ImageSource
from tflite_ocr.languages import listed, spoken
from tflite_ocr.manifest import DetectorResize, Manifest
from tflite_ocr.page import Page, PageOptions, Recognition, TextLine
from tflite_ocr.page_reading import FoundQuads, PageReading, Wanted, cut_out
from tflite_ocr.processors import checked, cores
from tflite_ocr.recognition.choice import choose
from tflite_ocr.recognition.recognizer import Decoding
from tflite_ocr.selection import select
from tflite_ocr.steps import step

if TYPE_CHECKING:
    from tflite_ocr.easyocr_reading import EasyOcrSource
    from tflite_ocr.isolation import IsolatedReading
    from tflite_ocr.video.reading import VideoReading

# Images of a batch are decoded and detected in chunks, so that memory does not grow with the batch.
_CHUNK = 8


@calls.explained
class Reader:
    """Reads text in images. One Reader may be used from many threads; models load at the first call.

    A process that is forked, or gets a Reader by pickle, loads the models anew. In a `with`, or by close(), threads and
    models are freed at its end and not when the Reader is deleted.
    """

    def __new__(cls, *arguments: Any, **named: Any) -> "Reader":
        """Tells callers of EasyOCR's Reader what to write."""
        first = arguments[0] if arguments else named.get("model")
        if isinstance(first, (list, tuple)) or {"lang_list", "gpu"} & set(named):
            raise TypeError(
                "expected a model's name or folder, found arguments of EasyOCR's Reader; write `from tflite_ocr import "
                "easyocr` and easyocr.Reader(...), or tflite_ocr.Reader(languages=[...])"
            )
        return super().__new__(cls)

    def __init__(
        self,
        model: str | os.PathLike | None = None,
        precision: str | None = None,
        threads: int | None = None,
        languages: str | Sequence[str] | None = None,
        engine: str = "tflite",
        recognizer: str | os.PathLike | None = None,
        language_model: bool = True,
        isolate: bool = False,
        networks: Callable[[Path], Networks] | None = None,
    ):
        """Chooses a model.

        Args:
            model: Name of an installed model or folder with a manifest; None for the default.
            precision: One of manifest.PRECISIONS that the model has; None for its default.
            threads: Threads to use; None for all cores that this process may run on.
            languages: Codes such as "en" or "de", one or several: a recogniser that reads all of them is taken; None
                for the model's first.
            engine: "tflite", or "onnxruntime" or "openvino" for a model converted with these formats.
            recognizer: What reads the text that the model finds: "tesseract", or another model; None for its own.
            language_model: Whether doubtful words are decided by the model's language model, if it has one; without
                it a text is what the network alone sees.
            isolate: Whether image files are decoded and PDFs rendered in processes of their own, for files of
                strangers: one that ends it, or takes too much memory or time, is an ImageReadError.
            networks: Makes the networks of the model's folder, see engines.Networks; None for those of its files.

        Raises:
            ArtifactError: No such model, precision or languages; or its manifest is not valid.
            MissingDependencyError: The engine or Tesseract is not installed; the message says how to install it.
            ValueError: threads is below 1 or far above the number of cores, or there is no such engine.
        """
        self.threads = checked(cores() if threads is None else threads)
        self._arguments = (model, precision, threads, languages, engine, recognizer, language_model, isolate, networks)
        self._isolation = _isolated() if isolate else None
        self._selection = select(model, precision, engine, networks or Networks)
        self.manifest: Manifest = self._selection.manifest
        self.precision = self._selection.precision
        self._choice = choose(self._selection, recognizer, listed(languages), precision, engine, language_model)
        self._recognizer_facts = self._choice.facts
        self._start = threading.Lock()
        self._reading: PageReading | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._closed = False
        forks.watch(self)

    def __getattr__(self, name: str) -> Any:
        """Tells callers of EasyOCR's other methods what to write."""
        if name in ("readtext_batched", "readtextlang"):
            raise AttributeError(f"{name} belongs to easyocr.Reader(...); write `from tflite_ocr import easyocr`")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled Reader is made anew from its arguments where it arrives."""
        return type(self), self._arguments

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Waits for what is being read, and frees threads and models; the Reader cannot be used any more."""
        with self._start:
            executor, self._executor, self._reading, self._closed = self._executor, None, None, True
        if executor:
            executor.shutdown()
        if self._isolation:
            self._isolation.close()

    def after_fork(self) -> None:
        """See forks.Owner."""
        forks.abandon((self._reading, self._executor))
        self._reading = self._executor = None
        self._start = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.manifest.name

    def read(
        self, source: ImageSource, min_confidence: float | None = None, decoding: Decoding | None = None
    ) -> list[TextLine]:
        """Finds and reads the text of one image; see read_page for the arguments and errors."""
        return list(self.read_page(source, min_confidence, decoding).lines)

    def read_page(
        self,
        source: ImageSource,
        min_confidence: float | None = None,
        decoding: Decoding | None = None,
        options: PageOptions | None = None,
    ) -> Page:
        """Finds and reads the text of one image, with its size and timings.

        A character that the model sees but does not know is read as U+FFFD; lines of such alone are dropped. Where
        there are many, what looks like known letters and makes no likely words has half the confidence.

        Args:
            source: Path, encoded bytes, binary file object, or BGR uint8 array [H, W, 3] (also grey and BGRA).
            min_confidence: Lines below are dropped; None for the model's own limit.
            options: Whether lines have words, and a page its layout; layout alone by default.

        Raises:
            ImageReadError: The source is not a readable image.
            ArtifactError: A file of the model is missing or altered.
            ValueError: The Reader has been closed.
        """
        (page,) = self.iter_pages([source], min_confidence, decoding, "raise", options)
        return cast(Page, page)  # errors are raised

    def read_batch(
        self, sources: Iterable[ImageSource], min_confidence: float | None = None, decoding: Decoding | None = None
    ) -> list[list[TextLine]]:
        """Reads several images, in order; crops of neighbouring images share the recogniser's buckets.

        The first unreadable image raises its error; iter_pages gives the others too.
        """
        return [list(page.lines) for page in self.read_pages(sources, min_confidence, decoding)]

    def read_pages(
        self,
        sources: Iterable[ImageSource],
        min_confidence: float | None = None,
        decoding: Decoding | None = None,
        options: PageOptions | None = None,
    ) -> list[Page]:
        """Like read_page, for several images. The recogniser's time is shared out by the number of lines."""
        pages = self.iter_pages(sources, min_confidence, decoding, "raise", options)
        try:
            return [cast(Page, page) for page in pages]
        except ImageReadError as error:
            raise type(error)(f"{error}; iter_pages reads the other images") from error.__cause__

    def iter_pages(
        self,
        sources: Iterable[ImageSource],
        min_confidence: float | None = None,
        decoding: Decoding | None = None,
        errors: str = "yield",
        options: PageOptions | None = None,
    ) -> Iterator[Page | ImageReadError]:
        """Reads images one after another, as many as there are; an unreadable one stops nothing.

        Sources are taken a few at a time, so that they may be made while the first are being read.

        Args:
            sources: See read_page; one image alone is taken as a list of it.
            errors: "yield" to get the error of an unreadable image in its place, or "raise".

        Yields:
            For each image, in order, its Page, or the ImageReadError that says what is wrong with it.

        Raises:
            ValueError: errors is neither, or the Reader has been closed.
        """
        if errors not in ("yield", "raise"):
            raise ValueError(f"expected errors 'yield' or 'raise', found {errors!r}")
        return self._iter_pages(_several(sources), self._wanted(min_confidence, decoding, options), errors == "yield")

    def _iter_pages(
        self, sources: Iterable[ImageSource], wanted: Wanted, tolerant: bool
    ) -> Iterator[Page | ImageReadError]:
        waiting = iter(sources)
        while chunk := list(itertools.islice(waiting, _CHUNK)):
            yield from self._read_chunk(chunk, wanted, tolerant)

    def _wanted(
        self, min_confidence: float | None, decoding: Decoding | None, options: PageOptions | None = None
    ) -> Wanted:
        if options and options.words:
            decoding = dataclasses.replace(decoding or Decoding(), places=True)
        limit = self.min_confidence if min_confidence is None else min_confidence
        if not 0 <= limit <= 1:
            raise ValueError(f"expected min_confidence between 0 and 1, found {limit}")
        return Wanted(limit, decoding, options or PageOptions())

    def read_document(
        self,
        source: ImageSource,
        pages: str | None = None,
        dpi: float | None = None,
        password: str | None = None,
        skip_text: bool = False,
        min_confidence: float | None = None,
        options: PageOptions | None = None,
    ) -> Iterator[Page | ImageReadError]:
        """Reads a PDF, or an image file of one or many pages, one page after another; memory does not grow with it.

        Args:
            source: See read_page; also a PDF, which needs the [pdf] extra, or an address of http or https.
            pages: Which, from 1, as "2-5" or "1,3,7-"; None for all.
            dpi: Dots an inch to render pages of a PDF with; None for those of the images on them, at most 300.
            skip_text: Whether pages of a PDF that hold text give it as it is, and are not read.

        Yields:
            For each page, in order, its Page, or the ImageReadError that says what is wrong with it.

        Raises:
            ImageReadError: The document as a whole is missing, damaged, or encrypted.
            MissingDecoderError: It needs an extra that is not installed.
            OcrError: pages or dpi are wrong.
        """
        from tflite_ocr import documents  # here: images need no documents

        opening = documents.DocumentOptions(
            pages, dpi, password, skip_text, addresses=True, isolate=self._isolation is not None
        )
        with documents.open_document(source, opening) as document:
            for number in document.chosen(pages):
                try:
                    image = document.page(number)
                    kept = documents.kept(image, (options or PageOptions()).layout)
                    yield kept or self.read_page(image.source, min_confidence, options=options)
                except ImageReadError as error:
                    yield error

    def recognize(
        self, crops: ImageSource | Iterable[ImageSource], decoding: Decoding | None = None
    ) -> list[Recognition]:
        """Reads crops of single words or lines; nothing is dropped.

        What is read without confidence is read again where a line is found in the crop, slanted for instance, and
        turned by 90 degrees where the crop is high; the likelier text counts, and its places are along that line.

        Args:
            crops: Images as in read_page; one crop alone is taken as a list of it.

        Returns:
            One result a crop, in order; the text is "" where nothing can be read.

        Raises:
            ImageReadError: A crop is not a readable image.
            ValueError: The Reader has been closed.
        """
        pictures = [self._read_image(crop) for crop in _several(crops)]
        return [line.result for line in crop_reading.read(self._loaded(), pictures, decoding)]

    def read_crop(
        self,
        source: ImageSource,
        min_confidence: float = 0.0,
        decoding: Decoding | None = None,
        options: PageOptions | None = None,
    ) -> Page:
        """Reads an image that is one line of text, with its size and timings: nothing is searched.

        Returns:
            A page of one line, whose quad is the whole image or the line found in it as in recognize, or of none where
            there is no text.

        Raises:
            ImageReadError: The source is not a readable image.
        """
        began = time.perf_counter()
        picture = self._read_image(source)
        decode_s = time.perf_counter() - began
        return crop_reading.page(self._loaded(), picture, decode_s, self._wanted(min_confidence, decoding, options))

    def detect(
        self, source: ImageSource, resize: DetectorResize | None = None, options: Mapping[str, float] | None = None
    ) -> np.ndarray:
        """Finds the lines of an image and does not read them.

        Args:
            resize: To which size the image is scaled for the detector; None for the model's.
            options: Of the model's decoder, see tflite_ocr.detection, over those of the manifest.

        Returns:
            float32 [N, 4, 2] quads (x, y) in pixels of the upright image, in reading order.

        Raises:
            ImageReadError: The source is not a readable image.
            ArtifactError: There is no such option.
        """
        detector = self._loaded().detector
        if resize or options:
            detector = detector.variant(resize, options)
        quads, _ = vertical.joined(*detector.detect(self._read_image(source)))
        return np.asarray(quads, np.float32).reshape(-1, 4, 2)

    def read_quads(
        self,
        image_bgr: ImageSource,
        quads: Sequence[np.ndarray] | np.ndarray,
        decoding: Decoding | None = None,
        min_confidence: float | None = None,
    ) -> list[TextLine | None]:
        """Reads the text in quads that are known already.

        Args:
            image_bgr: uint8 [H, W, 3], or another image as in read_page.
            quads: Corners (x, y) in pixels, [4, 2] each, clockwise from the top-left.

        Returns:
            For each quad its line; None where there is no text or it is below the least confidence.

        Raises:
            ImageReadError: The image is not readable.
            ValueError: The quads are not of this shape, or not finite.
        """
        corners = list(geometry.checked_quads(quads, "quads of corners (x, y), [4, 2] each"))
        crops = cut_out(self._read_image(image_bgr), corners)
        results = self._loaded().recognize([crops], [corners], decoding)
        found = [FoundLine(quad, *result, crop) for quad, result, crop in zip(corners, results, crops, strict=True)]
        found = self._loaded().doubting(found)
        limit = self._wanted(min_confidence, decoding).limit
        return [one.line() if one.says_something and one.result.confidence >= limit else None for one in found]

    def decoding(
        self,
        allowlist: str | Sequence[str] | None = None,
        blocklist: str | Sequence[str] | None = None,
        decoder: str = "greedy",
        beam_width: int = 10,
    ) -> Decoding:
        """A decoding that keeps to some characters.

        Args:
            allowlist: If given, only these are read (unknown ones, U+FFFD, only if it is among them).
            decoder: "greedy" or "beamsearch".

        Raises:
            ValueError: Unknown decoder, a beam below 1, or lists for Tesseract, which has none.
        """
        charset = set(self._recognizer_facts.charset)
        if not charset and (allowlist or blocklist):
            raise ValueError("expected no allowlist or blocklist, found one: Tesseract cannot be restricted here")
        ignored = set("".join(blocklist or "")) | (charset - set("".join(allowlist)) if allowlist else set())
        return Decoding(decoder, beam_width, frozenset(ignored & charset - {""}))

    @property
    def detector_options(self) -> dict[str, float]:
        """All options of the detector's decoder with the model's values."""
        return self._loaded().detector.options

    @property
    def charset(self) -> tuple[str, ...]:
        """The characters that the recogniser reads; U+FFFD, once, if it sees others too; empty for Tesseract."""
        return tuple(dict.fromkeys(character for character in self._recognizer_facts.charset if character))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the recogniser reads."""
        return spoken(self._recognizer_facts)

    @property
    def min_confidence(self) -> float:
        """Lines below are dropped where nothing else is said."""
        return self._recognizer_facts.min_confidence

    def read_video(
        self,
        source: str | int | os.PathLike,
        every: int = 1,
        start_s: float | None = None,
        end_s: float | None = None,
        exact: bool = False,
        between: bool = False,
        ffmpeg: str | None = None,
        min_confidence: float | None = None,
        decoding: Decoding | None = None,
    ) -> "VideoReading":
        """Reads the text of a video; needs FFmpeg, as the [video] extra brings it.

        Args:
            source: Path of a video; number of a camera or its device; an image sequence as "frame_%04d.png",
                "frames/*.png" or a folder; or an address that FFmpeg takes.
            every: Text is searched in every so many-th frame.
            start_s: From this time of the source on, in seconds.
            exact: Nothing is reused: text is searched and read anew in every frame.
            between: Whether frames that `every` leaves out are given too, with the text of those before.
            ffmpeg: Path of an FFmpeg program; None for $TFLITE_OCR_FFMPEG or imageio-ffmpeg's.

        Returns:
            An iterator of VideoFrame (index, time_s, lines, image), to be used in a `with` or read to its end. A
            line is a TextLine that knows its `track`, the same number in all frames that show this text.

        Raises:
            VideoReadError: The source does not exist; while iterating also: it is no video, or breaks off.
            MissingDependencyError: There is no FFmpeg.
            ValueError: every is below 1, or the end is not after the start.
        """
        from tflite_ocr.video.reading import VideoOptions, VideoReading  # here: images need no threads and pipes

        options = VideoOptions(every, start_s, end_s, exact, between, ffmpeg, min_confidence, decoding)
        return VideoReading(self, source, options)

    def detector(self, threads: int, resize: DetectorResize | None = None) -> TextDetector:
        """A text detector of its own, for running several side by side.

        Args:
            resize: To which size images are scaled; None for the model's.

        Raises:
            ValueError: threads is below 1 or far above the number of cores.
        """
        facts = self.manifest.detector
        if resize is not None:
            facts = dataclasses.replace(facts, resize=resize)
        return TextDetector(self._selection, facts, checked(threads))

    def readtext(
        self,
        image: "EasyOcrSource",
        decoder: str = "greedy",
        beamWidth: int = 5,
        batch_size: int = 1,
        workers: int = 0,
        allowlist: str | Sequence[str] | None = None,
        blocklist: str | Sequence[str] | None = None,
        detail: int = 1,
        rotation_info: Sequence[float] | None = None,
        paragraph: bool = False,
        min_size: float = 20,
        contrast_ths: float = 0.1,
        adjust_contrast: float = 0.5,
        filter_ths: float = 0.003,
        text_threshold: float = 0.7,
        low_text: float = 0.4,
        link_threshold: float = 0.4,
        canvas_size: float = 2560,
        mag_ratio: float = 1.0,
        slope_ths: float = 0.1,
        ycenter_ths: float = 0.5,
        height_ths: float = 0.5,
        width_ths: float = 0.5,
        y_ths: float = 0.5,
        x_ths: float = 1.0,
        add_margin: float = 0.1,
        threshold: float = 0.2,
        bbox_min_score: float = 0.2,
        bbox_min_size: float = 3,
        max_candidates: int = 0,
        output_format: str = "standard",
    ) -> list:
        """EasyOCR's call and return shape; docs/easyocr.md says what each keyword does here.

        Args:
            image: As in read_page, an address of http or https, or a picture of Pillow.
            detail: 1 for (box, text, confidence) triples, 0 for texts only.
            paragraph: Whether lines are joined to paragraphs, those of Page.blocks, or with x_ths or y_ths EasyOCR's;
                the items are then [box, text].

        Raises:
            ImageReadError: The image cannot be read.
            ValueError: Unknown decoder or output_format, or something that the recogniser does not know.
        """
        keywords = {name: value for name, value in locals().items() if name not in ("self", "image")}
        from tflite_ocr import easyocr_options, easyocr_reading

        return easyocr_reading.readtext(self, image, *easyocr_options.split(keywords), ours=True)

    def _read_image(self, source: ImageSource) -> np.ndarray:
        with step("decode the image file"):
            return self._isolation.read(source) if self._isolation else image.read(source)

    def _read_chunk(
        self, sources: list[ImageSource], wanted: Wanted, tolerant: bool
    ) -> Iterator[Page | ImageReadError]:
        found: list[FoundQuads | ImageReadError] = []
        for source in sources:
            began = time.perf_counter()
            try:
                picture = self._read_image(source)
            except ImageReadError as error:
                if not tolerant:
                    raise
                found.append(error)
                continue
            found.append(self._loaded().find(picture, time.perf_counter() - began))
        reading = self._loaded()
        pages = iter(reading.pages([page for page in found if isinstance(page, FoundQuads)], wanted))
        for page in found:
            yield page if isinstance(page, ImageReadError) else reading.upright(page, next(pages), wanted)

    def _loaded(self) -> PageReading:
        reading = self._reading
        if reading is None:
            with self._start:
                if self._closed:
                    raise ValueError("expected an open Reader, found one that was closed; make another one")
                if self._reading is None:
                    self._executor = ThreadPoolExecutor(self.threads, "tflite-ocr")
                    parts = self.detector(self.threads), *self._choice.load(self._executor)
                    self._reading = PageReading(*parts, self._recognizer_facts.confidence)
                reading = self._reading
        return reading


# What may be given is what __init__ takes, although __new__ looks at it first.
cast(Any, Reader).__signature__ = inspect.signature(Reader.__init__).replace(
    parameters=list(inspect.signature(Reader.__init__).parameters.values())[1:]
)


def _isolated() -> "IsolatedReading":
    from tflite_ocr.isolation import IsolatedReading  # here: nobody else starts processes

    return IsolatedReading()


def _several(sources: ImageSource | Iterable[ImageSource]) -> Iterable[ImageSource]:
    """Images one after another; of a single one, whose parts nobody wants to have read, a list."""
    if isinstance(sources, np.ndarray):
        return sources if sources.ndim == 4 or (sources.ndim == 3 and sources.shape[2] not in (1, 3, 4)) else [sources]
    single = isinstance(sources, (str, os.PathLike, bytes, bytearray, memoryview)) or not hasattr(sources, "__iter__")
    return cast(Iterable[ImageSource], [sources] if single or hasattr(sources, "read") else sources)
