"""check_transform: whether anybody's transform keeps Media Foundation's contract.

Rules are functions over a ``Bench``, one file a subject; each names its source in Media Foundation.
"""

from gpumft.testing.conformance.report import ConformanceReport, Failure, NotConforming
from gpumft.testing.conformance.suite import ASYNC_RULES, RULES, check_transform

__all__ = [
    "ASYNC_RULES",
    "RULES",
    "ConformanceReport",
    "Failure",
    "NotConforming",
    "check_transform",
]
