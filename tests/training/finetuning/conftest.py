"""Fine-tuning's tests run on one thread."""

import pytest

from tests.training import bars


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with bars.one_thread():
        yield
