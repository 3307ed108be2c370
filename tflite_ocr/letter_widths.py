"""What the width of some letters of a line says about the width of another, in fonts that are not of fixed width.

Logarithms of widths are taken for jointly Gaussian: a mean for each sign, four factors that fonts differ by (the fourth
is how wide digits are by letters), the line's size, and what is a sign's own (Bishop, Pattern Recognition and Machine
Learning, section 12.2.4).
"""

from collections.abc import Sequence

import numpy as np

# A sign, the mean of its logarithm by its font's median, its own standard deviation, its loads; of 881 fonts: what
# `python -m training widths` prints.
_TABLE = """
A 0.151 0.066 0.001 -0.012 0.052 0.012
B -0.004 0.038 -0.004 0.026 -0.020 0.011
C 0.015 0.042 0.039 0.005 0.023 0.015
D 0.098 0.031 0.010 0.048 0.028 0.004
E -0.014 0.051 -0.001 0.025 -0.051 -0.049
F -0.059 0.046 -0.009 0.022 -0.070 -0.060
G 0.111 0.052 0.034 -0.017 0.039 -0.013
H 0.179 0.059 -0.001 0.063 -0.013 -0.061
J -0.278 0.181 -0.013 0.028 -0.143 -0.038
K 0.120 0.042 -0.005 0.065 -0.008 -0.009
L -0.099 0.089 -0.038 0.007 0.003 -0.063
M 0.340 0.066 0.001 0.072 0.017 0.008
N 0.129 0.045 0.000 0.085 0.006 -0.014
O 0.100 0.036 0.041 0.004 0.076 0.056
P -0.034 0.048 -0.005 0.053 -0.031 0.029
R 0.033 0.045 -0.026 0.027 0.020 -0.006
S -0.093 0.072 0.042 -0.033 -0.064 0.018
T 0.006 0.063 -0.017 -0.001 0.029 0.001
U 0.047 0.050 -0.017 0.045 0.041 -0.003
V 0.111 0.052 -0.009 0.019 0.071 0.050
W 0.456 0.077 -0.001 0.029 0.076 0.066
X 0.151 0.051 0.013 0.054 0.000 0.017
Y 0.062 0.061 -0.008 0.003 0.047 0.029
Z 0.004 0.069 0.034 0.009 -0.021 -0.012
0 -0.192 0.057 -0.006 -0.001 0.022 0.185
1 -0.609 0.223 -0.035 0.095 -0.010 0.091
2 -0.183 0.055 0.024 0.031 -0.044 0.148
3 -0.204 0.040 0.025 0.006 -0.050 0.151
4 -0.173 0.057 -0.011 -0.005 0.017 0.172
5 -0.196 0.042 0.025 0.013 -0.057 0.150
6 -0.213 0.019 -0.009 -0.003 0.005 0.169
7 -0.209 0.063 0.013 0.031 -0.027 0.162
8 -0.194 0.044 0.010 -0.006 -0.031 0.160
9 -0.212 0.020 -0.010 -0.003 0.006 0.168
"""
_ROWS = {row[0]: np.array(row[2:].split(), float) for row in _TABLE.strip().splitlines()}
_SIZE_VARIANCE = 100.0  # of the logarithm of a line's size: any size is as likely
_FEWEST = 3  # widths from which on they say something
SIGNS = frozenset(_ROWS)
_NARROW = "-/.I"


def typical(sign: str) -> float:
    """Width of a sign by that of its font's middle one, about."""
    return float(np.exp(_ROWS[sign][0])) if sign in _ROWS else 0.4 if sign in _NARROW else 0.9


def log_likelihood(sign: str, width: float, others: Sequence[tuple[str, float]], error: float) -> float:
    """How likely a sign has its width beside others of one line; 0.0 where they are too few to say.

    Args:
        sign: One of SIGNS, what the width would be that of.
        width: Of its ink, in pixels.
        others: Other signs of the line and their widths, those that are known.
        error: By how many pixels widths are measured wrong, standard deviation.
    """
    known = [(other, other_width) for other, other_width in others if other in SIGNS]
    if len(known) < _FEWEST:
        return 0.0
    rows = np.array([_ROWS[other] for other, _ in known])
    widths = np.array([other_width for _, other_width in known])
    away = np.log(widths) - rows[:, 0]
    precision = 1 / (rows[:, 1] ** 2 + (error / widths) ** 2)
    loads = np.column_stack([rows[:, 2:], np.ones(len(rows))])
    prior = np.diag([1.0] * (loads.shape[1] - 1) + [1 / _SIZE_VARIANCE])
    covariance = np.linalg.inv(prior + loads.T * precision @ loads)
    factors = covariance @ (loads.T * precision @ away)
    own = _ROWS[sign]
    load = np.append(own[2:], 1.0)
    mean = own[0] + load @ factors
    variance = load @ covariance @ load + own[1] ** 2 + (error / width) ** 2
    return float(-0.5 * ((np.log(width) - mean) ** 2 / variance + np.log(2 * np.pi * variance)))
