"""What a user names is opened if it is a regular file; everything else is refused at once."""

import os
import socket
import threading

import pytest

from edgedigits.files.opening import open_regular, read_regular


def test_a_regular_file_and_a_link_to_one_are_read(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"content")
    (tmp_path / "link").symlink_to(file)
    for path in (file, str(file), tmp_path / "link"):
        with open_regular(path) as opened:
            assert opened.read() == b"content"
            assert os.get_blocking(opened.fileno())
            assert not os.get_inheritable(opened.fileno())


def test_everything_else_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name, kind in [(".", "a folder"), ("pipe", "a pipe"), ("zero", "a device"), ("socket", "a socket")]:
            with pytest.raises(OSError, match=f"it is {kind}, not a regular file"):
                open_regular(tmp_path / name)
    for name, reason in [("missing", "No such file"), ("nul\0", "name is not valid")]:
        with pytest.raises(OSError, match=reason):
            open_regular(tmp_path / name)


def test_a_file_that_becomes_a_pipe_meanwhile_is_refused(tmp_path, monkeypatch):
    """The race that a check before opening loses: between it and open() the file is replaced."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    really = os.open

    def replaced(name, *arguments, **options):
        path.unlink()
        os.mkfifo(path)
        return really(name, *arguments, **options)

    monkeypatch.setattr("edgedigits.files.opening.os.open", replaced)
    caught = []

    def attempt():
        try:
            open_regular(path)
        except OSError as error:
            caught.append(error.strerror)

    waiting = threading.Thread(target=attempt, daemon=True)
    waiting.start()
    waiting.join(10)
    assert caught == ["it is a pipe, not a regular file"]


def test_no_more_than_the_limit_is_read(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(100))
    assert len(read_regular(file, 100)) == 100
    with pytest.raises(OSError, match="larger than 99 bytes"):
        read_regular(file, 99)
    os.truncate(file, 10**12)  # sparse: a terabyte that takes no disk
    with pytest.raises(OSError, match="larger than 1 MB"):
        read_regular(file, 1_000_000)
