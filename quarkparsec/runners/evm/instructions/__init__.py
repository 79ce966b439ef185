"""The instruction table: py-evm's, with the entries replaced that touch our state or run most often."""
