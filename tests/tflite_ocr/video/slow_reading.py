"""A program for test_command: `tflite-ocr video` with a stand-in that takes its time, to be interrupted."""

import sys
import time

from tests.tflite_ocr.video.clips import StandIn
from tflite_ocr import reader
from tflite_ocr.__main__ import main
from tflite_ocr.video.reading import VideoOptions, VideoReading


class Slow(StandIn):
    def find(self, image):
        time.sleep(0.05)
        return super().find(image)


class StubReader:
    threads = 2

    def __init__(self, *_, **__):
        pass

    def decoding(self, *_):
        return None

    def read_video(self, source, *arguments):
        return VideoReading(self, source, VideoOptions(*arguments), Slow("HELLO"))


reader.Reader = StubReader
sys.exit(main(sys.argv[1:]))
