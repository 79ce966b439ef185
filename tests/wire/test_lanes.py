"""What shards say to each other arrives as it was sent."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from quarkparsec.errors import InvalidInput
from quarkparsec.types import Epoch, ShardId
from quarkparsec.wire import lanes
from quarkparsec.wire.envelope import Envelope, decode_envelope, encode_envelope
from quarkparsec.wire.epoch import Round, to_amount

ROUND = Round(Epoch(7), 2, 1)
WHO = b"\xaa" * 20
MOST = to_amount(2**256 - 1)
ENDOWMENT = lanes.Endowment(WHO, MOST, True)
CLAIM = lanes.Claim(WHO, 2**32 - 1, MOST, False)

ITEMS = (
    lanes.Lock(1, 2, (WHO, WHO)),
    lanes.Locked(1, 2, (ENDOWMENT,)),
    lanes.Wounded(1, 2),
    lanes.Prepare(1, 2),
    lanes.Prepared(1, 2, 3),
    lanes.Execute(1, 2, 3, b"raw", WHO, 5, MOST, (ENDOWMENT,)),
    lanes.Execute(1, 2, 3, b"raw", WHO, 5, None, ()),
    lanes.Executed(1, 2, 3, MOST, (CLAIM, CLAIM)),
    lanes.NeedKeys(1, 2, (WHO,)),
    lanes.Retry(1, 2),
    lanes.Refused(1, 2, "why"),
    lanes.Elsewhere(1, 2, 2**32 - 1),
    lanes.Commit(1, 2, 3, (CLAIM,)),
    lanes.Committed(1, 2),
    lanes.Rollback(1, 2),
    lanes.RolledBack(1, 2),
    lanes.Credits(1, (lanes.Credit(WHO, 5, MOST, True),)),
    lanes.CreditsAnswer(1, (lanes.Refusal(0, 5),)),
)


def sent(*items: Any, **changes: Any) -> Envelope:
    message = lanes.LaneMessages(ShardId(1), ShardId(2), ROUND, 2, items)
    return Envelope(0, msgspec.structs.replace(message, **changes))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_an_item_arrives_as_it_was_sent(item: lanes.LaneItem) -> None:
    assert decode_envelope(encode_envelope(sent(item))) == sent(item)


def test_items_of_all_kinds_travel_together_in_their_order() -> None:
    assert {type(item) for item in ITEMS} == set(get_args(lanes.LaneItem))
    assert decode_envelope(encode_envelope(sent(*ITEMS))) == sent(*ITEMS)


@pytest.mark.parametrize(
    "item",
    [
        lanes.Prepare(-1, 1),
        lanes.Prepare(1, -1),
        lanes.Prepared(1, 2, 2**64),
        lanes.Executed(1, 2, 3, bytes(33), ()),  # type: ignore[arg-type]
        lanes.Lock(1, 2, ("who",)),  # type: ignore[arg-type]
        lanes.Endowment(WHO, MOST, True),
    ],
    ids=["a ticket", "an attempt", "a position", "an amount", "a recipient", "no item"],
)
def test_an_item_that_no_shard_sends_is_invalid_input(item: Any) -> None:
    with pytest.raises(InvalidInput):
        decode_envelope(_encode(sent(item)))


def _encode(envelope: Envelope) -> bytes:
    try:
        return encode_envelope(envelope)
    except OverflowError:  # more than 64 bits don't even leave
        raise InvalidInput("too long") from None
