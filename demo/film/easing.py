"""How things move: shares of a movement, 0 to 1, from times in seconds."""


def share(time_s: float, start_s: float, length_s: float) -> float:
    """How much of a span has passed, 0 before it and 1 after it."""
    if length_s <= 0:
        return float(time_s >= start_s)
    return min(1.0, max(0.0, (time_s - start_s) / length_s))


def smooth(x: float) -> float:
    """Slow at both ends; 0 to 0, 1 to 1 (cubic)."""
    return x * x * (3 - 2 * x)


def out(x: float) -> float:
    """Fast at first, slow at its end (quintic): for what enters."""
    return 1 - (1 - x) ** 5


def back(x: float) -> float:
    """Like `out`, a little too far and then back: for what is set down."""
    y = x - 1
    return 1 + 2.2 * y**3 + 1.2 * y**2


def enter(time_s: float, start_s: float, length_s: float = 0.7) -> float:
    """`out` of the share of a span."""
    return out(share(time_s, start_s, length_s))


def glide(time_s: float, start_s: float, length_s: float = 0.8) -> float:
    """`smooth` of the share of a span."""
    return smooth(share(time_s, start_s, length_s))


def mix(first: float, second: float, x: float) -> float:
    """The value at share x of the way from first to second."""
    return first + (second - first) * x
