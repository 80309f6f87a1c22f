"""Building OpenCL programs from source, or from the binaries of earlier processes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from gpumft.device.binaries import Binaries, binary_key
from gpumft.device.cache import cache_folder

_TRAITS = (
    "name", "vendor", "version", "driver_version", "opencl_c_version", "extensions", "address_bits",
    "native_vector_width_char", "native_vector_width_float", "native_vector_width_double",
)  # fmt: skip
"""What tells the machine code of devices apart: a name alone may stand for several processors."""
_SWITCHES = ("CL_CONFIG_", "OCLGRIND_BUILD_OPTIONS", "PYOPENCL_BUILD_OPTIONS")
"""Beginnings of environment variables that compilers heed: Intel's, Oclgrind's and pyopencl's."""


class OpenCLBuilder:
    """Builds programs for one device of a context; keeps their binaries on disk.

    Runtimes that keep binaries themselves (NVIDIA's, PoCL) are left to do so.

    Args:
        cl: the module pyopencl.
        context: a context of `device` alone.
        device: pyopencl's.
        options: the compiler's.

    Thread-safety: all methods may be called from any thread.
    """

    def __init__(self, cl: Any, context: Any, device: Any, options: Sequence[str]) -> None:
        from pyopencl.characterize import has_src_build_cache

        self._cl = cl
        self._context = context
        self._device = device
        self._options = list(options)
        self._traits = tuple(_traits(cl, device))
        own = not has_src_build_cache(device)
        self._binaries = Binaries(cache_folder() / "opencl") if own else None

    def build(self, source: str) -> Any:
        """Return pyopencl's program of a source text, built.

        A binary that the runtime does not take is no error: the source is built in its place.

        Raises:
            pyopencl.Error: the compiler refuses the source, or something else failed.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a compiler's remarks on success
            if self._binaries is None:
                return self._from_source(source)
            key = binary_key((*self._options, *_switches(), *self._traits, source))
            binary = self._binaries.find(key)
            program = None if binary is None else self._from_binary(binary)
            if program is None:
                program = self._from_source(source)
                (binary,) = program.get_info(self._cl.program_info.BINARIES)
                self._binaries.keep(key, binary)
            return program

    def _from_source(self, source: str) -> Any:
        program = self._cl.Program(self._context, source)
        # Asked before it is built, so that pyopencl passes the source on as it is. Its own cache
        # adds a random name, which no runtime's cache has seen, and waits for other processes.
        program.get_info(self._cl.program_info.NUM_DEVICES)
        return program.build(self._options)

    def _from_binary(self, binary: bytes) -> Any:
        try:
            program = self._cl.Program(self._context, [self._device], [binary])
            return program.build(self._options)
        except self._cl.Error:
            return None


def _traits(cl: Any, device: Any) -> Iterator[str]:
    yield cl.VERSION_TEXT
    for thing, names in ((device.platform, ("name", "version")), (device, _TRAITS)):
        for name in names:
            try:
                yield str(getattr(thing, name))
            except cl.Error:
                yield ""


def _switches() -> Iterator[str]:
    for name, value in sorted(os.environ.items()):
        if name.startswith(_SWITCHES):
            yield f"{name}={value}"
