"""colour-science, imported so that the other tests do not notice.

It puts mocks into `sys.modules` for SciPy and Matplotlib where they are absent (Numba would take
the one for SciPy), changes how NumPy prints, and warns of what is not installed.
"""

import sys
import warnings
from unittest.mock import Mock

import numpy as np

_known = set(sys.modules)
with np.printoptions(), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour
    from colour import models
for _name in set(sys.modules) - _known:
    if isinstance(sys.modules[_name], Mock):
        del sys.modules[_name]

__all__ = ("colour", "models")
