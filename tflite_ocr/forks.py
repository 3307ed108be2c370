"""What happens to loaded networks when the process forks.

Only the thread that calls fork() exists in the child. Executors and networks with their own threads would wait there
for ever for those of the parent, even when they are only deleted. So their owner replaces them in the child, and the
old ones are kept until the process ends.
"""

import ctypes
import os
import weakref
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


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


class Lock(Protocol):
    """A lock that a thread may acquire again, as threading.RLock."""

    def acquire(self) -> Any:
        """Waits for it."""

    def release(self) -> None:
        """Frees it."""


def guard(lock: Lock) -> None:
    """Has forks wait until no other thread holds a lock: a child then finds it free, and what it protects whole."""
    _at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class Lazy(Generic[T]):
    """A property that is computed once for each object; two threads may compute it twice.

    functools.cached_property of Python 3.10 and 3.11 holds a lock meanwhile, for which a child forked by another
    thread would wait for ever.
    """

    def __init__(self, compute: Callable[[Any], T]):
        self._compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        value = instance.__dict__[self._name] = self._compute(instance)
        return value


def _after_fork() -> None:
    for owner in list(_owners):
        owner.after_fork()


def _at_fork(**hooks: Callable[[], Any]) -> None:
    if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
        os.register_at_fork(**hooks)


_at_fork(after_in_child=_after_fork)
