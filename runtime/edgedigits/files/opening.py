"""Opens what a user names: only regular files, without waiting for a pipe's writer, and never more than a limit."""

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# O_NONBLOCK: opening a pipe returns at once; O_NOCTTY: a terminal does not become ours. Windows has neither.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_regular(path: "str | os.PathLike[str]") -> "BufferedReader":
    """Open a regular file for reading; links are followed.

    The path is looked at before it is opened, as opening a device can have effects, and the open file again, as the
    path may have been replaced in between.

    Raises:
        OSError: if it cannot be opened, or is no regular file; its `strerror` says why.
    """
    try:
        _refuse_others(os.stat(path), path)
        handle = os.open(path, _FLAGS)
    except ValueError as error:  # a NUL character
        raise OSError(errno.EINVAL, f"its name is not valid: {error}", os.fspath(path)) from error
    try:
        _refuse_others(os.fstat(handle), path)
        if hasattr(os, "set_blocking"):
            os.set_blocking(handle, True)
        return open(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: "str | os.PathLike[str]", limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        OSError: as `open_regular`, and if the file is larger; its `strerror` says why.
    """
    with open_regular(path) as file:
        declared = os.fstat(file.fileno()).st_size
        content = file.read(declared + 1) if declared <= limit else b""
    if max(declared, len(content)) > limit:
        size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit} bytes"
        raise OSError(errno.EFBIG, f"it is larger than {size}, the most that is read of such a file")
    return content


def check_unpacked(path: "str | os.PathLike[str]", limit: int) -> None:
    """Refuse a zip archive, as .keras files are, whose members unfold to more than `limit` bytes; others pass.

    Raises:
        OSError: as `open_regular`, and if there is more; its `strerror` says why.
    """
    import zipfile

    with open_regular(path) as file:
        if not zipfile.is_zipfile(file):
            return
        try:
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
        except (zipfile.BadZipFile, ValueError) as error:
            raise OSError(errno.EINVAL, f"it is no whole archive ({error})", os.fspath(path)) from error
    if unpacked > limit:
        raise OSError(errno.EFBIG, f"it unfolds to {unpacked / 1e9:.1f} GB, more than {limit / 1e9:.1f}")


def _refuse_others(status: os.stat_result, path: "str | os.PathLike[str]") -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", os.fspath(path))
