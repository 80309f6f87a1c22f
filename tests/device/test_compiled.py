"""The machine code: what it may contain, when it is made, where it is kept."""

from __future__ import annotations

import gc
import hashlib
import logging
import re
import tracemalloc
import weakref
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import numpy as np
import pytest

from gpumft.device import Program, open_device
from gpumft.device.cpu import compiler, filters, fused, kept, layout, selftest, translate, workshop
from gpumft.device.program import Apply
from gpumft.device.vectors import vectors
from gpumft.errors import KernelBuildError
from gpumft.testing import twin
from tests.contract import programs
from tests.contract.program_parts import linear, noise, ringing
from tests.device.engine_help import flushing_to_zero, in_child, run, straight, through_matrix

DTYPES = ("uint8", "uint16", "uint32", "float16", "float32")
KERNELS = (
    *(["run_bands", "stop_bands", "recognise", "mix", "gather", "weigh", "unweigh", "probe"]),
    *(["phases.row", "phases.uint8", "phases.uint16", "vertical.uint8.2", "vertical.uint8.4"]),
    *(f"load.{dtype}.1" for dtype in DTYPES),
    *(f"store.{dtype}" for dtype in ("uint8", "uint16", "uint32")),
    *(f"vertical.{dtype}" for dtype in ("row", "uint8", "uint16", "float16")),
    *(f"paint.{dtype}.uint8.r.c0" for dtype in DTYPES if dtype != "uint32"),
    *(["load.uint8.2", "load.uint8.3", "load.float16.4", "split.2", "split.3"]),
    *("paint.uint8.uint8.prr.101-111-110", "paint.uint8.uint8.prr.101-111-110.packed.111"),
    *("woven.row..1.1-0-2-0-0-1-0", "woven.uint8.packed.1.6-1-6-1-6-2-0"),
    "woven.uint8.packed.1.6-0-0-0-0-4-1.far",
    *("pairs.uint8.4.zero.2-12-14", "pairs.uint16.1..0-2-2", "pairs.row.1.zero.1-2-3"),
    *(f"pairs.uint8.{n}.zero.2-4-6_1-3-3-1-1-3-3-1_3" for n in (1, 2, 4)),
    "pairs.uint8.4.signed.2-8-10",
    "paint.uint8.uint8.rrr.110-111-101-k",
    "paint.uint16.uint8.rrr.111-111-111",
    "paint.row.uint8.rrr.111",
    *("paint.uint8.uint8.prr.101-111-110.shaped", "store.uint8.shaped", "store.uint16.shaped"),
    *(f"{family}.{name}" for family in ("pack", "unpack") for name in "yuv"),
)
FORMULAS = {
    name: layout.register(joined.formula)
    for name in ("formula_roots", "formula_powers", "formula_choices", "formula_chain")
    for joined in fused.fused(programs.case(name).program.stages, 3)
    if isinstance(joined, Apply)
}
"""Kernels of formulas; that of a chain of mixes and curves is one."""
INNER = (
    "phases.row",
    "phases.uint8",
    "vertical.uint8",
    "vertical.uint8.2",
    "vertical.uint8.4",
    "vertical.row",
    "pairs.uint8.1.zero.1-4-5",
    "paint.uint8.uint8.prr.101-111-110",
    "paint.uint8.uint8.prr.101-111-110.shaped",
    *FORMULAS.values(),
)
"""Kernels whose loops cost the time."""
VECTOR_FMA = re.compile(r"\bvfn?m(add|sub)\d*ps\b|\bfmla\s+v")


@cache
def made(name: str) -> Any:
    """A kernel compiled here and now, once for all tests that look at it."""
    return translate.library_of(name, layout.formula_of(name))[1]


def bodies(ir: str) -> str:
    """The functions of a module, declarations and attributes left out."""
    return "\n".join(re.findall(r"^define .*?^}", ir, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", [*KERNELS, *FORMULAS.values()])
def test_no_double_in_any_kernel(name: str) -> None:
    ir = bodies(made(name).get_llvm_str())
    assert "define" in ir
    assert not re.search(r"\bdouble\b", ir)
    assert not re.search(r"\b(fast|reassoc|contract|afn|arcp|nnan|ninf|nsz)\b", ir)


@pytest.mark.parametrize("name", [*INNER, "mix"])
def test_taps_and_quantisation_are_vector_code(name: str) -> None:
    assert VECTOR_FMA.search(made(name).get_asm_str())


def loops(name: str) -> list[list[str]]:
    """Loops that hold a packed fma, from their label to the jump back to it."""
    lines = made(name).get_asm_str().splitlines()
    labels = {line[:-1]: n for n, line in enumerate(lines) if re.fullmatch(r"\.?L\w+:", line)}
    longest = 1000 if name in FORMULAS.values() else 200
    found = []
    for n, line in enumerate(lines):
        jump = re.match(r"\s+(?:j[a-z]+|b[a-z.]*|cbn?z|tbn?z)\s.*?(\.?L\w+)$", line)
        begin = labels.get(jump[1], n) if jump else n
        body = lines[begin:n]
        if begin < n and n - begin < longest and any(VECTOR_FMA.search(step) for step in body):
            found.append(body)
    return found


@pytest.mark.parametrize("name", INNER)
def test_no_calls_and_no_gathers_in_the_inner_loops(name: str) -> None:
    assert loops(name)
    for body in loops(name):
        for step in body:
            assert not re.search(r"\bcall|\bblr?\s|gather", step), step


def test_a_product_is_never_an_operand_of_a_sum() -> None:
    """A written-out fma is the only way: no fmul feeds an fadd or fsub in the kernels' IR."""
    for name in KERNELS:
        for body in bodies(made(name).get_llvm_str()).split("\ndefine "):
            products = set(re.findall(r"(%\S+) = fmul ", body))
            sums = re.findall(r" = f(?:add|sub) (?:<[^>]*> |float )(\S+), (\S+)", body)
            fed = {operand.rstrip(",") for pair in sums for operand in pair} & products
            assert not fed, name


def test_a_chain_is_one_loop_in_vector_registers() -> None:
    """A few instructions an operation; nothing is moved lane by lane."""
    (chain,) = fused.fused(programs.case("formula_chain").program.stages, 3)
    assert isinstance(chain, Apply)
    assert chain.formula.operations > 200
    (body,) = loops(FORMULAS["formula_chain"])
    assert len(body) < 6 * chain.formula.operations
    lanes = r"\bv?(?:movss|insertps|extractps|pextrd|pinsrd)\b|\b(?:ins|umov)\s"
    assert not [step for step in body if re.search(lanes, step)]


def test_nothing_compiles_and_nothing_is_allocated_after_build() -> None:
    program = through_matrix("nv12", (642, 360), "rgb24", (960, 541), ringing)
    source = noise(program.source, program.source_size)
    others = [np.ascontiguousarray(plane[:, ::-1])[:, ::-1] for plane in source]
    target = [np.zeros((541, 960, 3), np.uint8)]
    with open_device("cpu", threads=2) as device:
        built = device.build(program)
        built(source, target)
        tracemalloc.start()
        try:
            with patch.object(compiler, "kernel") as asked:
                for planes in (source, others):
                    built(planes, target)
                    built(planes, [target[0][::-1]])
            snapshot = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
    asked.assert_not_called()
    numpy_domain = np.lib.tracemalloc_domain
    pixels = [t for t in snapshot.traces if t.domain == numpy_domain and t.size >= 4096]
    assert not pixels
    assert max(t.size for t in snapshot.traces) < 65536


HASHES = """
import hashlib, sys
from gpumft.device import Program, open_device
from tests.contract import programs
from tests.device.engine_help import run
digest = hashlib.sha256()
with open_device("cpu", threads=2) as device:
    for name in sys.argv[1:]:
        case = programs.case(name)
        for plane in run(device, case.program, case.planes):
            digest.update(plane.tobytes())
print(digest.hexdigest())
"""
NAMES = (
    "nv12_to_rgb24", "taps_mixed_100", "alpha_of_floats", "float_matrix", "formula_powers",
    "formula_chain_420", "scale_alpha", "dither_420_odd", "v210_odd",
)  # fmt: skip


@pytest.mark.parametrize(
    "environment",
    [{"NUMBA_CPU_NAME": "generic"},
     {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "-avx512f"}],
    ids=["generic", "avx2"],
)  # fmt: skip
def test_other_instruction_sets_give_the_same_bytes(environment: dict[str, str]) -> None:
    digest = hashlib.sha256()
    with open_device("cpu", threads=1) as device:
        for name in NAMES:
            case = programs.case(name)
            for plane in run(device, case.program, case.planes):
                digest.update(plane.tobytes())
    assert in_child(environment, HASHES, *NAMES) == digest.hexdigest()


@pytest.mark.parametrize("name", ["float_matrix", "formula_roots", "formula_powers", "scale_alone"])
def test_flush_to_zero_mode_changes_no_byte(name: str) -> None:
    case = programs.case(name)
    with open_device("cpu", threads=1) as device:
        expected = [plane.tobytes() for plane in run(device, case.program, case.planes)]
        with flushing_to_zero():
            assert np.float32(1e-40) * np.float32(1) == 0  # the mode is really on
            found = [plane.tobytes() for plane in run(device, case.program, case.planes)]
    assert found == expected


@pytest.fixture
def made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """An empty cache; kernels are compiled in this process, and counted."""
    monkeypatch.setenv("GPUMFT_CACHE_DIR", str(tmp_path))
    counted = Mock(wraps=translate.translate)
    monkeypatch.setattr(workshop, "make", counted)
    monkeypatch.setattr(compiler, "_unwritten", {})
    kept._warn_once.cache_clear()
    return counted


def test_kernels_are_kept_in_the_chosen_folder(made_here: Mock, tmp_path: Path) -> None:
    first = compiler.machine_code("mix")
    assert kept.path_of("mix").is_relative_to(tmp_path)
    assert [path.name for path in kept.cache_folder().iterdir()] == [kept.path_of("mix").name]
    assert compiler.machine_code("mix") == first
    made_here.assert_called_once_with("mix", None)


@pytest.mark.parametrize("damage", ["nonsense", "cut", "empty", "a folder"])
def test_a_damaged_cache_file_means_compiling_again(
    damage: str, made_here: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    first = compiler.machine_code("split.2")
    path = kept.path_of("split.2")
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    else:
        path.write_bytes({"nonsense": b"\x80nonsense", "cut": content[:-1], "empty": b""}[damage])
    with caplog.at_level(logging.WARNING, "gpumft.device"):
        for _ in range(2):
            assert len(compiler.machine_code("split.2").binary) == len(first.binary)
    assert made_here.call_count == 2
    assert sum("cannot be read" in record.message for record in caplog.records) == 1


def test_an_unwritable_cache_folder_means_one_warning(
    made_here: Mock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    monkeypatch.setenv("GPUMFT_CACHE_DIR", str(blocker))
    with caplog.at_level(logging.WARNING, "gpumft.device"):
        for name in ("split.2", "split.3", "split.2"):
            assert compiler.machine_code(name).binary
    assert made_here.call_count == 2  # in memory it is kept nevertheless
    (told,) = [r.message for r in caplog.records if "not kept on disk" in r.message]
    assert told.startswith(f"kernels are not kept on disk: {kept.cache_folder()} is not writable")


def test_the_cache_key_covers_every_file_of_the_engine() -> None:
    folder = Path(compiler.__file__).parent
    jitted = {"arithmetic.py", "vectors.py", "kernels.py", "columns.py", "across.py", "layout.py"}
    jitted |= {"pixels.py", "paint.py", "probe.py", "formulas.py", "v210.py", "translate.py"}
    jitted |= {"atomics.py", "recognise.py", "pairs.py", "doubled.py"}
    assert jitted <= {path.name for path in folder.glob("*.py")}
    assert kept.cache_folder().name == kept.source_hash()


def test_kernels_that_no_program_uses_leave_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_kernels", OrderedDict())
    monkeypatch.setattr(compiler, "_MOST", 2)
    first = weakref.ref(compiler.kernel("mix"))
    address = compiler.kernel("mix").address
    for name in ("run_bands", "probe"):
        compiler.kernel(name)
    gc.collect()
    assert address
    assert first() is None
    assert set(compiler._kernels) == {"run_bands", "probe"}


def test_the_self_test_holds_the_suite_s_vectors() -> None:
    shipped = Path(compiler.__file__).parents[1] / "primitives.json"
    assert shipped.read_bytes() == (Path(__file__).parents[1] / "data/primitives.json").read_bytes()
    assert selftest.complaint() == ""


def test_the_self_test_complains(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = vectors()
    wrong[0].results[7] ^= 1
    monkeypatch.setattr(selftest, "vectors", lambda: wrong)
    assert re.match(r"fma\(.*\) gives .*, not ", selftest.complaint())


def test_equal_programs_are_built_once_and_sixteen_are_kept() -> None:
    def make(width: int) -> Program:
        return straight("gray", (width, 4), "gray", (width, 4), ringing)

    with open_device("cpu", threads=1) as device:
        first, second = device.build(make(9)), device.build(make(9))
        assert first is not second
        assert first._runner is second._runner
        for width in range(10, 26):
            device.build(make(width))
        assert device.memory_stats().programs == 16
        assert device.memory_stats().scratch > 0
        assert device.build(make(9))._runner is not first._runner


def broken(args: int, scratch: int, planes: int, y: int, count: int) -> None:
    y.no_such_thing()  # type: ignore[attr-defined]


def test_a_kernel_that_numba_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translate, "source_of", lambda _name, _formula: broken)
    with pytest.raises(KernelBuildError, match="cannot compile the kernel mix") as caught:
        translate.translate("mix")
    assert "no_such_thing" in caught.value.log
    assert "def broken" in caught.value.source


def test_a_kernel_that_would_need_numba_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def prints(args: int, scratch: int, planes: int, y: int, count: int) -> None:
        print(y)  # noqa: T201 - that calls Python

    monkeypatch.setattr(translate, "source_of", lambda _name, _formula: prints)
    with pytest.raises(KernelBuildError, match=r"kernel mix calls .*, which is no part of it"):
        translate.translate("mix")


@pytest.mark.parametrize("name", ["paint.uint8.uint8.prr.101-111-110", "phases.row", "run_bands"])
def test_another_process_finds_what_was_compiled(name: str, made_here: Mock) -> None:
    code = compiler.machine_code(name)
    script = "import hashlib, sys; from gpumft.device.cpu import compiler, workshop\n"
    script += "workshop.make = None\n"
    script += "print(hashlib.sha256(compiler.machine_code(sys.argv[1]).binary).hexdigest())"
    assert in_child({}, script, name) == hashlib.sha256(code.binary).hexdigest()


APART = """
import sys
from gpumft.device import open_device
from gpumft.device.cpu import filters
from tests.contract.program_parts import linear, noise
from tests.device.engine_help import run, straight
filters.WORTH_UNROLLING = 0
program = straight("gray", (int(sys.argv[1]), 9), "gray", (264, 9), linear)
with open_device("cpu", threads=1) as device:
    run(device, program, noise(program.source, program.source_size))
"""


def test_kernels_that_several_processes_compiled_are_not_mixed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inner functions have names, which two processes may give to different ones."""
    monkeypatch.setenv("GPUMFT_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(filters, "WORTH_UNROLLING", 0)
    for columns in (132, 528):
        in_child({}, APART, str(columns))
    monkeypatch.setattr(workshop, "make", None)
    monkeypatch.setattr(compiler, "_kernels", OrderedDict())
    with open_device("cpu", threads=1) as device:
        for columns in (132, 528, 132):
            program = straight("gray", (columns, 9), "gray", (264, 9), linear)
            planes = noise(program.source, program.source_size)
            found = run(device, program, planes)
            np.testing.assert_array_equal(found[0], twin.run(program, planes)[0])
