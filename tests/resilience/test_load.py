"""One reader under load: from many threads, from forked workers, for a long time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from edgedigits import DigitReader
from edgedigits_data import load_mnist

SCRIPT = """
import os, pickle, sys, threading, time
import cv2
from edgedigits import DigitReader
pages = pickle.load(sys.stdin.buffer)
reader = DigitReader()
alone = [reader.read(page) for page in pages]
wrong = 0
def fork(i):
    global wrong
    child = os.fork()
    if not child:
        os._exit(not reader.read(pages[i]) == alone[i])
    wrong += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
time.sleep(0.2)
for i in range(4):  # OpenCV has threads of its own, which sleep
    fork(i)
cv2.setNumThreads(1)  # which are not safe to fork while they work
done = threading.Event()
def others():
    while not done.is_set():
        [reader.read(page) for page in pages]
threads = [threading.Thread(target=others) for _ in range(2)]
[thread.start() for thread in threads]
for i in range(60):  # some of them in the midst of another thread's call to an engine
    fork(i % len(pages))
done.set()
print(wrong)
"""


@pytest.fixture(scope="module")
def pages():
    images = load_mnist("test").images
    pages = []
    for i in range(12):
        page = np.full((120, 60 * (1 + i % 5)), 240, np.uint8)
        for k in range(1 + i % 5):
            page[46:74, 16 + 60 * k : 44 + 60 * k] -= (images[7 * i + k] * 0.9).astype(np.uint8)
        pages.append(cv2.resize(page, None, fx=1 + i % 3, fy=1 + i % 3))
    return pages


def test_eight_threads_get_the_answers_that_one_gets(pages):
    reader = DigitReader()
    alone = [reader.read(page) for page in pages]
    assert sum(len(page.digits) for page in alone) > 20
    order = np.random.default_rng(0).permutation(8 * len(pages)) % len(pages)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda i: reader.read(pages[i]), order))
    assert together == [alone[i] for i in order]


def test_readers_made_by_threads_at_once_leave_standard_error_alone(capfd):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: DigitReader(), range(16)))
    print("still here", file=sys.stderr, flush=True)
    assert "still here" in capfd.readouterr().err


@pytest.mark.slow
def test_forked_workers_get_the_answers_that_one_gets(pages):
    import pickle

    done = subprocess.run([sys.executable, "-c", SCRIPT], input=pickle.dumps(pages), capture_output=True, timeout=300)
    assert done.stdout.strip() == b"0", done.stdout.decode() + done.stderr.decode()


@pytest.mark.slow
def test_reading_on_and_on_leaves_memory_where_it_was():
    soak = [sys.executable, str(__file__).replace("test_load.py", "soak.py"), "--reads", "4000"]
    done = subprocess.run(soak, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
