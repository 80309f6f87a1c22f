"""Settings of all tests."""

from importlib.util import find_spec

import pytest

if find_spec("hypothesis") is not None:  # a machine lent for its GPU may not have it
    from hypothesis import settings

    # No wall-clock limit: the tests share a small machine. The same examples every time: a failure
    # in one run is a failure in the next.
    settings.register_profile("gpumft", deadline=None, derandomize=True)
    settings.load_profile("gpumft")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what ci/test takes besides pytest's own options."""
    parser.addoption(
        "--full-product",
        action="store_true",
        help="convert every format into every format on every backend, which takes long",
    )
