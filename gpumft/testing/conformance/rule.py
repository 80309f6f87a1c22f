"""How a rule is written: a function, its source, and words for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpumft.errors import MFError, NotImplementedMF

if TYPE_CHECKING:
    from gpumft.testing.conformance.bench import Bench


class Broken(Exception):
    """The transform breaks the rule that is being checked."""


class NotApplicable(Exception):
    """The rule has nothing to say of this transform."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the function that checks it, and where it comes from."""

    name: str
    says: str
    source: str
    check: Callable[[Bench], None]


def rule(source: str) -> Callable[[Callable[[Bench], None]], Rule]:
    """Return a decorator that makes a rule of a function; its docstring is what the rule says."""

    def decorate(check: Callable[[Bench], None]) -> Rule:
        says = " ".join((check.__doc__ or "").split())
        return Rule(check.__name__, says, source, check)

    return decorate


def expect(kept: object, problem: str) -> None:
    """Break the rule with `problem` unless `kept` is true."""
    if not kept:
        raise Broken(problem)


def refused(
    what: str,
    errors: type[MFError] | tuple[type[MFError], ...],
    call: Callable[..., object],
    *arguments: object,
    **options: object,
) -> None:
    """Expect a call to raise one of `errors`, told by their codes."""
    several = errors if isinstance(errors, tuple) else (errors,)
    wanted = " or ".join(dict.fromkeys(error.name for error in several))
    try:
        call(*arguments, **options)
    except MFError as error:
        kept = error.hresult in {one.hresult for one in several}
        expect(kept, f"{what} raises {error.name}, not {wanted}")
    except Exception as error:
        msg = f"{what} raises {type(error).__name__} ({error}), not {wanted}"
        raise Broken(msg) from error
    else:
        raise Broken(f"{what} is taken; it should raise {wanted}")


def optional(call: Callable[..., Any], *arguments: object) -> Any:
    """Return what an optional method answers; None where it is not implemented."""
    try:
        return call(*arguments)
    except NotImplementedMF:
        return None
