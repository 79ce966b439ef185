"""Whether a copied database holds the state that a header names, found out in a process of its own.

All tries are built anew from the flat tables, storage before accounts; that takes a core for seconds and a good deal
of memory, and neither heartbeats nor the slave's shards shall wait for it. The database must be closed meanwhile:
the process opens it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from cluster.leveldb import LevelDBStore
from quarkparsec.audit.tables import TableAudit
from quarkparsec.errors import Corrupt, QuarkparsecError
from quarkparsec.state.stored import read_head, read_place, read_sweep
from quarkparsec.types import Hash32

NICENESS: Final = 10
"""The shards at work come first."""
ROOT: Final = Path(__file__).parent.parent


async def verify(path: Path, state_root: Hash32) -> None:
    """Compare a database with a state root. Raises Corrupt with what was found first."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cluster.verification", str(path), state_root.hex()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        words = output.decode(errors="replace").strip() or "the check of it was broken off"
        raise Corrupt(f"the copy is not what the root chain names: {words}")


def findings(path: Path, state_root: Hash32) -> list[str]:
    """What in a database contradicts a state root."""
    noted: list[str] = []
    store = LevelDBStore(path)
    try:
        place, head = read_place(store), read_head(store)
        audit = TableAudit(store, place, head.epoch, read_sweep(store), noted.append)
        audit.check(state_root)
    except QuarkparsecError as error:
        noted.append(str(error))
    finally:
        store.close()
    return noted


def main() -> None:
    """`python -m cluster.verification PATH STATE_ROOT`: exit status 1 and words, if something is found."""
    os.nice(NICENESS)
    found = findings(Path(sys.argv[1]), Hash32(bytes.fromhex(sys.argv[2])))
    if found:
        sys.stdout.write(found[0])
        sys.exit(1)


if __name__ == "__main__":
    main()
