"""Translation units: what is put together, and what a compiler's message can be traced to."""

from __future__ import annotations

import dataclasses
import re

import pytest

from gpumft.device.kernel_files import kernel_folder
from gpumft.device.unit import Dialect, Part, Unit, build_error, numbered

UNIT = Unit(
    (Part("arithmetic.h"), Part("weigh.h", (("NAME", "weigh_0"), ("FROM", "read_0")))),
    ("convert",),
    (("PLANES", "2"),),
)


@pytest.mark.parametrize("dialect", ["opencl", "cuda"])
def test_the_text_is_prelude_then_parts(dialect: Dialect) -> None:
    lines = UNIT.text(dialect).splitlines()
    assert lines[0] == "#define PLANES 2"
    files = [line for line in lines if line.startswith("#line")]
    assert files == [
        f'#line 1 "kernels/{name}"' for name in (f"prelude_{dialect}.h", "arithmetic.h", "weigh.h")
    ]
    assert lines[-2:] == ["#undef NAME", "#undef FROM"]
    at = lines.index("#define NAME weigh_0")
    assert lines[at : at + 3] == [
        "#define NAME weigh_0", "#define FROM read_0", '#line 1 "kernels/weigh.h"'
    ]  # fmt: skip


def test_a_unit_is_its_own_key() -> None:
    again = Unit(UNIT.parts, UNIT.entries, UNIT.defines)
    other = dataclasses.replace(UNIT, defines=(("PLANES", "3"),))
    UNIT.text("opencl")
    assert again == UNIT
    assert hash(again) == hash(UNIT)
    assert again.key("cuda") == UNIT.key("cuda")
    keys = {
        UNIT.key("cuda"), UNIT.key("opencl"), other.key("cuda"), UNIT.key("cuda", "--fmad=false"),
    }  # fmt: skip
    assert len(keys) == 4


def test_a_build_error_shows_log_and_numbered_source() -> None:
    error = build_error("opencl:1:0", "kernels/a.h:2: no such word\n", '#line 1 "a.h"\nint x;\ny\n')
    assert str(error) == "opencl:1:0 does not build a kernel:\nkernels/a.h:2: no such word"
    assert error.log == "kernels/a.h:2: no such word\n"
    assert error.source == ('    1    1  #line 1 "a.h"\n    2    1  int x;\n    3    2  y\n')


def test_numbers_are_those_of_the_files() -> None:
    text = UNIT.text("opencl")
    file = (kernel_folder() / "weigh.h").read_text(encoding="ascii").splitlines()
    shown = numbered(text).split('"kernels/weigh.h"\n')[1].splitlines()
    assert [line[6:] for line in shown[: len(file)]] == [
        f"{n:4d}  {line}" for n, line in enumerate(file, 1)
    ]
    assert [line.split()[0] for line in numbered(text).splitlines()] == [
        str(n + 1) for n in range(text.count("\n"))
    ]


SOURCES = sorted(
    (path.name, path.read_text(encoding="ascii"))
    for path in kernel_folder().iterdir()
    if path.name.endswith((".h", ".cl"))
)


def code_of(text: str) -> str:
    return re.sub(r"/\*.*?\*/|#line.*", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize(("name", "text"), SOURCES, ids=[name for name, _ in SOURCES])
def test_kernels_keep_the_dialect(name: str, text: str) -> None:
    code = code_of(text)
    literals = re.findall(r"(?<![\w.])(?:\d+\.\d*|\.\d+|0x[\da-f]+p[-+]?\d+)\w*", code)
    assert [word for word in literals if not word.endswith("f")] == []
    words = set(re.findall(r"[A-Za-z_]\w*", code))
    banned = {
        "double", "half", "fmin", "fmax", "clamp", "min", "max", "sqrt", "pow", "exp", "log", "sin",
        "cos", "mad", "native_recip", "goto", "template", "inline", "image2d_t", "sampler_t",
    }  # fmt: skip
    assert words & banned == set()
    if not name.startswith("prelude_"):
        assert "/" not in code
        dialects = {"__kernel", "__global", "__device__", "__global__", "get_global_id", "fma"}
        assert words & (dialects | {"fmaf", "rint", "rintf", "ulong", "long"}) == set()


def test_both_preludes_have_the_same_words() -> None:
    found = []
    for name in ("prelude_opencl.h", "prelude_cuda.h"):
        text = dict(SOURCES)[name]
        types = set(re.findall(r"typedef [\w ]+ (\w+);", text)) - {"uchar", "ushort", "uint"}
        found.append(types | set(re.findall(r"#define (\w+)", text)))
    assert found[0] == found[1]
    assert 10 <= len(found[0]) <= 16
