"""How much work a video took."""

from dataclasses import dataclass


@dataclass
class Counts:
    """What was really computed.

    Attributes:
        frames: Frames that came out.
        searched: Frames that the detector searched as a whole.
        searched_in_part: Frames of which it searched only what had changed.
        seen: Lines of text in all frames together.
        read: Crops that the recogniser read.
    """

    frames: int = 0
    searched: int = 0
    searched_in_part: int = 0
    seen: int = 0
    read: int = 0
