"""Raw frames with time stamps in the simplest Matroska that FFmpeg reads from a pipe (RFC 9559, RFC 8794).

Raw video over a pipe has no time stamps; a frame in Matroska is the raw frame after 40 more bytes.
"""

_UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
MICROSECOND = 1000  # nanoseconds a tick


def header(width: int, height: int, frame_duration_s: float) -> bytes:
    """The bytes before the first frame; sides in pixels are even, the duration lets encoders estimate the bit rate."""
    read, extent, sized = _uint("4286", 1) + _uint("42F7", 1), _uint("42F2", 4) + _uint("42F3", 8), _uint("4287", 4)
    ebml = _element("1A45DFA3", read + extent + _element("4282", b"matroska") + sized + _uint("4285", 2))
    made = _element("4D80", b"tflite-ocr") + _element("5741", b"tflite-ocr")
    info = _element("1549A966", _uint("2AD7B1", MICROSECOND) + made)
    picture = _uint("B0", width) + _uint("BA", height) + _element("2EB524", b"I420")
    track = _uint("D7", 1) + _uint("73C5", 1) + _uint("83", 1) + _uint("9C", 0)
    track += _element("86", b"V_UNCOMPRESSED") + _uint("23E383", max(1, round(frame_duration_s * 1e9)))
    track += _element("E0", picture)
    return ebml + bytes.fromhex("18538067") + _UNKNOWN_SIZE + info + _element("1654AE6B", _element("AE", track))


def frame_header(time_us: int, duration_us: int, size_bytes: int) -> bytes:
    """The bytes before the pixels of a frame: a cluster of this frame alone."""
    duration = _uint("9B", max(1, duration_us))
    block = b"\xa1" + _size(size_bytes + 4) + b"\x81\x00\x00\x00"
    group_size = len(duration) + len(block) + size_bytes
    group = b"\xa0" + _size(group_size) + duration + block
    stamp = _uint("E7", max(0, time_us))
    return bytes.fromhex("1F43B675") + _size(len(stamp) + len(group) + size_bytes) + stamp + group


def _size(value: int) -> bytes:
    """A length in eight bytes (RFC 8794, section 6)."""
    return (value | 1 << 56).to_bytes(8, "big")


def _element(name: str, data: bytes) -> bytes:
    return bytes.fromhex(name) + _size(len(data)) + data


def _uint(name: str, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))
