"""The process that reads: `python -m edgedigits_apps.batch.worker OUT BUNDLE ARTIFACT`, started by `processes`.

Each line of its input is a part. For each picture that it begins it writes the picture's number in the part, so that
whoever has started it knows what it died of; at the part's end what it has made of it.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2

from edgedigits import DigitReader, EdgeDigitsError
from edgedigits.imaging.decoding import decode_picture
from edgedigits.imaging.opencv_limits import is_out_of_memory
from edgedigits.imaging.picture_files import load_picture
from edgedigits_apps.batch.plan import Part
from edgedigits_apps.batch.table import Row, as_row, pictures, read_rows, write_rows


class Worker:
    """Turns parts of pictures into Parquet files; builds its reader once."""

    def __init__(self, out: str, bundle: str, artifact: str) -> None:
        cv2.setNumThreads(1)  # there is a worker for every core
        self._out = Path(out)
        self._reader = DigitReader(bundle, artifact=artifact)

    def work(self, part: Part, begin: Callable[[int], None], given_up: Mapping[int, str]) -> int:
        """Read one part and write its file; what its file has already is read again only where it failed.

        Args:
            part: what to read.
            begin: called with each picture's number before it is read.
            given_up: the errors of pictures that are not to be read, by their numbers.

        Returns:
            How many pictures the part has.

        Raises:
            BatchError: if the pictures' table cannot be read, or the part's file not be written.
        """
        known = read_rows(self._out / part.name)
        rows: list[Row] = []
        for i, (source, content) in enumerate(pictures(part)):
            if i < len(known) and known[i]["source"] == source and known[i]["error"] is None:
                rows.append(known[i])
            elif i in given_up:
                rows.append({"source": source, "error": given_up[i]})
            else:
                begin(i)
                rows.append(self._row(source, content))
        write_rows(self._out / part.name, rows)
        return len(rows)

    def _row(self, source: str, content: bytes | None) -> Row:
        try:
            picture = load_picture(source) if content is None else decode_picture(content, source)
            return as_row(source, self._reader.read(picture))
        except (EdgeDigitsError, OSError) as error:
            return {"source": source, "error": " ".join(str(error).split()) or type(error).__name__}
        except (MemoryError, cv2.error) as error:
            if not is_out_of_memory(error):
                raise
            return {"source": source, "error": f"{source} does not fit into memory; shrink it, or use fewer --workers"}


def main(out: str, bundle: str, artifact: str) -> None:
    """Work on each part that comes in, until the input ends; with it, at once, ends the process."""
    tell = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no message of ours
    parts: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            parts.put(line)
        os._exit(0)  # who has started this process has ended, even by kill -9

    threading.Thread(target=listen, daemon=True).start()
    try:
        worker = Worker(out, bundle, artifact)
        while True:
            message = json.loads(parts.get())
            given_up = {int(i): error for i, error in message["given_up"].items()}
            done = worker.work(Part(**message["part"]), lambda i: print(json.dumps({"begin": i}), file=tell), given_up)
            print(json.dumps({"done": done}), file=tell)
    except (EdgeDigitsError, OSError) as error:
        print(json.dumps({"error": str(error)}), file=tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
