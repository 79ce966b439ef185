"""What the processes of a cluster tell whoever started them by the status that they end with."""

from __future__ import annotations

from typing import Final

LEFT: Final = 3
"""Of a slave that was removed from the cluster: nobody needs to start it again."""
