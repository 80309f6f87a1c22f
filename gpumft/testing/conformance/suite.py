"""check_transform: all the rules over one kind of transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gpumft.testing.conformance import asynchronous as asynchronous_rules
from gpumft.testing.conformance import data, messages, samples, streams, types
from gpumft.testing.conformance.asynchronous import AsyncBench, is_async
from gpumft.testing.conformance.bench import Bench
from gpumft.testing.conformance.report import ConformanceReport, Failure, NotConforming
from gpumft.testing.conformance.rule import Broken, NotApplicable, Rule

RULES: Final[tuple[Rule, ...]] = (
    *streams.RULES,
    *types.RULES,
    *data.RULES,
    *messages.RULES,
    *samples.RULES,
)
"""Every rule of synchronous transforms, in the order in which they are checked."""

ASYNC_RULES: Final[tuple[Rule, ...]] = (
    streams.stream_limits_hold_the_count,
    streams.stream_numbers_are_told_or_fixed,
    streams.fixed_streams_stay,
    streams.attributes_are_one_object,
    streams.stream_flags_do_not_contradict,
    types.lists_of_types_end,
    types.lists_of_types_are_the_clients,
    types.listed_types_can_be_set,
    types.types_are_unset_at_first,
    types.types_are_read_back,
    types.types_are_kept_by_value,
    *asynchronous_rules.RULES,
)
"""Every rule of asynchronous ones."""


def check_transform(
    factory: Callable[[], Any],
    *,
    input: object = None,
    output: object = None,
    raises: bool = True,
) -> ConformanceReport:
    """Check whether a transform keeps Media Foundation's contract.

    Each rule works on transforms of its own, fed with small pictures of noise. Asynchronous ones
    (MF_TRANSFORM_ASYNC) are unlocked, and have rules of their own in place of those of synchronous
    data flow; `shutdown` ends them.

    Args:
        factory: makes a transform, without arguments: a class, or a function.
        input: the input type to check with; None: the first that the transform offers and takes,
            with 66 x 50 pixels and 25 pictures a second where it leaves these open.
        output: the output type; None: the first that the transform offers and takes.
        raises: whether rules that are broken raise; otherwise look into the report.

    Returns:
        Which rules are kept, which are broken, and which do not apply.

    Raises:
        NotConforming: an AssertionError that tells each broken rule, what the transform did
            instead, and where Media Foundation says so.
        InvalidArg: the transform offers no input types, and none is given.
        InvalidMediaType: no types fit.

    Thread-safety: one call at a time.
    """
    first = factory()
    asynchronous = is_async(first)
    bench = (AsyncBench if asynchronous else Bench)(factory, input, output)
    passed: list[str] = []
    failures: list[Failure] = []
    skipped: list[tuple[str, str]] = []
    for rule in ASYNC_RULES if asynchronous else RULES:
        try:
            rule.check(bench)
        except NotApplicable as reason:
            skipped.append((rule.name, str(reason)))
        except Broken as problem:
            failures.append(Failure(rule.name, rule.says, rule.source, str(problem)))
        except Exception as error:  # noqa: BLE001 - whatever it raises breaks the rule
            problem_told = f"it raises {type(error).__name__}: {error}"
            failures.append(Failure(rule.name, rule.says, rule.source, problem_told))
        else:
            passed.append(rule.name)
    report = ConformanceReport(type(first).__name__, tuple(passed), tuple(failures), tuple(skipped))
    if failures and raises:
        raise NotConforming(report)
    return report
