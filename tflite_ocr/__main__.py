"""The command line: parses arguments, calls, and turns an error into a line and an exit code."""

if __name__ == "__main__":  # first: see there
    import tflite_ocr.script  # noqa: F401

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from tflite_ocr import __version__, command_line
from tflite_ocr.arguments import FORMATS, formats, positive, seconds, share, thread_count

_Kind = TypeVar("_Kind")
_MANNER = command_line.Manner(
    "tflite-ocr: ", missing="install the package again with `pip install --force-reinstall tflite-ocr`", quiet=True
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: Words after the program's name; sys.argv's when None.

    Returns:
        As command_line.guarded. Wrong usage exits with 2, as argparse does.
    """
    command_line.open_streams()  # argparse writes too
    options = _parser().parse_args(arguments)
    command_line.log(getattr(options, "verbose", 0))
    return command_line.guarded(lambda: options.run(options), _MANNER)


def _read(options: argparse.Namespace) -> int:
    from tflite_ocr import commands  # imported here and below, so that --help and --version do not wait for OpenCV

    return commands.read(_filled(commands.ReadOptions, options))


def _video(options: argparse.Namespace) -> int:
    from tflite_ocr.video import command

    return command.read(_filled(command.VideoCommand, options))


def _filled(kind: type[_Kind], options: argparse.Namespace) -> _Kind:
    """A dataclass of the arguments that have the names of its fields."""
    return kind(**{item.name: getattr(options, item.name) for item in dataclasses.fields(cast(Any, kind))})


def _models(options: argparse.Namespace) -> int:
    from tflite_ocr import commands

    return commands.list_models()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tflite-ocr", description="Reads text in images, on the CPU.")
    parser.add_argument("--version", action="version", version=f"tflite-ocr {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read", help="read the text of images and PDFs", description="Reads the text of images and PDFs."
    )
    add = read.add_argument
    add("sources", nargs="+", metavar="FILE", help="image, PDF, directory of them, http(s) address, or - for stdin")
    add(
        "--format",
        action="append",
        type=formats,
        metavar="F",
        help=f"of the output: {', '.join(FORMATS)} (text); several, by commas or repeated, go to -o DIRECTORY",
    )
    add("--layout", dest="layout_text", action="store_true", help="text keeps columns in their places")
    add(
        "-o",
        "--output",
        metavar="OUT",
        help="output, written as a whole or not at all: a file, or a directory with one file for each source",
    )
    _add_documents(read)
    _add_model(read)
    add(
        "--engine",
        choices=("tflite", "onnxruntime", "openvino"),
        default="tflite",
        help="the engine of the networks (tflite); the others need a model converted with --format",
    )
    add("--recognizer", metavar="NAME|DIR", help="tesseract, or a model that reads what --model finds")
    add("--draw", metavar="OUT", help="picture with the result drawn in; with several images, a directory")
    add("--crops", action="store_true", help="the images are crops of one line each; the detector is skipped")
    _add_choice(read, "the model's; with --crops none")
    add(
        "--no-layout",
        dest="layout",
        action="store_false",
        help="lines in rows from the top, whatever columns there are: no reading order, no blocks",
    )
    add("--characters", action="store_true", help="JSON with the place of every character of a word")
    _add_talk(read)
    read.set_defaults(run=_read)
    _add_video(commands)
    models = commands.add_parser("models", help="list the installed models", description="Lists installed models.")
    models.set_defaults(run=_models)
    return parser


def _add_documents(read: argparse.ArgumentParser) -> None:
    add = read.add_argument
    add("--pages", metavar="P", help="of documents: 2-5 or 1,3,7- (all)")
    add(
        "--dpi",
        type=float,
        metavar="N",
        help="resolution at which PDFs are rendered (that of their images, at most 300)",
    )
    add("--password", metavar="WORD", help="of encrypted PDFs")
    add("--skip-text", action="store_true", help="pages of PDFs that have text keep it and are not read")
    add("--resume", action="store_true", help="keep what was read beside -o; resume an interrupted run")


def _add_video(commands: Any) -> None:
    video = commands.add_parser("video", help="read the text of a video", description="Reads the text of a video.")
    add = video.add_argument
    add("source", metavar="VIDEO", help="file, camera (0 or /dev/video0), image sequence, or address")
    add("-o", "--output", metavar="OUT", help="the video with its text drawn in: .mp4, .mov or .mkv")
    add("--jsonl", metavar="FILE", help="the text of every frame, a JSON object a line; - for stdout")
    add("--srt", metavar="FILE", help="the texts with their times as SubRip subtitles")
    add("--vtt", metavar="FILE", help="the same as WebVTT")
    add("--every", type=positive, default=1, metavar="N", help="search every N-th frame (1)")
    add("--from", dest="start_s", type=seconds, metavar="T", help="begin at this time: 83.5 or 1:23.5")
    add("--to", dest="end_s", type=seconds, metavar="T", help="end before this time")
    add("--exact", action="store_true", help="search and read every frame anew, reuse nothing")
    _add_model(video)
    _add_choice(video, "the model's")
    add("--ffmpeg", metavar="PATH", help="an FFmpeg program instead of imageio-ffmpeg's")
    _add_talk(video)
    video.set_defaults(run=_video)


def _add_model(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--model", metavar="NAME|DIR", help="an installed model, see `tflite-ocr models`, or its folder")
    add("--precision", metavar="P", help="one that `tflite-ocr models` lists (the model's default)")
    add("--threads", type=thread_count, metavar="N", help="processor threads (all)")
    add(
        "--no-language-model",
        dest="language_model",
        action="store_false",
        help="do not use the language model: for codes and for languages that it does not know",
    )


def _add_choice(command: argparse.ArgumentParser, default: str) -> None:
    add = command.add_argument
    add("--min-confidence", type=share, metavar="C", help=f"drop lines below this confidence, from 0 to 1 ({default})")
    add("--allowlist", metavar="CHARS", help="read these characters only, as --allowlist 0123456789.")
    add("--blocklist", metavar="CHARS", help="never read these characters")


def _add_talk(command: argparse.ArgumentParser) -> None:
    add = command.add_mutually_exclusive_group().add_argument
    add("-q", "--quiet", action="store_true", help="print nothing but the output and errors")
    add(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="print the time of every image and step; twice, also messages of libraries",
    )


if __name__ == "__main__":
    sys.exit(main())
