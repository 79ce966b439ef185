"""QuarkParsec decides: every rule of the node, as pure functions and state machines.

Nothing below this package touches a socket, a file, a clock, a thread, the environment or a source
of randomness. Time and randomness come in as arguments; what has to happen in the world goes out as
returned values. The package `cluster` carries them out.
"""
