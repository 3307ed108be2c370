"""Ways of running one network; a file each, with a function that prepares a call to be timed.

`prepare(path, shape_nhwc, threads)` loads a model, gives it an input of random values and returns a function
without arguments that runs it once. It raises SkippedEngine, which says why, where that cannot be done.
"""

from collections.abc import Callable

Call = Callable[[], object]
SEED = 0


class SkippedEngine(Exception):
    """An engine cannot run this network here; the message is the reason and stands in the report."""
