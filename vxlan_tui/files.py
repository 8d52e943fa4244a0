"""Files that are written whole or not at all, and never through a link or where others could put another one."""

import errno
import grp
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UnsafePath(OSError):  # noqa: N818 (it is what is so)
    """A place that others could write to, or that is not what it should be."""

    def __init__(self, words: str) -> None:
        super().__init__(errno.EPERM, words)

    def __str__(self) -> str:
        return str(self.strerror)


class NotWritten(OSError):  # noqa: N818 (it is what is so)
    """A file that could not be written; the words name it, and not a temporary name that nobody has given."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error), str(path))

    def __str__(self) -> str:
        return f"{self.filename} cannot be written: {self.strerror}"


class BadName(OSError):  # noqa: N818 (it is what is so)
    """A name that no file can be found by; the words say why."""

    def __init__(self, name: str | Path, why: str) -> None:
        super().__init__(errno.EINVAL, why, str(name))

    def __str__(self) -> str:
        return f"{self.filename} cannot be used: {self.strerror}"


def find(name: str | Path) -> tuple[Path, bool]:
    """Return the path that a name stands for, and whether something is there; raise BadName where nobody can tell."""
    try:
        path = Path(name).expanduser().absolute()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path, False
    except RuntimeError as error:
        raise BadName(name, "that home directory is not known") from error
    except (OSError, ValueError) as error:
        raise BadName(name, getattr(error, "strerror", "") or str(error)) from error
    return path, True


def private_directory(path: Path) -> Path:
    """Give a directory that root alone can enter, made if it is missing; raises OSError, UnsafePath."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafePath(f"{path} is not a directory")
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafePath(f"{path} can be written by others: `chown 0:0 {path} && chmod 700 {path}` mends it")
    return path


def open_private(path: Path, flags: int) -> int:
    """Open a file of a private directory that only its owner can read, made if it is missing; raises OSError."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise UnsafePath(f"{path} is not a plain file")
    if found.st_mode & 0o077:
        os.fchmod(descriptor, 0o600)
    return descriptor


def append(path: Path, text: str) -> None:
    """Add to the end of a file of a private directory, made if it is missing, and bring that to the disk.

    Raises OSError, also where not all of it could be written.
    """
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
    try:
        data = text.encode(errors="surrogateescape")
        if os.write(descriptor, data) != len(data):
            raise OSError(f"{path} could not be written whole: is the disk full?")
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, text: str, mode: int = 0o600, keep: bool = False) -> None:
    """Write a file so that it has its old content or all of the new one, whatever happens.

    What is there under that name, be it a link, is replaced and not written to; with `keep`, a file that was there
    keeps its owner and its mode. What somebody writes through sudo in a directory of theirs is theirs. Raises
    NotWritten, and UnsafePath where others could put something else in the place of the file, or have: in a directory
    that they can write to, or in one as /tmp is (sticky) a name that is not ours.
    """
    try:
        _write_whole(path, text, mode, keep)
    except UnsafePath:
        raise
    except OSError as error:
        raise NotWritten(path, error) from error


def _write_whole(path: Path, text: str, mode: int, keep: bool) -> None:
    with _directory(path.parent) as (directory, shared):
        new = shared and _is_new(path, directory)
        # No name that somebody could know before, and none that a crash would leave in the way of the next try.
        temporary = f".{path.name[:200]}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, mode, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
                file.flush()
                if not (keep and _as_it_was(file.fileno(), path.name, directory)):
                    _for_whoever_asked(file.fileno(), directory)
                os.fsync(file.fileno())
            if new:  # a link takes no place that somebody was quicker to take
                os.link(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
                os.unlink(temporary, dir_fd=directory)
            else:
                os.rename(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            os.unlink(temporary, dir_fd=directory)
            raise
        os.fsync(directory)


def _is_new(path: Path, directory: int) -> bool:
    """Whether there is nothing yet under that name; raises UnsafePath where there is what is not a file of ours."""
    try:
        found = os.stat(path.name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise UnsafePath(f"{path} is there already and not yours, in a directory that others can write to")
    return False


def _as_it_was(descriptor: int, name: str, directory: int) -> bool:
    """Give a new file the owner of the one that it replaces, where root may, and its mode, but for others to write.

    Return whether there was one.
    """
    try:
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(found.st_mode):
        return False
    if os.geteuid() == 0:
        os.fchown(descriptor, found.st_uid, found.st_gid)
    os.fchmod(descriptor, found.st_mode & 0o775)
    return True


def _for_whoever_asked(descriptor: int, directory: int) -> None:
    """Give a file to the owner of its directory where that is who became root by sudo, who is to read it later."""
    owner = os.fstat(directory)
    if os.geteuid() == 0 and os.environ.get("SUDO_UID") == str(owner.st_uid):
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def _directory(path: Path) -> Iterator[tuple[int, bool]]:
    """Hold a directory open, so that it stays the one that was looked at; raises OSError, UnsafePath.

    With it comes whether others can make files there too, while only their owners can take them away (sticky).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        shared = bool(found.st_mode & stat.S_IWOTH) or bool(found.st_mode & stat.S_IWGRP and not _own_group(found))
        if shared and not (found.st_mode & stat.S_ISVTX and found.st_uid in (0, os.geteuid())):
            raise UnsafePath(f"others can write to the directory {path}: choose one of your own")
        yield descriptor, shared
    finally:
        os.close(descriptor)


def _own_group(found: os.stat_result) -> bool:
    """Whether a directory's group is its owner alone, as where every user has a group of their own."""
    try:
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == group.gr_gid and set(group.gr_mem) <= {owner.pw_name}
