"""Compiling in a process of its own: what it gives, how it ends, what is done without it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gpumft.device.cpu import layout, workshop
from gpumft.device.cpu.loader import Loaded
from gpumft.device.cpu.workshop import Workshop
from gpumft.errors import KernelBuildError
from gpumft.formula import formula
from tests.device.engine_help import in_child

STUB = """import sys, types; sys.path[:] = {path!r}
from gpumft.device.cpu import workshop
from gpumft.device.cpu.kept import Code
sys.modules["gpumft.device.cpu.translate"] = stub = types.ModuleType("translate")
stub.translate = lambda name, formula: Code(name, b"stub")
"""
"""A process that answers without compiling: most of what is shown here is not Numba's."""
NEGATED = formula("negated", 1, lambda x: [-x])


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """One process for the tests that only ask."""
    made = Workshop()
    yield made
    made.close()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """One whose process does not compile."""
    monkeypatch.setattr(workshop, "_SCRIPT", STUB + "workshop.serve()")
    made = Workshop()
    yield made
    made.close()


def test_a_kernel_comes_as_code_that_runs(shop: Workshop) -> None:
    loaded = Loaded(shop.make("split.2"))
    assert loaded.address
    loaded.function(5)


def test_a_formula_goes_with_the_question(shop: Workshop) -> None:
    name = layout.register(NEGATED)
    assert layout.formula_of(name) == NEGATED
    assert layout.formula_of("mix") is None
    assert Loaded(shop.make(name, NEGATED)).address


def test_what_numba_refuses_is_told(shop: Workshop) -> None:
    process = shop._process
    steps = (NEGATED.steps[0]._replace(operation="no_such_operation"),)
    unknown = replace(NEGATED, steps=steps)
    with pytest.raises(KernelBuildError, match=r"formula\.x cannot be compiled") as caught:
        shop.make("formula.x", unknown)
    assert "no_such_operation" in caught.value.log
    assert shop._process is process  # it goes on


def test_one_process_serves_until_it_has_made_enough(
    stub: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.make("split.2")
    first = stub._process
    assert first is not None
    stub.make("split.2")
    assert stub._process is first
    monkeypatch.setattr(workshop, "_MOST", stub._made)
    stub.make("split.2")
    assert stub._process is not first
    assert first.returncode is not None
    assert stub._made == 1


def test_a_process_that_has_ended_is_started_again(stub: Workshop) -> None:
    stub.make("split.2")
    first = stub._process
    assert first is not None
    first.kill()
    first.wait()
    assert stub.make("split.2").binary
    assert stub._process is not first


def test_a_process_that_ends_each_time_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workshop, "_SCRIPT", "import sys; {path!r}; sys.exit(3)")
    made = Workshop()
    with pytest.raises(KernelBuildError, match="compiles the kernel mix ended: exit status 3"):
        made.make("mix")
    assert made._process is None


def test_an_idle_process_ends(stub: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_SCRIPT", STUB + "workshop._IDLE = 0.0; workshop.serve()")
    process = stub._start(sys.executable)
    assert process.wait() == 0


def test_it_ends_with_who_started_it() -> None:
    script = f"""
from gpumft.device.cpu import workshop
workshop._SCRIPT = {STUB + "workshop.serve()"!r}
workshop.make("mix")
print(workshop._workshop._process.pid)
"""
    pid = int(in_child({}, script))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_starts_its_own() -> None:
    script = f"""
import os
from gpumft.device.cpu import workshop
workshop._SCRIPT = {STUB + "workshop.serve()"!r}
workshop.make("mix")
parents = workshop._workshop._process
pid = os.fork()
if pid == 0:
    own = workshop._workshop._process is None and workshop.make("mix").binary
    workshop._workshop.close()
    os._exit(0 if own else 1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert workshop._workshop._process is parents and parents.poll() is None
assert workshop.make("mix").binary
print("done")
"""
    assert in_child({}, script) == "done"


def test_an_interrupt_leaves_no_answer_behind(
    stub: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_file: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pickle, "load", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stub.make("mix")
    assert stub._process is None
    assert stub.make("mix").entry == "mix"


@pytest.mark.parametrize("executable", ["", "/opt/player/player", None])
def test_without_a_python_it_is_compiled_here(
    executable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Workshop()
    if executable is None:
        monkeypatch.setattr(subprocess, "Popen", refuse)
    else:
        monkeypatch.setattr(sys, "executable", executable)
    assert made.make("split.2").binary
    assert made._process is None


def refuse(*_words: Any, **_options: Any) -> None:
    raise PermissionError("no processes here")


def test_threads_take_turns(stub: Workshop) -> None:
    names = [f"kernel {number}" for number in range(8)]
    found: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: stub.make(name).entry}))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: name for name in names}


def test_a_program_needs_no_numba() -> None:
    script = """
import sys
from tests.contract import programs
from tests.device.engine_help import run
from gpumft.device import open_device
with open_device("cpu", threads=2) as device:
    for name in ("nv12_to_rgb24", "formula_powers", "v210_odd", "dither_420_odd"):
        case = programs.case(name)
        run(device, case.program, case.planes)
print("numba" in sys.modules)
"""
    assert in_child({}, script) == "False"
