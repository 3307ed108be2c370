"""The command line: python -m demo renders the clip, has it read twice, and builds the film."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from tflite_ocr import command_line

_QUICK_WIDTH = 640
STAGES = ("clip", "compare", "film", "preview", "all")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the stages; an error is one line on standard error and an exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    add, what = parser.add_argument, "what is made; preview is a contact sheet (default: all but preview)"
    report = "report.json of make benchmark, whose figures the film shows"
    add("stage", nargs="?", default="all", choices=STAGES, help=what)
    add("--model", type=Path, default=Path("artifacts/ppocr"), help="folder of a converted model")
    add("--report", type=Path, default=Path("artifacts/report/report.json"), help=report)
    add("--script", type=Path, help="text and timing of the film (default: demo/script.yaml)")
    add("--video", type=Path, help="a video of at least a minute to read instead of the rendered clip")
    add("--out", type=Path, default=Path("artifacts/demo"), help="folder of what is made")
    add("--quick", action="store_true", help=f"pictures {_QUICK_WIDTH} pixels wide")
    add("--silent", action="store_true", help="no voice, even where espeak-ng is installed")
    options = parser.parse_args(arguments)
    interrupted = "interrupted; what is finished is kept, the same command resumes"
    manner = command_line.Manner("error: ", interrupted=interrupted, missing="pip install 'tflite-ocr[demo]'")
    return command_line.guarded(lambda: _stages(options), manner)


def _stages(options: argparse.Namespace) -> int:
    options.out.mkdir(parents=True, exist_ok=True)
    if options.stage == "all":
        _require(options)
    if options.stage == "preview":
        _preview(options)
    if options.stage in ("clip", "all") and options.video is None:
        _clip(options)
    if options.stage in ("compare", "all"):
        _compare(options)
    if options.stage in ("film", "all"):
        _film(options)
    return 0


def _require(options: argparse.Namespace) -> None:
    """Before minutes go into the clip: what it needs in the end is there."""
    from demo.comparison import original
    from demo.errors import DemoError
    from demo.film import facts

    if options.video is None:
        original.networks_of(options.model)
    elif not options.video.is_file():
        raise DemoError(f"{options.video}: expected a video, found none")
    facts.gather(options.report, options.model)


def _clip(options: argparse.Namespace) -> None:
    from demo.clip.render import ClipOptions, render

    target, wanted = options.out / "clip.mp4", ClipOptions()
    if target.is_file() and target.with_suffix(".jsonl").is_file():
        print(f"{target}: kept")
        return
    with _progress("clip", wanted.frames) as bar:
        texts = render(target, wanted, lambda count: bar.update())
    print(f"{target}: {wanted.frames / wanted.fps:.0f} s; its texts are in {texts}")


def _compare(options: argparse.Namespace) -> None:
    from demo.comparison.measure import measure
    from demo.comparison.render import render
    from demo.errors import DemoError

    clip, target = options.video or options.out / "clip.mp4", options.out / "comparison.mp4"
    if not clip.is_file():
        raise DemoError(f"{clip}: expected a video, found none; run python -m demo clip first")

    def say(role: str, kept: bool) -> None:
        print(f"{role} reader: " + ("kept" if kept else "reads the clip, which takes some minutes"), flush=True)

    found = measure(clip, options.model, options.out / ".build", say)
    with _progress("comparison", found["original"].frames) as bar:
        drawn = render(clip, found, target, _width(options), lambda count: bar.update())
    speeds = ", ".join(
        f"{record.title}: {record.capacity_fps:.1f} frames per second, {record.alone_ms:.0f} ms for one alone"
        for record in found.values()
    )
    print(f"{target}: {'drawn' if drawn else 'kept'}. {speeds}")


def _film(options: argparse.Namespace) -> None:
    from demo.film import build, fonts, frames, narration

    script, facts = _script(options)
    target, comparison = options.out / "demo.mp4", options.out / "comparison.mp4"
    settings = build.FilmOptions(_width(options), not options.silent)
    with _progress("film", round(script.seconds * script.fps)) as bar:

        def seen(scene, kept: bool) -> None:
            bar.update(round(scene.seconds * script.fps) if kept else 1)

        film = build.build(script, facts, comparison, target, settings, seen)
    reason = "as asked" if options.silent else f"{narration.PROGRAM} is not installed"
    voice = "spoken" if film.spoken else f"silent ({reason})"
    size = "x".join(map(str, frames.scaled(settings.width)))
    print(
        f"{film.video}: {script.seconds:g} s, {size}, {voice}, set in {fonts.describe()}; "
        f"{film.rendered} of {len(script.scenes)} scenes drawn now; captions in {film.captions}"
    )


def _preview(options: argparse.Namespace) -> None:
    from demo.film import preview

    target = options.out / "preview.png"
    preview.write(*_script(options), target)
    print(f"{target}: some pictures of every scene")


def _script(options: argparse.Namespace):
    from demo.film import facts, script

    found = facts.gather(options.report, options.model)
    return script.load(found, options.script or script.SCRIPT), found


def _width(options: argparse.Namespace) -> int:
    return _QUICK_WIDTH if options.quick else 1920


def _progress(title: str, frames: int) -> tqdm:
    """A bar on a terminal, nothing elsewhere."""
    return tqdm(total=frames, desc=title, unit=" frames", disable=None, leave=False)


if __name__ == "__main__":
    sys.exit(main())
