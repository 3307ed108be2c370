"""Where the program `tflite-ocr` begins: Ctrl-C ends it without a word until `main` takes signals, and after it."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # what a shell has set to be ignored stays so
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> int:
    """Runs the command line; see `__main__.main`."""
    from tflite_ocr import __main__

    return __main__.main(sys.argv[1:])
