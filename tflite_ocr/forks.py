"""What happens to loaded networks when the process forks.

Only the thread that calls fork() exists in the child. Executors and networks with their own threads would wait there
for ever for those of the parent, even when they are only deleted. So their owner replaces them in the child, and the
old ones are kept until the process ends.
"""

import ctypes
import os
import weakref
from typing import Protocol


class Owner(Protocol):
    """Something that holds threads."""

    def after_fork(self) -> None:
        """Called in the child; passes to `abandon` what must not be used or deleted there."""


_owners: "weakref.WeakSet[Owner]" = weakref.WeakSet()


def watch(owner: Owner) -> None:
    """Has `owner.after_fork()` called in every child that is forked while the owner lives."""
    _owners.add(owner)


def abandon(held: object) -> None:
    """Prevents something from being deleted in this process, even when the interpreter ends."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def _after_fork() -> None:
    for owner in list(_owners):
        owner.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
