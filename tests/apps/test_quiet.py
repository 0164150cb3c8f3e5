"""Libraries are silenced on the descriptor that they write to, and nothing of ours is lost."""

import subprocess
import sys

PROGRAM = """
import os, sys
from edgedigits_apps.quiet import quiet_libraries
with quiet_libraries({verbose}):
    os.write(2, b"chatter of a C++ library\\n")
    print("a line of ours", file=sys.stderr)
os.write(2, b"afterwards\\n")
print("and after that", file=sys.stderr)
"""


def said(verbose):
    program = PROGRAM.format(verbose=verbose)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_only_the_librarys_lines_are_dropped():
    assert said(False) == ["a line of ours", "afterwards", "and after that"]
    assert said(True) == ["chatter of a C++ library", "a line of ours", "afterwards", "and after that"]
