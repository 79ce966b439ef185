"""The root chain: epochs, blocks, topology."""
