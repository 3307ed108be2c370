"""Reads in a process that has read and then forks: run by test_forks.py, in a process without other libraries."""

import faulthandler
import functools
import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from tflite_ocr import OcrError, Reader, forks
from tflite_ocr.detection.detector import TextDetector

EDGE = Path(__file__).resolve().parents[1] / "artifacts" / "edge"
PATIENCE_S = 120
reader = None


def page(seed):
    """White paper with a few drawn numbers, and these numbers."""
    rng = np.random.default_rng(seed)
    image = np.full((260, 420, 3), 255, np.uint8)
    words = [str(number) for number in rng.integers(10_000, 99_999, 3)]
    for row, word in enumerate(words):
        cv2.putText(image, word, (30, 60 + 80 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 3, cv2.LINE_AA)
    return image, words


def texts(seed):
    return [line.text for line in reader.read(page(seed)[0])]


def limit_time(seconds=PATIENCE_S):
    """Ends this process after some seconds, and says in which line it waits."""
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(seconds)


def in_child(work):
    """The exit status of a child that calls a function; 0 where it returned True."""
    pid = os.fork()
    if pid == 0:
        limit_time()
        sys.exit(0 if work() else 3)  # the interpreter ends as usual, and deletes what it has
    return os.waitpid(pid, 0)[1]


def os_fork():
    def twice():  # also a child of a child
        return texts(2) == page(2)[1] and in_child(lambda: texts(3) == page(3)[1]) == 0

    return [in_child(twice), in_child(lambda: texts(4) == page(4)[1])]


def deleted():
    def delete():
        global reader
        reader = None
        gc.collect()
        return True

    return [in_child(delete), in_child(lambda: True)]


def closed():
    return [in_child(lambda: reader.close() is None)]


def detector():
    alone = reader.detector(2)
    found = len(alone.detect(page(1)[0])[0])
    return [in_child(lambda: isinstance(alone, TextDetector) and len(alone.detect(page(1)[0])[0]) == found)]


def while_others_read():
    stop = threading.Event()

    def work():
        while not stop.is_set():
            texts(1)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    found = [in_child(lambda: texts(5) == page(5)[1]) for _ in range(5)]
    stop.set()
    for thread in threads:
        thread.join()
    return found


def while_another_computes():
    """A thread is inside of a property while this one forks; children ask for the same of another object."""
    entered, leave = threading.Event(), threading.Event()

    def slow(self):
        entered.set()
        return leave.wait(0 if self.fast else None)

    def asked_in_child(kind, seconds):
        class Held:
            value = kind(slow)

            def __init__(self, fast):
                self.fast = fast

        def ask():
            limit_time(seconds)
            return Held(True).value is False

        entered.clear()
        leave.clear()
        thread = threading.Thread(target=lambda: Held(False).value)
        thread.start()
        entered.wait()
        status = in_child(ask)
        leave.set()
        thread.join()
        return status

    assert sys.version_info >= (3, 12) or asked_in_child(functools.cached_property, 2) != 0
    return [asked_in_child(forks.Lazy, PATIENCE_S)]


def while_another_renders():
    """PDFium's lock is held by a thread; the child forked meanwhile finds it free."""
    from tflite_ocr.documents import pdf

    entered = threading.Event()

    def render():
        with pdf._LOCK:
            entered.set()
            time.sleep(0.5)

    def lock():
        with pdf._LOCK:
            return True

    thread = threading.Thread(target=render)
    thread.start()
    entered.wait()
    found = [in_child(lock)]
    thread.join()
    return found


def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        found = workers.map_async(texts, range(4)).get(PATIENCE_S)
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as workers:
        found += workers.map(texts, range(4), timeout=PATIENCE_S)
    return [0 if found == [page(i)[1] for i in range(4)] * 2 else 1]


def pickled():
    """The method of a Reader is sent to a process that shares nothing with this one."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as workers:
        lines = workers.submit(reader.read, page(6)[0]).result(PATIENCE_S)
    return [0 if [line.text for line in lines] == page(6)[1] else 1]


def server():
    """Workers forked by a parent that has read already accept from one socket, as pre-fork servers do."""
    listening = socket.create_server(("127.0.0.1", 0))
    workers = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            limit_time()
            connection, _ = listening.accept()
            with connection:
                seed = int(connection.recv(64))
                connection.sendall(json.dumps(texts(seed)).encode())
            sys.exit(0)
        workers.append(pid)
    answers = []
    for seed in (7, 8):
        with socket.create_connection(listening.getsockname(), PATIENCE_S) as connection:
            connection.sendall(str(seed).encode())
            answers.append(json.loads(connection.recv(4096)) == page(seed)[1])
    return [os.waitpid(pid, 0)[1] for pid in workers] + [0 if all(answers) else 1]


def video():
    with reader.read_video(sys.argv[2]) as reading:
        next(reading)

        def go_on():
            try:
                next(reading)
            except OcrError as error:
                reading.close()
                return "call read_video in the child" in str(error)

        status = in_child(go_on)
        count = 1 + sum(1 for _ in reading)
    return [status, 0 if count == int(sys.argv[3]) else 1]


def main():
    global reader
    reader = Reader(EDGE, threads=2)
    assert texts(1) == page(1)[1], texts(1)
    statuses = globals()[sys.argv[1]]()
    assert not any(statuses), statuses


if __name__ == "__main__":
    main()
