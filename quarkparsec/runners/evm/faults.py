"""Why a frame failed, in geth's words (core/vm/errors.go), which tools look for.

py-evm's exceptions say what kind of fault it is and whether gas is left; what a user reads is here.
"""

from __future__ import annotations

from typing import Final

from eth.exceptions import (
    InvalidJumpDestination,
    OutOfBoundsRead,
    OutOfGas,
    Revert,
    VMError,
    WriteProtection,
)

OUT_OF_GAS: Final = "out of gas"
EXECUTION_REVERTED: Final = "execution reverted"
ADDRESS_COLLISION: Final = "contract address collision"
CODE_STORE_OUT_OF_GAS: Final = "contract creation code storage out of gas"
CODE_TOO_LARGE: Final = "max code size exceeded"
INITCODE_TOO_LARGE: Final = "max initcode size exceeded"
INVALID_CODE: Final = "invalid code: must not begin with 0xef"

_WORDS: Final[dict[type[VMError], str]] = {
    OutOfGas: OUT_OF_GAS,
    Revert: EXECUTION_REVERTED,
    InvalidJumpDestination: "invalid jump destination",
    WriteProtection: "write protection",
    OutOfBoundsRead: "return data out of bounds",
}


def words_of(fault: VMError) -> str:
    """What to tell the user; every other kind of fault carries its words itself."""
    return _WORDS.get(type(fault)) or str(fault)
