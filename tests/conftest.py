"""Settings of all tests."""

from importlib.util import find_spec

if find_spec("hypothesis") is not None:  # a machine lent for its GPU may not have it
    from hypothesis import settings

    # No wall-clock limit: the tests share a small machine. The same examples every time: a failure
    # in one run is a failure in the next.
    settings.register_profile("gpumft", deadline=None, derandomize=True)
    settings.load_profile("gpumft")
