"""Engines for tests, made in workers: each call is noted in a file, so that the order over all processes is seen."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.running.protocol import EngineLine, Skipped

QUAD = ((1.0, 2.0), (9.0, 2.0), (9.0, 6.0), (1.0, 6.0))


class Echo:
    """Reads the name of the image."""

    def __init__(self, name, log=None, seconds=0.0):
        self.name, self.log, self.seconds = name, log, seconds

    def note(self, what):
        if self.log:
            with open(self.log, "a", encoding="utf-8") as stream:
                stream.write(f"{self.name} {what}\n")

    def read(self, path):
        self.note(path.name)
        time.sleep(self.seconds)
        print("engines may print", flush=True)
        return [EngineLine(path.stem, 0.5, QUAD)]

    def recognize(self, paths):
        self.note(" ".join(path.name for path in paths))
        return [path.stem for path in paths]


class Network:
    """Doubles its input."""

    def prepare(self, tensor):
        self.tensor = tensor

    def run(self):
        self.result = self.tensor * np.float32(2)

    def output(self):
        return self.result


def echo(name="echo", log=None, seconds=0.0):
    return Echo(name, log, seconds)


def crashing(log=None, after=0):
    """Ends its process in the call after so many."""
    engine = Echo("crashing", log)
    plain, calls = engine.read, []

    def read(path):
        calls.append(path)
        if len(calls) > after:
            print("the last straw", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        return plain(path)

    engine.read = read
    return engine


def raising():
    raise ValueError("no such model")


def hanging(log=None):
    engine = Echo("hanging", log)
    engine.read = lambda path: time.sleep(1000)
    return engine


def refusing():
    raise Skipped("not on this machine")


def reading_only():
    engine = Echo("reading only")

    def recognize(paths):
        raise Skipped("reads pages alone")

    engine.recognize = recognize
    return engine


def with_child(note):
    """Starts a program that outlives its call, and writes both process ids to a file."""
    child = subprocess.Popen(["sleep", "1000"])
    Path(note).write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    return Echo("with child")


def greedy(megabytes):
    """Holds memory while it reads."""
    engine = Echo("greedy")
    plain = engine.read

    def read(path):
        held = np.ones(megabytes << 20, np.uint8)
        return plain(path) if held[-1] else []

    engine.read = read
    return engine


def network():
    return Network()


def blind():
    """Reads every image alike."""
    engine = Echo("blind")
    engine.recognize = lambda paths: ["xxxxxxxxxx" for _ in paths]
    return engine
