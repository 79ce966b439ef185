"""The master: drives the epochs, keeps the root chain and the directory, tells gateways what is committed.

Slaves reach out to it and get the epoch protocol; gateways get root blocks and answers. It executes
nothing and holds no state of any account, so it does little and comes back quickly.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from cluster.admin import run_admin
from cluster.bus import Connection, listen
from cluster.driver import Driver
from cluster.gateway import run_gateway
from cluster.identity import Identity
from cluster.leveldb import LevelDBStore
from quarkparsec.broker.directory import Directory
from quarkparsec.errors import InvalidInput
from quarkparsec.root.machine import Announce, RootMachine
from quarkparsec.root.root_store import RootStore
from quarkparsec.types import Epoch, Hash32, Recipient, ShardId
from quarkparsec.wire import queries
from quarkparsec.wire.envelope import Message
from quarkparsec.wire.epoch import FromMaster, FromShard
from quarkparsec.wire.queries import Encoded, Nothing, RootCommitted
from quarkparsec.wire.session import Role

log = logging.getLogger("master")
