"""The kernels as CUDA: what NVRTC makes of them without a GPU.

`python -m tests.device.test_nvrtc` writes the table of docs/kernels.md anew.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from gpumft.device.gpu import selftest
from gpumft.device.gpu.launch import Launch
from gpumft.device.gpu.schedule import schedule
from gpumft.device.gpu.wide import wide_block
from gpumft.device.program import Program
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from tests.contract import backends
from tests.contract.programs import NAMES, case
from tests.contract.test_light_matrices import FEW, types
from tests.device import nvrtc

PAGE = Path(__file__).parents[2] / "docs" / "kernels.md"
SHOWN = (
    "nv12_to_rgb24", "yuv420p_odd_to_bgra", "rgb24_to_yuv420p", "depth_10_to_8_packed",
    "yuv444p_up_to_rgb24", "p010_down_to_gbrp", "bgr24_odd_to_nv12", "taps_mixed_100",
    "alpha_weighted", "v210_odd", "half_to_codes", "zeros_and_regions", "formula_chain",
    "formula_chain_420", "formula_sums", "scale_down_420", "dither_420_odd",
)  # fmt: skip
HEAD = "| program | launch | "
WIDE = (
    "nv12 rgb24", "rgb24 nv12", "yuv420p bgra", "yuyv422 rgb24", "p010le rgbaf16le",
    "nv12 yuv420p", "yuv420p yuv420p bicubic", "yuv420p yuv420p lanczos3", "nv12 rgb24 lanczos3",
)  # fmt: skip
"""Source, target and, where it is halved, the filter."""
WIDE_HEAD = "| conversion | block | "
HD = (1920, 1080)
MOST_REGISTERS = 128
"""Above, fewer than a quarter of a multiprocessor's threads run at once."""
MOST_OF_WIDE = 80
"""Above, fewer than three eighths do."""


REASON = "" if "nvrtc" in backends.REQUIRED else nvrtc.missing()
CASES = ("nvrtc",) if REASON else NAMES
pytestmark = [pytest.mark.skip(reason=REASON)] if REASON else []


def launches(name: str) -> Iterator[Launch]:
    yield from schedule(case(name).program).launches


@pytest.mark.parametrize("name", CASES)
def test_machine_code(name: str) -> None:
    """Nothing spills, nothing is double, and contraction changes nothing."""
    for launch in launches(name):
        judge(launch)


@pytest.mark.parametrize("given", FEW[::3], ids=lambda given: "-".join(given[:4]))
def test_machine_code_of_matrices_of_light(given: Any) -> None:
    *words, options = given
    settled = plan(*types(*words, (34, 12), (34, 12)), make_options(**options))
    for launch in schedule(settled.program).launches:
        judge(launch)


def judge(launch: Launch) -> None:
    """See `test_machine_code`."""
    source = launch.unit.text("cuda")
    code = nvrtc.look(nvrtc.compile(source, 90, fmad=True))
    assert (code.stack, code.local) == (0, 0)
    assert code.registers <= MOST_REGISTERS
    assert re.findall(r"\b(?:LDL|STL|D(?:ADD|MUL|FMA|SETP|MNMX)|MUFU)\b", code.sass) == []
    text = nvrtc.compile(source, 90, ptx=True).decode()
    assert re.findall(r"\.f64\b|\.local\b|\b(?:div|sqrt|ex2|lg2)\.", text) == []
    assert plain(nvrtc.compile(source, 90, ptx=True, fmad=True).decode()) == plain(text)


def plain(ptx: str) -> str:
    """PTX in which sums and products do not say that they may be contracted."""
    return re.sub(r"\b(add|sub|mul)\.rn\.f32", r"\1.f32", ptx)


def test_contraction_changes_no_instruction() -> None:
    for name in SHOWN[::4]:
        for launch in launches(name):
            source = launch.unit.text("cuda")
            codes = [nvrtc.look(nvrtc.compile(source, 90, fmad=on)) for on in (False, True)]
            assert codes[0].sass == codes[1].sass
            usage = [(code.registers, code.stack, code.local) for code in codes]
            assert usage[0] == usage[1]


def test_a_bare_product_and_sum_would_be_found() -> None:
    source = selftest.UNIT.text("cuda").replace("AS_UINT(FMA(x, y, z))", "AS_UINT(x * y + z)")
    found = [plain(nvrtc.compile(source, 90, ptx=True, fmad=on).decode()) for on in (True, False)]
    assert found[0] != found[1]


def rows(name: str) -> Iterator[tuple[str, str]]:
    """Lines of the table without their last cell, and the sources that they are about."""
    for launch in launches(name):
        source = launch.unit.text("cuda")
        codes = [nvrtc.look(nvrtc.compile(source, a)) for a in nvrtc.ARCHITECTURES]
        assert all((code.stack, code.local) == (0, 0) for code in codes)
        registers = " | ".join(str(code.registers) for code in codes)
        instructions = len(codes[2].sass.splitlines())
        yield f"| {name} | {launch.name} | {registers} | {instructions} |", source


def seconds(source: str) -> float:
    """The seconds of a build for sm_90."""
    nvrtc.compile.cache_clear()
    start = time.perf_counter()
    nvrtc.compile(source, 90)
    return time.perf_counter() - start


def lines(head: str) -> list[str]:
    """Lines of the table that begins with `head`."""
    text = PAGE.read_text(encoding="utf-8")
    after = text[text.index(head) :].splitlines()[2:]
    return list(takewhile(lambda line: line.startswith("|"), after))


@pytest.mark.parametrize("name", SHOWN)
def test_the_table_of_registers_is_true(name: str) -> None:
    assert f"NVRTC {nvrtc.version()}" in PAGE.read_text(encoding="utf-8")
    written = [line.rpartition("| ")[0][:-1] for line in lines(HEAD) if f"| {name} |" in line]
    assert written == [line[:-2] for line, _ in rows(name)]


def conversion(name: str) -> Program:
    source, target, *taps = name.split()
    size = (2 * HD[0], 2 * HD[1]) if taps else HD
    options = make_options(filter=taps[0]) if taps else make_options()
    return plan(VideoType(source, size), VideoType(target, HD), options).program


def wide_cell(name: str) -> str:
    source, target, *taps = name.split()
    return f"{source} to {target}" + (f", halved, {taps[0]}" if taps else "")


def wide_row(name: str) -> str:
    """A line of the table of wide blocks; accesses are those of explain(), a pixel."""
    program = conversion(name)
    by_words, (launch,) = schedule(program, wide=False).launches, schedule(program).launches
    block = wide_block(program)
    assert block is not None
    codes = [nvrtc.look(nvrtc.compile(launch.unit.text("cuda"), a)) for a in nvrtc.ARCHITECTURES]
    assert all((code.stack, code.local) == (0, 0) for code in codes)
    assert max(code.registers for code in codes) <= MOST_OF_WIDE
    wide = [len(re.findall(rf"\b{op}\S*\.128\b", codes[2].sass)) for op in ("LDG", "STG")]
    accesses = [
        sum(each.work.accesses for each in made) / (HD[0] * HD[1]) for made in ([launch], by_words)
    ]
    cells = [
        wide_cell(name), f"{block.across}x{block.down}",
        *(str(code.registers) for code in codes), str(len(codes[2].sass.splitlines())),
        *map(str, wide), *(f"{each:.2f}" for each in accesses), str(len(by_words)),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("name", CASES if REASON else WIDE)
def test_the_table_of_wide_blocks_is_true(name: str) -> None:
    first = f"| {wide_cell(name)} |"
    assert [line for line in lines(WIDE_HEAD) if line.startswith(first)] == [wide_row(name)]


def write() -> None:
    """Write the tables."""
    text = PAGE.read_text(encoding="utf-8")
    text = re.sub(r"NVRTC [\d.]*\d", f"NVRTC {nvrtc.version()}", text)
    names = " | ".join(f"sm_{a}" for a in nvrtc.ARCHITECTURES)
    table = [f"{HEAD}{names} | instructions | build, ms |", "|---" * 8 + "|"]
    for name in SHOWN:
        table += [f"{line} {1000 * seconds(source):.0f} |" for line, source in rows(name)]
    more = "instructions | LDG.128 | STG.128 | accesses | by words | launches by words |"
    wide = [f"{WIDE_HEAD}{names} | {more}", "|---" * 12 + "|", *map(wide_row, WIDE)]
    for head, made in ((HEAD, table), (WIDE_HEAD, wide)):
        before, after = text[: text.index(head)], text[text.index(head) :].splitlines()
        rest = next((n for n, line in enumerate(after) if not line.startswith("|")), len(after))
        text = before + "\n".join([*made, *after[rest:]]) + "\n"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
