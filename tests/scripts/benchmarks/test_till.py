"""The till counts its calls and pays out what they bring."""

from __future__ import annotations

from benchmarks import till

from quarkparsec.runners.outcome import FAILURE, SUCCESS
from quarkparsec.types import Recipient
from tests.runners.scene import Scene, recipient

PAYEE = recipient(9)


def opened() -> tuple[Scene, Recipient]:
    scene = Scene()
    done = scene.execute(None, data=till.CREATION_CODE, gas_limit=till.DEPLOY_GAS)
    assert done.status == SUCCESS
    assert done.contract is not None
    return scene, done.contract


def test_calls_are_counted() -> None:
    scene, address = opened()
    for _ in range(3):
        assert scene.execute(address, gas_limit=till.CALL_GAS).status == SUCCESS
    assert scene.slot(address, 0) == 3
    assert scene.entry(address).balance == 0


def test_a_payout_goes_to_who_is_named_even_if_he_is_new() -> None:
    scene, address = opened()
    call = till.payout_call(PAYEE)
    done = scene.execute(address, value=till.PAYOUT, data=call, gas_limit=till.CALL_GAS)
    assert done.status == SUCCESS
    assert (scene.slot(address, 0), scene.entry(PAYEE).balance) == (1, till.PAYOUT)


def test_a_till_without_money_fails_and_counts_nothing() -> None:
    scene, address = opened()
    done = scene.execute(address, data=till.payout_call(PAYEE), gas_limit=till.CALL_GAS)
    assert done.status == FAILURE
    assert scene.slot(address, 0) == 0
