"""python -m tests.arm [IMAGE ...]: does the wheel read on 64-bit Arm what it reads here? (make test-arm)

Builds the wheel of this checkout, installs it in an emulated Arm Debian and, with equal versions of its packages, here;
lets both read the images, and prints every line that differs. The first run fetches 0.6 GB. An image takes 5 s
(cortex-a76) to a minute (cortex-a72, which has no dot products) of one core. Arm programs cannot start others there: no
FFmpeg, no Tesseract. Exit: 0 as equal as asked for; 1 texts differ, or reading failed; 2 the set-up failed.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

from tests.arm.comparing import compare
from tests.arm.userland import ArmError, Userland, run

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tflite-ocr" / "arm"
_INSTALLING = "cortex-a76"  # the fastest to emulate


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(arguments)
    for name in ("PYTHONPATH", "PYTHONHOME"):
        os.environ.pop(name, None)
    try:
        return _compare_sides(options)
    except ArmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.arm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="tests/golden's when none is given")
    parser.add_argument(
        "--cpus", default="cortex-a72 cortex-a76", help="qemu's: also cortex-a53, max (Raspberry Pi 4 and 5)"
    )
    parser.add_argument("--model", default="edge", help="folder of a converted model (edge)")
    parser.add_argument("--precision", default="", help="of the model (its own)")
    parser.add_argument("--differ", type=float, default=3.0, metavar="PERCENT", help="lines that may differ (3)")
    parser.add_argument("--release", default="bookworm", help="of Debian: bookworm (Python 3.11) or trixie (3.13)")
    parser.add_argument("--mirror", help="of Debian (the one that apt uses)")
    parser.add_argument("--cache", type=Path, default=CACHE, help=f"folder of what is fetched ({CACHE})")
    return parser


def _compare_sides(options: argparse.Namespace) -> int:
    images = options.images or sorted(p for p in (ROOT / "tests/golden").iterdir() if p.suffix in (".png", ".jpg"))
    for image in images:
        if not image.is_file():
            raise ArmError(f"expected an image, found no file {image}")
    model = options.model if options.model == "edge" else str(Path(options.model).resolve())
    home = options.cache / options.release
    home.mkdir(parents=True, exist_ok=True)
    _say("preparing the Arm system")
    userland = Userland(options.cache, options.release, options.mirror)
    script = Path(__file__).with_name("reading.py")
    status = 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _install(_wheel(work), userland, home)
        words = [model, options.precision, "", *[str(image.resolve()) for image in images]]
        here = _read([str(_python(home / "here")), str(script)], words, work / "here.jsonl")
        for cpu in options.cpus.split():
            try:
                there = _read(userland.command(cpu, _python(home / "arm"), script), words, work / f"{cpu}.jsonl")
            except ArmError as error:
                print(f"{cpu}: {error}")
                status = 1
                continue
            result = compare(here, there)
            for message in result.messages:
                print(f"  {message}")
            print(
                f"{cpu}: {result.lines} lines on {len(here)} images, {result.different} differ; corners by at most "
                f"{result.corner_px:.2f} pixels, confidences {result.confidence:.4f}; "
                f"{sum(record['seconds'] for record in there):.0f} s emulated",
                flush=True,
            )
            status = status if result.within(options.differ) else 1
    return status


def _read(command: list[str], words: list[str], out: Path) -> list[dict]:
    """The records of reading.py, run in a folder without artifacts/."""
    model, precision, _, *images = words
    run([*command, model, precision, out, *images], "reading", cwd=out.parent)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def _wheel(work: Path) -> Path:
    """The wheel of the checkout's tracked files, built apart so that no build/ appears in it."""
    source = work / "source"
    for name in run(["git", "-C", ROOT, "ls-files"], "listing the checkout").splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", work, source], "building the wheel")
    return next(work.glob("*.whl"))


def _requirements(wheel: Path) -> str:
    """A digest of what the wheel needs: other packages are installed when it changes."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode("utf-8").splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist") and "extra" not in line]
    return hashlib.sha256("\n".join(needed).encode()).hexdigest()


def _install(wheel: Path, userland: Userland, home: Path) -> None:
    """The wheel in both environments, in the same versions of all that it needs."""
    stamp, arm, here = home / "installed", home / "arm", home / "here"
    emulated = userland.command(_INSTALLING, _python(arm), "-m", "pip", "--disable-pip-version-check")
    with_pip = {**os.environ, "PYTHONPATH": str(userland.pip)}
    native = [str(_python(here)), "-m", "pip", "--disable-pip-version-check"]
    if not stamp.exists() or stamp.read_text() != _requirements(wheel):
        stamp.unlink(missing_ok=True)
        for folder in (arm, here):
            shutil.rmtree(folder, ignore_errors=True)
        _say("installing the wheel for Arm (pip runs emulated: some minutes)")
        python = userland.command(_INSTALLING, userland.root / "usr/bin/python3", "-m", "venv", "--without-pip", arm)
        run(python, "making the Arm environment")
        run([*emulated, "install", "-q", "--no-cache-dir", wheel], "installing for Arm", env=with_pip)
        _say("installing the same versions here")
        venv.create(here, with_pip=True)
        frozen = run([*emulated, "list", "--format=freeze"], "listing the Arm packages", env=with_pip).split()
        pins = home / "versions.txt"
        pins.write_text("\n".join(line for line in frozen if not line.startswith(("tflite", "pip==", "setuptools=="))))
        run([*native, "install", "-q", "-c", pins, wheel], "installing here")
        stamp.write_text(_requirements(wheel))
    else:
        for site in (*arm.glob("lib/python3*/site-packages"), *here.glob("lib/python3*/site-packages")):
            for old in site.glob("tflite_ocr*"):
                shutil.rmtree(old)
            run([*native, "install", "-q", "--no-deps", "--target", site, wheel], "installing the wheel")


def _python(environment: Path) -> Path:
    return environment / "bin" / "python3"


def _say(line: str) -> None:
    print(f"arm: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as error:
        sys.exit(f"error: {error}")
