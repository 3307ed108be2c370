"""Limits of the size of pictures: decoding must fit into memory, on a server and on a computer of one gigabyte."""

import functools
import os
from pathlib import Path

# A quarter gigapixel as 3-byte BGR is half a gigabyte; the same bound as Pillow's.
MAX_PIXELS = 178_956_970
# Beside it Python, OpenCV and LiteRT take about a tenth of a gigabyte.
_MOST_BYTES = 940_000_000
_SHARE = 0.5  # of the machine's memory
# What reading a video and writing one take for each pixel of a frame: FFmpeg's frames and ours, see docs/security.md.
_BYTES_OF_VIDEO = 74
_GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@functools.lru_cache(maxsize=1)
def decoding_bytes() -> int:
    """The most that a picture may take while it is decoded, with its file: half of the memory, at most 0.94 GB.

    The memory is the machine's, or less if a control group or a limit of address space leaves less to this process.
    """
    return int(min(_MOST_BYTES, _SHARE * machine_bytes()))


def video_pixels() -> int:
    """The most pixels of a video's frame: 12.7 million, more than 4K, or what half of the memory allows."""
    return decoding_bytes() // _BYTES_OF_VIDEO


def machine_bytes() -> float:
    """Memory that this process may use; infinite where the system does not say."""
    found = [float("inf")]
    try:
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        pass
    for path in _GROUPS:
        try:
            found.append(int(Path(path).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        found.append(limit if limit != resource.RLIM_INFINITY else float("inf"))
    except (ImportError, OSError):
        pass
    return min(found)
