"""Translation units: which kernel files, with which definitions, make one device program."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from gpumft.device.kernel_files import kernel_folder
from gpumft.errors import KernelBuildError

Dialect = Literal["opencl", "cuda"]
Defines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A file of kernels/ and the words that hold within it.

    A file such as taps.h is a pattern: each part that names it makes one more function, whose name
    and parameters are its definitions. They are undefined after it.

    Thread-safety: immutable.
    """

    file: str
    defines: Defines = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """What a device's compiler is given, as a value: equal units give equal machine code.

    Thread-safety: immutable.
    """

    parts: tuple[Part, ...]
    """In order; the dialect's prelude comes before them."""
    entries: tuple[str, ...]
    """Names of the kernels."""
    defines: Defines = ()
    """Words that hold in all parts."""
    _texts: dict[str, str] = field(init=False, default_factory=dict, compare=False, repr=False)

    def text(self, dialect: Dialect) -> str:
        """Return the whole source; `#line` names the file in kernels/ that a line is from.

        Raises:
            FileMissing: the installation has no kernels.
        """
        if dialect not in self._texts:
            self._texts[dialect] = "".join(self._lines(dialect))
        return self._texts[dialect]

    def key(self, dialect: Dialect, *more: str) -> str:
        """Return a hash of the source, and of whatever else decides about the machine code."""
        digest = hashlib.blake2b(self.text(dialect).encode(), digest_size=16)
        for word in more:
            digest.update(b"\0" + word.encode())
        return digest.hexdigest()

    def _lines(self, dialect: Dialect) -> Iterator[str]:
        yield from _defined(self.defines)
        yield _numbered_file(f"prelude_{dialect}.h")
        for part in self.parts:
            yield from _defined(part.defines)
            yield _numbered_file(part.file)
            yield from (f"#undef {name}\n" for name, _ in part.defines)


def build_error(device: str, log: str, source: str) -> KernelBuildError:
    """Return the error of a compiler that refused `source`, with its log and the numbered source.

    Thread-safety: a pure function.
    """
    message = f"{device} does not build a kernel:\n{log.strip()}"
    return KernelBuildError(message, log=log, source=numbered(source))


def numbered(source: str) -> str:
    """Return `source` with two numbers before each line: in all, and since the last #line.

    Some compilers name files and their lines, others count through.

    Thread-safety: a pure function.
    """
    lines = []
    number = 1
    for total, line in enumerate(source.splitlines(), 1):
        lines.append(f"{total:5d} {number:4d}  {line}")
        number = int(line.split()[1]) if line.startswith("#line ") else number + 1
    return "\n".join(lines) + "\n"


def _defined(defines: Defines) -> Iterator[str]:
    return (f"#define {name} {value}\n" for name, value in defines)


@cache
def _numbered_file(name: str) -> str:
    text = (kernel_folder() / name).read_text(encoding="ascii")
    return f'#line 1 "kernels/{name}"\n{text}'
