"""Files that are written whole or not at all, for root alone, and never through a link."""

import os
import stat
from pathlib import Path


class UnsafePath(Exception):  # noqa: N818 (it is what is so)
    """A place that others could write to, or that is not what it should be."""


def private_directory(path: Path) -> Path:
    """Give a directory that root alone can enter, made if it is missing; raises OSError, UnsafePath."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafePath(f"{path} is not a directory")
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafePath(f"{path} can be written by others: `chown 0:0 {path} && chmod 700 {path}` mends it")
    return path


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that it has its old content or all of the new one, whatever happens; raises OSError."""
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
