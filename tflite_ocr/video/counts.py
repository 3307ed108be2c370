"""How much work a video took."""

from dataclasses import dataclass


@dataclass
class Counts:
    """Numbers of what was computed.

    Attributes:
        frames: Number of frames given out.
        searched: Number of frames that the detector searched as a whole.
        searched_in_part: Number of frames in which it searched only the changed parts.
        seen: Number of lines of text in all frames together.
        read: Number of crops that the recogniser read.
    """

    frames: int = 0
    searched: int = 0
    searched_in_part: int = 0
    seen: int = 0
    read: int = 0
