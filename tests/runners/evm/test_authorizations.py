"""Delegations are set before the first frame, stay when it fails, and need an authority of the same key."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey

from quarkparsec.chain.authorization import Authorization
from quarkparsec.chain.chain_ids import key_chain_id
from quarkparsec.chain.transaction import SET_CODE
from quarkparsec.codec import rlp
from quarkparsec.crypto.keccak import keccak
from quarkparsec.runners.outcome import Done
from quarkparsec.state.account import DELEGATION_PREFIX
from quarkparsec.types import Recipient, ShardKey, home_key
from tests.runners.assembler import assemble, returning
from tests.runners.scene import CHAIN_ID, ETHER, Scene, recipient

KEY = PrivateKey(b"\x22" * 32)
AUTHORITY = Recipient(keccak(KEY.public_key.format(compressed=False)[1:])[12:])
HOME = home_key(AUTHORITY)
DELEGATE = recipient(3)
NOBODY = Recipient(bytes(20))


def authorization(
    delegate: Recipient = DELEGATE, nonce: int = 0, chain_id: int = CHAIN_ID
) -> Authorization:
    message = rlp.encode([rlp.scalar_bytes(chain_id), delegate, rlp.scalar_bytes(nonce)])
    signature = KEY.sign_recoverable(keccak(b"\x05" + message), hasher=None)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return Authorization(chain_id, delegate, nonce, signature[64], r, s)


def scene(shard_id: int = 0, shard_count: int = 1) -> Scene:
    made = Scene(shard_id=shard_id, shard_count=shard_count)
    made.state.put(recipient(9, home=shard_id), ETHER)
    made.contract(DELEGATE, assemble(f"7 0 SSTORE ADDRESS {returning(1)}"), shard_key=HOME)
    return made


def authorize(
    stage: Scene,
    *authorizations: Authorization,
    to: Recipient = AUTHORITY,
    key: ShardKey = HOME,
) -> Done:
    sender = recipient(9, home=stage.shard_id)
    fields = {"sender": sender, "nonce": stage.entry(sender).nonce}
    return stage.execute(to, key=key, type=SET_CODE, authorizations=authorizations, **fields)


def is_delegated(stage: Scene) -> bool:
    return stage.journal.code(AUTHORITY) == DELEGATION_PREFIX + DELEGATE


def test_an_authority_runs_its_delegates_code_on_its_own_storage() -> None:
    stage = scene()
    authorize(stage, authorization())
    assert is_delegated(stage)
    assert stage.entry(AUTHORITY).nonce == 1
    done = stage.execute(AUTHORITY, key=HOME)
    assert done.output[12:] == AUTHORITY
    assert stage.slot(AUTHORITY, 0) == 7


def test_a_delegation_is_ended_by_delegating_to_nobody() -> None:
    stage = scene()
    authorize(stage, authorization(), authorization(NOBODY, nonce=1))
    assert not stage.entry(AUTHORITY).has_code
    assert stage.entry(AUTHORITY).nonce == 2


def test_a_delegation_stays_when_the_transaction_fails() -> None:
    stage = scene()
    failing = stage.contract(recipient(4), assemble("INVALID"), shard_key=HOME)
    assert authorize(stage, authorization(), to=failing).status == 0
    assert is_delegated(stage)


@pytest.mark.parametrize(
    "skipped",
    [
        authorization(nonce=1),
        authorization(chain_id=CHAIN_ID + 1),
        authorization()._replace(r=0),
        authorization()._replace(s=2**255),
        authorization(nonce=2**64 - 1),
    ],
    ids=["nonce", "chain", "r", "high s", "highest nonce"],
)
def test_an_invalid_authorization_is_skipped(skipped: Authorization) -> None:
    stage = scene()
    assert authorize(stage, skipped).status == 1
    assert not is_delegated(stage)


def test_an_authorization_for_any_chain_counts() -> None:
    stage = scene()
    authorize(stage, authorization(chain_id=0))
    assert is_delegated(stage)


def test_a_contract_cannot_delegate() -> None:
    stage = scene()
    stage.state.put(AUTHORITY, code=b"\x00")
    authorize(stage, authorization())
    assert stage.journal.code(AUTHORITY) == b"\x00"


@pytest.mark.parametrize("distance", [0, 1, 2])
def test_only_authorities_of_the_transactions_own_key_count(distance: int) -> None:
    """Nor one whose account is known, because it shares the shard."""
    stage = scene(HOME % 2, shard_count=2)
    authorize(stage, authorization(), key=ShardKey(HOME + distance))
    assert is_delegated(stage) == (distance == 0)


def test_an_authority_that_exists_costs_half() -> None:
    new, old = scene(), scene()
    old.state.put(AUTHORITY, 1, shard_key=HOME)
    first, second = (authorize(stage, authorization(), to=NOBODY) for stage in (new, old))
    assert first.gas_used == 46_000
    assert second.gas_used == 46_000 - min(12_500, 46_000 // 5)


def test_a_delegate_that_is_a_precompiled_contract_is_empty_code() -> None:
    stage = scene()
    sha256 = Recipient(bytes(19) + b"\x02")
    authorize(stage, authorization(sha256))
    assert stage.execute(AUTHORITY, key=HOME).output == b""


def test_an_authorization_for_a_shard_key_is_for_the_account_under_that_key() -> None:
    here, key = HOME + 1, ShardKey(HOME + 1)  # of two shards, AUTHORITY's home is the other one
    for held, accepted in ((key, True), (key ^ 2, False), (None, False)):
        stage = scene(shard_id=here % 2, shard_count=2)
        if held is not None:
            stage.state.put(AUTHORITY, 1, shard_key=held)
        authorize(stage, authorization(chain_id=key_chain_id(CHAIN_ID, key)), to=NOBODY, key=key)
        assert is_delegated(stage) == accepted


def test_an_authorization_for_the_cluster_is_not_for_an_account_away_from_home() -> None:
    away = ShardKey(HOME + 1)
    for chain_id in (0, CHAIN_ID):
        stage = scene(shard_id=away % 2, shard_count=2)
        stage.state.put(AUTHORITY, 1, shard_key=away)
        authorize(stage, authorization(chain_id=chain_id), to=NOBODY, key=away)
        assert not is_delegated(stage)


def test_an_authorization_for_a_shard_key_of_another_cluster_is_skipped() -> None:
    stage = scene()
    stage.state.put(AUTHORITY, 1, shard_key=HOME)
    authorize(stage, authorization(chain_id=key_chain_id(CHAIN_ID + 1, HOME)))
    assert not is_delegated(stage)
    authorize(stage, authorization(chain_id=key_chain_id(CHAIN_ID, HOME)))
    assert is_delegated(stage)
