"""The state machine as a page of documentation: ``python -m gpumft.mft.state_page``."""

from __future__ import annotations

import sys

from gpumft.mft.tables import CHANGE, DATA, RESOURCES, Event, Refusal, State, Table

_CALLS = {
    Event.SET_TYPE: "`set_input_type`, `set_output_type`",
    Event.SET_TYPE_LATER: "`set_input_type` with dynamic formats, samples held",
    Event.RENEGOTIATE: "`set_output_type` after STREAM_CHANGE",
    Event.SET_DEVICE: "`SET_DEVICE_MANAGER`",
    Event.INPUT: "`process_input`",
    Event.OUTPUT: "`process_output`",
    Event.DRAIN: "`DRAIN`",
    Event.FLUSH: "`FLUSH`",
    Event.BEGIN: "`BEGIN_STREAMING`",
    Event.END: "`END_STREAMING`",
    Event.RELEASE: "`RELEASE_RESOURCES`",
    Event.REACQUIRE: "`REACQUIRE_RESOURCES`",
    Event.TYPED: "*all types are set*",
    Event.CLEARED: "*a type is missing*",
    Event.NOTHING_HELD: "*nothing is held*",
    Event.MORE_NEEDED: "*held, more input is needed*",
    Event.OUTPUT_READY: "*output can be made*",
    Event.LAZY_READY: "*output can be made, of lazy-read streams only*",
    Event.CHANGE_ASKED: "*the transform asks for a change*",
    Event.NOTICE_ASKED: "*it asks, and all outputs are lazy-read*",
    Event.CHANGE_TOLD: "*STREAM_CHANGE was returned; types are awaited*",
    Event.NOTICE_TOLD: "*new or ended streams were told of; no answer is needed*",
}
_INTRODUCTION = """\
# The protocol's states

<!-- Written by `python -m gpumft.mft.state_page`; a test compares. -->

Three small machines run side by side (`gpumft/mft/tables.py`). A call is allowed if all three allow
it; the first error, in the order Change, Data, Resources, is raised and nothing changes. Rows are
calls of the client and, in italics, facts that the transform reports after its work. `.` means: the
state stays. `E_UNEXPECTED` means that the transform's own hooks contradict each other. Calls that
are not listed (the informational ones, `process_event`, messages that are ignored) are answered
alike in every state.

With all types set and no change announced, "`process_input` accepts" (EMPTY, HOLDING) or
"`process_output` delivers" (FULL, DRAINING, or a change that is DUE) holds, never both and never
neither. Only lazy-read outputs do not count: in LAZY, DRAINING_LAZY and NOTICE both hold, and an
input displaces output that nobody collected. `GPUMFT_DEBUG=protocol` asserts this after every call.
"""


def page() -> str:
    """Return the tables and the texts of the errors as Markdown.

    Thread-safety: any thread.
    """
    return "\n".join(
        [
            _INTRODUCTION,
            *_section("Data: the flow of samples", DATA),
            *_section("Change: other formats, other outputs", CHANGE),
            *_section("Resources: what streaming allocates", RESOURCES),
            "## Errors\n",
            *_errors(_refusals(DATA) + _refusals(CHANGE) + _refusals(RESOURCES)),
            "",
        ]
    )


def _section(title: str, table: Table[State]) -> list[str]:
    states = list(table)
    head: list[str] = [
        _line("", *[state.name for state in states]),
        "|---" * (len(states) + 1) + "|",
    ]
    lines: list[str] = []
    for event, words in _CALLS.items():
        cells = [_cell(state, table[state][event]) for state in states]
        if set(cells) != {"."}:
            lines.append(_line(words, *cells))
    return [f"## {title}\n", *_diagram(table), "", *head, *lines, ""]


def _diagram(table: Table[State]) -> list[str]:
    """The ways from state to state; calls and facts that lead the same way share an arrow."""
    ways: dict[tuple[str, str], list[str]] = {}
    for state, row in table.items():
        for event, cell in row.items():
            if not isinstance(cell, Refusal) and cell is not state:
                ways.setdefault((state.name, cell.name), []).append(event.name)
    first = next(iter(table)).name
    arrows: list[str] = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in ways.items()]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, "```"]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(state: State, cell: State | Refusal) -> str:
    if isinstance(cell, Refusal):
        return str(cell)
    return "." if cell is state else cell.name


def _refusals(table: Table[State]) -> list[Refusal]:
    return [cell for row in table.values() for cell in row.values() if isinstance(cell, Refusal)]


def _errors(refusals: list[Refusal]) -> list[str]:
    return [
        f"- `{cell.error.__name__}` ({cell.error.name}): {cell.message}"
        for cell in dict.fromkeys(refusals)
    ]


if __name__ == "__main__":
    sys.stdout.write(page())
