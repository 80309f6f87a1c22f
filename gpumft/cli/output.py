"""What the command line says: results, JSON, errors and exit codes, each in one place."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gpumft import errors

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 400
"""Columns of a table that no terminal shows: nothing is cut."""


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    """Something went wrong on the way: a missing file, a full disk, no memory."""
    USAGE = 2
    """The command line asks for something that does not exist or is not allowed."""
    NO_DEVICE = 3
    """There is no such device, or it builds no kernels, or it was lost on the way."""
    UNSUPPORTED = 4
    """The input, or the kind of output asked for, is not supported; nothing could be decoded."""
    PARTIAL = 5
    """The input is damaged or cut off: what could be decoded was written."""
    INTERRUPTED = 130


class UsageError(errors.InvalidArg):
    """The command line is wrong."""


_CODES: tuple[tuple[type[BaseException], Exit], ...] = (
    (KeyboardInterrupt, Exit.INTERRUPTED),
    (errors.DeviceUnavailable, Exit.NO_DEVICE),
    (errors.DeviceLost, Exit.NO_DEVICE),
    (errors.KernelBuildError, Exit.NO_DEVICE),
    (errors.InvalidMediaType, Exit.UNSUPPORTED),
    (errors.InvalidStreamData, Exit.UNSUPPORTED),
    (errors.FormatChangeNotSupported, Exit.UNSUPPORTED),
    (errors.NotImplementedMF, Exit.UNSUPPORTED),
    (errors.InvalidPosition, Exit.USAGE),
    (errors.InvalidArg, Exit.USAGE),
    (errors.OutputExists, Exit.USAGE),
)
"""Exit codes of errors; the first class that fits decides, all others mean FAILED."""


def exit_code(error: BaseException) -> Exit:
    """Return the exit code that stands for an error.

    A type that is refused because of an option, such as a crop outside the picture, is usage.
    """
    if isinstance(error, errors.InvalidMediaType) and isinstance(
        error.__cause__, errors.InvalidArg
    ):
        return Exit.USAGE
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


def report(error: BaseException, *, as_json: bool, verbose: bool) -> Exit:
    """Say what went wrong and return the exit code.

    Args:
        error: what was raised.
        as_json: whether the error goes to stdout as an object too.
        verbose: whether the traceback is shown.
    """
    code = exit_code(error)
    message = words(error)
    with contextlib.suppress(OSError):  # where nobody listens, the exit code still tells
        if verbose:
            traceback.print_exception(error, file=sys.stderr)
        print(f"gpumft: {message}", file=sys.stderr)  # noqa: T201 - this is a command line
        if as_json:
            known = error if isinstance(error, errors.MFError) else errors.Fail()
            print_json(
                {
                    "error": {
                        "hresult": f"0x{known.hresult:08X}",
                        "name": known.name,
                        "message": message,
                        "exit_code": int(code),
                    }
                }
            )
    return code


def words(error: BaseException) -> str:
    """Return an error's message in one line."""
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "interrupted"
    text = " ".join(str(error).split())
    if isinstance(error, errors.MFError):
        return text
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' + text if text else ''}"
    if isinstance(error, OSError):
        return text
    return f"{type(error).__name__}: {text} (a defect of gpumft: -v shows where)"


def print_json(value: Any) -> None:
    """Print `value` as JSON on stdout."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False))  # noqa: T201


def plain(value: Any) -> Any:
    """Return `value` as what JSON knows: fractions become "30000/1001"."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Fraction):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Sequence | set | frozenset):
        return [plain(each) for each in value]
    return str(value)


def console(*, stderr: bool = False) -> Console:
    """Return a console; one that is no terminal is wide, so that nothing is cut."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, width=_WIDE)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under headings; a terminal wraps long cells."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console().print(table)


def say(text: str = "") -> None:
    """Print a line on stdout, as it is."""
    print(text)  # noqa: T201


def note(text: str) -> None:
    """Print a remark on stderr; nothing happens where nobody listens."""
    with contextlib.suppress(OSError):
        print(f"gpumft: {text}", file=sys.stderr)  # noqa: T201


def set_up_logging(*, verbose: bool) -> None:
    """Show the package's log on stderr: at INFO with -v, or at the level in GPUMFT_LOG."""
    level = os.environ.get("GPUMFT_LOG", "INFO" if verbose else "").upper()
    if not level:
        return
    known = logging.getLevelNamesMapping()
    logger = logging.getLogger("gpumft")
    logger.setLevel(known.get(level, logging.INFO))
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("gpumft: %(levelname)s: %(message)s"))
        logger.addHandler(handler)
