"""The table of ticket states."""

from __future__ import annotations

import inspect
from typing import get_args

from quarkparsec.broker import ticket_states
from quarkparsec.broker.ticket_states import TRANSITIONS, Command, TicketState, draw


def test_every_state_takes_every_command() -> None:
    assert set(TRANSITIONS) == set(TicketState)
    for row in TRANSITIONS.values():
        assert set(row) == set(get_args(Command))


def test_the_documentation_shows_the_table_as_it_is() -> None:
    assert draw() in inspect.cleandoc(ticket_states.__doc__ or "").replace("\n    ", "\n")


def test_every_state_can_be_reached_and_left() -> None:
    reached = {(state, cell.to) for state, row in TRANSITIONS.items() for cell in row.values()}
    for state in set(TicketState) - {TicketState.WOUNDED}:  # which others bring about
        assert any(to is state and begin is not state for begin, to in reached)
    for state in TicketState:
        assert any(begin is state and to is not state for begin, to in reached)


def test_only_two_answers_depend_on_what_the_ticket_holds() -> None:
    conditional = {
        (state, command.__name__)
        for state, row in TRANSITIONS.items()
        for command, cell in row.items()
        if cell.unless
    }
    assert conditional == {(TicketState.BEGUN, "Prepare"), (TicketState.PREPARED, "TryLock")}
