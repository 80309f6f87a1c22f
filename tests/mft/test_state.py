"""The state tables: total, closed, and without a state in which a client gets stuck."""

import itertools

import pytest

from gpumft.errors import MFError, NotAccepting, TransformTypeNotSet
from gpumft.mft.state import STATES as JOINED
from gpumft.mft.state import Machine
from gpumft.mft.tables import (
    CHANGE,
    DATA,
    RESOURCES,
    Change,
    Data,
    Event,
    Refusal,
    Resources,
)

STATES = list(itertools.product(Change, Data, Resources))


def at(change: Change, data: Data, resources: Resources) -> Machine:
    machine = Machine()
    machine.state = JOINED[change, data, resources]
    return machine


def change_of(machine: Machine) -> Change:
    return machine.state.change


def allows(machine: Machine, event: Event) -> bool:
    try:
        machine.check(event)
    except MFError:
        return False
    return True


def test_tables_are_total() -> None:
    assert {state: set(row) for state, row in DATA.items()} == {s: set(Event) for s in Data}
    assert {state: set(row) for state, row in CHANGE.items()} == {s: set(Event) for s in Change}
    assert {s: set(row) for s, row in RESOURCES.items()} == {s: set(Event) for s in Resources}


@pytest.mark.parametrize(
    ("states", "table"), [(Data, DATA), (Change, CHANGE), (Resources, RESOURCES)]
)
def test_every_cell_is_a_state_or_a_refusal(states: type, table: dict) -> None:  # type: ignore[type-arg]
    for row in table.values():
        for cell in row.values():
            assert isinstance(cell, states | Refusal)
            if isinstance(cell, Refusal):
                assert issubclass(cell.error, MFError)
                assert cell.message[0].islower()


def is_reachable(change: Change, data: Data) -> bool:
    """A notice is given only while all outputs are lazy-read; changes end without types."""
    if data is Data.UNTYPED:
        return change is Change.NONE
    return change is not Change.NOTICE or data not in (Data.FULL, Data.DRAINING)


def test_exactly_one_of_accept_and_produce() -> None:
    for change, data, resources in STATES:
        machine = at(change, data, resources)
        if not is_reachable(change, data):
            continue
        if data is Data.UNTYPED or change is Change.ANNOUNCED:
            assert not machine.state.accepts
            assert not machine.state.produces
        elif change is Change.NOTICE or (
            change is Change.NONE and data in (Data.LAZY, Data.DRAINING_LAZY)
        ):
            assert machine.state.accepts
            assert machine.state.produces
            assert machine.state.yields
        else:
            assert machine.state.accepts is not machine.state.produces
            assert not machine.state.yields


def test_accepts_is_what_the_table_says() -> None:
    for state in STATES:
        machine = at(*state)
        assert machine.state.accepts is (allows(machine, Event.INPUT) and machine.state.typed)


@pytest.mark.parametrize("state", STATES, ids=str)
def test_flush_and_drain_and_streaming_messages_are_always_allowed(
    state: tuple[Change, Data, Resources],
) -> None:
    for event in (Event.FLUSH, Event.DRAIN, Event.BEGIN, Event.END):
        assert allows(at(*state), event)


@pytest.mark.parametrize("state", STATES, ids=str)
@pytest.mark.parametrize("event", Event)
def test_a_refused_step_changes_nothing(
    state: tuple[Change, Data, Resources], event: Event
) -> None:
    machine = at(*state)
    allowed = allows(machine, event)
    try:
        machine.step(event)
    except MFError:
        assert not allowed
        assert machine.state is JOINED[state]
    else:
        assert allowed


def test_flush_always_leads_to_an_empty_transform() -> None:
    for change, data, resources in STATES:
        machine = at(change, data, resources)
        machine.step(Event.FLUSH)
        assert machine.state.data is (Data.UNTYPED if data is Data.UNTYPED else Data.EMPTY)
        assert machine.state.change is change
        assert machine.state.resources is resources


def test_an_announced_change_refuses_data_whatever_is_held() -> None:
    for data, resources in itertools.product(Data, Resources):
        for event in (Event.INPUT, Event.OUTPUT):
            with pytest.raises(TransformTypeNotSet):
                at(Change.ANNOUNCED, data, resources).check(event)


def test_the_message_tells_the_cure() -> None:
    with pytest.raises(NotAccepting, match="process_output"):
        at(Change.NONE, Data.FULL, Resources.IDLE).check(Event.INPUT)


def test_a_missing_type_ends_every_change() -> None:
    machine = at(Change.NONE, Data.EMPTY, Resources.IDLE)
    machine.ask_change(0)
    machine.ask_new(5, needs_type=True)
    machine.ask_end(1)
    machine.tell_changes()
    machine.ask_change(3)
    machine.set_types(complete=False)
    assert machine.state.change is Change.NONE
    pending = (machine.changing, machine.adding, machine.ending, machine.unanswered)
    assert not any(pending)


def test_a_change_of_two_outputs_needs_two_answers() -> None:
    machine = at(Change.NONE, Data.FULL, Resources.IDLE)
    machine.ask_change(0)
    machine.ask_change(1)
    machine.tell_changes()
    assert change_of(machine) is Change.ANNOUNCED
    assert machine.set_type_event(1) is Event.RENEGOTIATE
    machine.answer_change(1)
    assert machine.set_type_event(1) is Event.SET_TYPE
    assert machine.unanswered == {0}
    machine.answer_change(0)
    assert change_of(machine) is Change.NONE


def test_what_is_asked_while_an_answer_is_awaited_is_told_after_it() -> None:
    machine = at(Change.NONE, Data.FULL, Resources.IDLE)
    machine.ask_change(0)
    machine.tell_changes()
    machine.ask_new(7, needs_type=False)
    assert change_of(machine) is Change.ANNOUNCED
    machine.answer_change(0)
    assert change_of(machine) is Change.DUE
    machine.tell_changes()
    assert change_of(machine) is Change.NONE
    assert machine.set_type_event(7) is Event.RENEGOTIATE


def test_the_end_of_a_stream_answers_for_it() -> None:
    machine = at(Change.NONE, Data.FULL, Resources.IDLE)
    machine.ask_change(0)
    machine.tell_changes()
    machine.ask_end(0)
    assert change_of(machine) is Change.DUE
    assert machine.ending == {0}
    machine.tell_changes()
    assert change_of(machine) is Change.NONE


def test_a_stream_that_nobody_heard_of_ends_unheard() -> None:
    machine = at(Change.NONE, Data.FULL, Resources.IDLE)
    machine.ask_new(7, needs_type=True)
    machine.ask_end(7)
    assert not machine.adding
    assert not machine.ending
    assert change_of(machine) is Change.NONE
