"""The files of a journal: made ready in advance, mapped into memory, so that writing is a copy and asks nobody.

What was copied outlives the process, however it ends: the pages are the kernel's. A thread brings them to the disk, and
keeps the next files ready; room that is there when it is needed cannot run out when the disk does (F28).
"""

import contextlib
import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

LOCK = "lock"
_SUFFIX = ".segment"
_UNFINISHED = "new-"


class Segment:
    """One file, mapped."""

    __slots__ = ("_file", "map", "number", "path")

    def __init__(self, folder: Path, number: int, size: int) -> None:
        """Make it.

        Raises:
            OSError: there is no room for it.
        """
        self.number, self.path = number, folder / f"{number:08d}{_SUFFIX}"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(self._file, 0, size)
            self.map = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            self.path.unlink()
            raise

    def sync(self) -> None:
        """Bring what was written to the disk. ``msync`` would do the same, and hold the interpreter's lock."""
        os.fdatasync(self._file)

    def close(self, *, remove: bool) -> None:
        """Let go of it."""
        self.map.close()
        os.close(self._file)
        if remove:
            self.path.unlink()


def prove(parent: Path, size: int) -> None:
    """Make sure that journals can be written in a folder, and leave nothing there.

    Raises:
        OSError: no file of this size can be made there.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=parent) as file:
        os.posix_fallocate(file.fileno(), 0, size)


class Holder:
    """A journal's folder, held by a lock that goes with the process.

    Args:
        folder: the journal's.
        lock: descriptor of its lock's file, locked.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder, self._lock = folder, lock

    @property
    def id(self) -> str:
        """The journal's."""
        return self.folder.name

    def segments(self) -> Iterator[tuple[int, bytes]]:
        """Number and content of each file, in order."""
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            yield int(path.stem), path.read_bytes()

    def release(self, *, remove: bool) -> None:
        """Let go of it, with all that is in it or without."""
        if remove:
            for path in sorted(self.folder.iterdir(), reverse=True):  # the lock is the last one
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # somebody put a file of his own there
                self.folder.rmdir()
        os.close(self._lock)


def create(parent: Path, name: str) -> Holder:
    """Make a journal's folder, locked before anybody can see it.

    Raises:
        OSError: it cannot be made there.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft, folder = parent / f"{_UNFINISHED}{name}", parent / name
    draft.mkdir(mode=0o700)
    lock = os.open(draft / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    draft.rename(folder)
    return Holder(folder, lock)


def orphans(parent: Path) -> Iterator[Holder]:
    """The journals whose processes are gone. Each is locked: nobody else gets it until it is released."""
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        holder = _taken(folder) if folder.is_dir() else None
        if holder is not None:
            yield holder


def _taken(folder: Path) -> Holder | None:
    if folder.name.startswith(_UNFINISHED):  # of a process that died in its first moment, or lives it
        return None
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(folder / LOCK).st_ino == os.fstat(lock).st_ino:  # else another one took it, and did away with it
            return Holder(folder, lock)
    except OSError:
        pass
    os.close(lock)
    return None
