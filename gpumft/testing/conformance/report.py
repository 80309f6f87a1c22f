"""What a check of a transform found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that a transform breaks.

    Attributes:
        rule: its name.
        says: what the rule asks, in a sentence.
        source: the method or page of Media Foundation that says so.
        problem: what the transform did instead.
    """

    rule: str
    says: str
    source: str
    problem: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.problem}\n    {self.says} ({self.source})"


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """What `check_transform` found. `str()` reads like a page.

    Attributes:
        transform: the transform's name.
        passed: names of the rules that it keeps.
        failures: those that it breaks.
        skipped: names of those that do not apply, each with the reason.
    """

    transform: str
    passed: tuple[str, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the rules that are broken."""
        return tuple(failure.rule for failure in self.failures)

    def __str__(self) -> str:
        counts = f"{len(self.passed)} rules kept, {len(self.failures)} broken"
        lines = [f"{self.transform}: {counts}, {len(self.skipped)} do not apply"]
        lines += [str(failure) for failure in self.failures]
        lines += [f"not applicable: {rule}: {reason}" for rule, reason in self.skipped]
        return "\n".join(lines)


class NotConforming(AssertionError):
    """A transform breaks rules; `report` tells which.

    Derives from AssertionError, so that a test fails rather than errs.
    """

    def __init__(self, report: ConformanceReport) -> None:
        super().__init__(str(report))
        self.report = report
