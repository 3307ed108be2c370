"""Gives memory that is free again back to the system: glibc keeps what lies between blocks that are in use."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

# Less is kept: to give pages back and to get them again takes time.
_WORTH_BYTES = 8 << 20


def own_bytes() -> tuple[int, int]:
    """The address space of this process, and how much of it is in memory.

    Raises:
        OSError: The system does not say.
    """
    addresses, resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[:2]
    page = os.sysconf("SC_PAGE_SIZE")
    return int(addresses) * page, int(resident) * page


class FreedMemory:
    """Remembers how much memory the process held when it gave some back the last time."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._trim = getattr(library, "malloc_trim", None)  # glibc has it, musl does not
        self._held = 0

    def give_back(self) -> bool:
        """Gives back what is free, if the process has grown since; whether it did."""
        if not self._trim:
            return False
        with contextlib.suppress(OSError):
            held = own_bytes()[1]
            if held - self._held > _WORTH_BYTES:
                self._trim(ctypes.c_size_t(0))
                self._held = own_bytes()[1]
                return True
            self._held = min(self._held, held)
        return False
