"""Runs the network of one LSTM step over all columns of a batch of crops.

TensorFlow Lite has no fast kernel for a recurrent layer on many sequences; one step of it, for all
crops and both directions together, is an ordinary network. See converters/lstm.py for how it is made.
"""

from collections.abc import Callable

import numpy as np

# A step reads 8 projected gates and 4 states (h and c of both directions) of `hidden` channels each.
_GATES, _STATES = 8, 4


def unroll(step: Callable[[np.ndarray], np.ndarray], projected: np.ndarray) -> np.ndarray:
    """Runs a bidirectional LSTM layer.

    Args:
        step: float32 [1, 1, N, 12 * hidden] -> the next state [1, 1, N, 4 * hidden] (h forward, h backward, c forward,
            c backward). Its argument is the projected column of the forward direction, that of the backward direction,
            and the state before, all zero at the start.
        projected: float32 [N, 1, T, 8 * hidden], the input's share of the gates of both directions.

    Returns:
        float32 [N, 1, T, 2 * hidden], outputs of the forward and the backward direction at every column.
    """
    count, _, columns, channels = projected.shape
    hidden = channels // _GATES
    gates = channels // 2
    x = np.zeros((1, 1, count, hidden * (_GATES + _STATES)), np.float32)
    outputs = np.empty((count, 1, columns, 2 * hidden), np.float32)
    for forward in range(columns):
        backward = columns - 1 - forward
        x[0, 0, :, :gates] = projected[:, 0, forward, :gates]
        x[0, 0, :, gates:channels] = projected[:, 0, backward, gates:]
        state = step(x)
        x[..., channels:] = state
        outputs[:, 0, forward, :hidden] = state[0, 0, :, :hidden]
        outputs[:, 0, backward, hidden:] = state[0, 0, :, hidden : 2 * hidden]
    return outputs
