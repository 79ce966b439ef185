"""What the clients of one run want: for each account a row of signed transactions, drawn from the seed.

Contracts pay wallets, and look at no balances but their own: so what they saw can be checked against a plain
EVM, for which money is never on its way home. In the same way they look at what they are born with, and are
funded by transfers only. Some runs keep to none of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from quarkparsec.chain.creation import create2_address, create_address
from quarkparsec.chain.transaction import Transaction
from quarkparsec.types import Recipient, ShardId
from tests.simulation.contracts import BY_NONCE, CHILD, DEPLOYER, FAIL, NEWBORN, TILL, words
from tests.simulation.scenery import WALLETS_PER_SHARD, factory_of, ledger_of
from tests.simulation.wallet import Wallet, wallets

Wishes = dict[Recipient, list[Transaction]]
"""By sender, in nonce order."""


class Splits(NamedTuple):
    """How the shards of one run become more."""

    shard_count: int
    """In the beginning."""
    times: int
    """How often they are doubled."""


NO_SPLITS: Final = Splits(0, 0)
"""The shards stay as many as they are; how many, is drawn."""


class Traffic(NamedTuple):
    """What is wanted in one run."""

    shard_count: int
    """In the beginning."""
    wishes: Wishes
    is_plain: bool
    """Whether one plain chain would come to the same ends."""
    splits: int = 0
    """How often the shards are doubled."""

    @property
    def groups(self) -> int:
        """How many shards there are in the end."""
        return self.shard_count << self.splits


TRANSACTIONS_PER_WALLET: Final = 8
TRANSACTIONS_MAX: Final = 96
"""Of all wallets, so that many shards don't make long runs."""
SALTS: Final = 4
"""So few that creations meet at the same address."""

CALL_GAS: Final = 150_000
CREATION_GAS: Final = 250_000
FUNDING_GAS: Final = 60_000
"""There may be code by then."""

KINDS: Final = ("near", "far", "call", "recall", "spawn", "create", "deploy", "fund", "save")


def draw_splits(seed: int) -> Splits:
    """In every other run none; drawn apart, so that a run without splits is what it was."""
    random = Random(f"splits {seed}")
    if random.random() < 0.5:
        return NO_SPLITS
    return random.choice((Splits(1, 1), Splits(2, 1), Splits(1, 2), Splits(2, 2), Splits(1, 3)))


def draw_traffic(random: Random, only: Sequence[str] = (), splits: Splits = NO_SPLITS) -> Traffic:
    """The rows of all wallets. `only`: transactions of these kinds, all as frequent."""
    shard_count, times = random.choice((1, 2, 2, 4)), 0
    if splits.times:
        shard_count, times = splits
    drawing = _Drawing(random, shard_count << times, only)
    return Traffic(shard_count, drawing.wishes(), not drawing.pays_contracts, times)


class _Drawing:
    """One drawing: first what kind each transaction is, then what is in it.

    It is drawn for the shards that there are in the end: those who are together then always were.
    """

    def __init__(self, random: Random, shard_count: int, only: Sequence[str]) -> None:
        self._random: Final = random
        self._shards: Final = range(shard_count)
        self._wallets: Final = wallets(shard_count, WALLETS_PER_SHARD)
        row = min(TRANSACTIONS_PER_WALLET, TRANSACTIONS_MAX // (shard_count * WALLETS_PER_SHARD))
        weights = [random.choice((0, 1, 1, 3)) for _ in KINDS]
        weights[0] = max(weights[0], 1)
        if only:
            weights = [int(kind in only) for kind in KINDS]
        self._kinds: Final = {
            wallet.recipient: random.choices(KINDS, weights, k=row)
            for group in self._wallets.values()
            for wallet in group
        }
        self._hot: Final = random.choice((None, random.choice(self._shards)))
        """The shard whose contracts everybody calls."""
        self._to_be_born: Final = self._future_contracts()
        self.pays_contracts: Final = random.random() < 0.2
        """Contracts pay other contracts, wherever those live; a plain chain would run them."""

    def wishes(self) -> Wishes:
        return {
            wallet.recipient: [
                self._draw(kind, shard, wallet, nonce)
                for nonce, kind in enumerate(self._kinds[wallet.recipient])
            ]
            for shard, group in self._wallets.items()
            for wallet in group
        }

    def _future_contracts(self) -> list[Recipient]:
        """Addresses at which this traffic may create contracts that look at what they are born with."""
        created = [
            create_address(sender, nonce)
            for sender, kinds in self._kinds.items()
            for nonce, kind in enumerate(kinds)
            if kind == "create"
        ]
        spawned = [
            create2_address(factory_of(shard), salt, CHILD)
            for shard in self._shards
            for salt in range(SALTS)
        ]
        deployed = [create2_address(DEPLOYER, salt, NEWBORN) for salt in range(SALTS)]
        return created + spawned + deployed

    def _draw(self, kind: str, shard: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        draw: Callable[[ShardId, Wallet, int], Transaction] = getattr(self, f"_{kind}")
        return draw(shard, wallet, nonce)

    def _near(self, shard: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        to = self._random.choice(self._wallets[shard]).recipient
        return wallet.sign(nonce, to, value=self._amount())

    def _far(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        to = self._random.choice(self._wallets[self._any_shard()]).recipient
        return wallet.sign(nonce, to, value=self._amount())

    def _fund(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        to = self._random.choice(self._to_be_born)
        return wallet.sign(nonce, to, value=self._amount(), gas_limit=FUNDING_GAS)

    def _call(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        shard = self._any_shard()
        ledger = ledger_of(shard)
        watched = ledger if self._random.random() < 0.5 else b""
        return self._order(wallet, nonce, ledger, watched)

    def _recall(self, shard: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        """Call a ledger that the sender has created, or else has just paid for as good as anybody."""
        kinds = self._kinds[wallet.recipient][:nonce]
        if "create" not in kinds:
            return self._call(shard, wallet, nonce)
        ledger = create_address(wallet.recipient, kinds.index("create"))
        return self._order(wallet, nonce, ledger, b"")

    def _order(self, wallet: Wallet, nonce: int, ledger: Recipient, watched: bytes) -> Transaction:
        value = self._random.randrange(10**6)
        fail = FAIL if self._random.random() < 0.1 else 0
        amount = self._random.choice((0, value // 2, value))
        data = words(self._payee(), amount, fail, watched)
        return wallet.sign(nonce, ledger, value, data, CALL_GAS)

    def _spawn(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        by_nonce = BY_NONCE if self._random.random() < 0.3 else 0
        value = self._amount()
        endowment = self._random.choice((0, value))
        data = words(self._random.randrange(SALTS), endowment, by_nonce)
        return wallet.sign(nonce, factory_of(self._any_shard()), value, data, CREATION_GAS)

    def _create(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        return wallet.sign(nonce, None, self._amount(), NEWBORN, CREATION_GAS)

    def _deploy(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        data = words(self._random.randrange(SALTS)) + NEWBORN
        return wallet.sign(nonce, DEPLOYER, self._amount(), data, CREATION_GAS)

    def _save(self, _: ShardId, wallet: Wallet, nonce: int) -> Transaction:
        value = self._amount()
        amount = self._random.choice((0, value // 2, value, 2 * value))
        return wallet.sign(nonce, TILL, value, words(amount), CALL_GAS)

    def _amount(self) -> int:
        return self._random.choice((0, 1, self._random.randrange(10**6)))

    def _any_shard(self) -> ShardId:
        return ShardId(self._random.choice(self._shards) if self._hot is None else self._hot)

    def _payee(self) -> Recipient:
        if self.pays_contracts and self._random.random() < 0.5:
            return self._random.choice(self._to_be_born)
        group = self._wallets[self._any_shard()]
        return self._random.choice(group[1::2]).recipient
