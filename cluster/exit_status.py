"""What the processes of a cluster tell whoever started them by the status that they end with."""

from __future__ import annotations

from typing import Final

from quarkparsec.errors import Rejected

LEFT: Final = 3
"""Of a slave that was removed from the cluster: nobody needs to start it again."""


class Removed(Rejected):
    """This process doesn't belong to the cluster any more."""
