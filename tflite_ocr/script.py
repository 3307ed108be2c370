"""Where the program `tflite-ocr` begins: Ctrl-C ends it without a word until `main` takes signals, and after it."""

import _signal  # type: ignore[import-not-found]  # signal itself waits for enum, and Ctrl-C may come meanwhile
import sys

if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:  # what a shell has set to be ignored stays so
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def main() -> int:
    """Runs the command line; see `__main__.main`."""
    from tflite_ocr import __main__

    return __main__.main(sys.argv[1:])
