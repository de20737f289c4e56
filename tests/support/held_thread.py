"""Holds one thread of another process still, as a disk that never answers does: ptrace(2), for the process's parent."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WAIT_FOR_THREADS = 0x40000000
"""__WALL of waitpid(2)."""


def threads_of(pid: int) -> list[int]:
    """The threads of a process by their ids, the first one first."""
    return sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())


@contextmanager
def held(thread: int) -> Iterator[None]:
    """Let a thread stand still while the block lasts; the test is skipped where this is not allowed."""
    _ptrace(_SEIZE, thread)
    try:
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _WAIT_FOR_THREADS)
        yield
    finally:
        _ptrace(_DETACH, thread)


def _ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) == -1:
        code = ctypes.get_errno()
        if request == _SEIZE and code == errno.EPERM:
            pytest.skip("this machine lets no process hold a thread of another (ptrace)")
        raise OSError(code, os.strerror(code))
