"""Anoma's ordering machine, V1: order first, then execute. One set of engines per shard and epoch.

    worker ──── SpawnExecutor, ExecuteTransaction ──── supervisor (executors)
       │                                                   │
       └─ KVSAcquireLock, UpdateSeenAll ─ timeline ─ KVSRead, KVSWrite

Each engine is a pure object, `step(message) → messages`, and knows the others only by their messages, which
may arrive in any order and more than once: whatever arrives when, the state is that of the serial run in
the order of the fingerprints. Source: Anoma's specification of its ordering machine (Typhon, V1). R1 to R24
name its rules in these files, as far as they are about one worker:

R1  fingerprints order transactions; the worker alone gives them, nothing changes them
R2  an acknowledgement names the epoch, never the number
R3  a candidate that is ordered already is disregarded
R4  numbers are dense within an epoch and lane
R5  nobody waits for an executor to end; those that work at once are the lowest fingerprints
R6  a transaction's locks are recorded all at once, or not at all
R7  KVSLockAcquired means recorded, not granted
R8  what overtakes its KVSAcquireLock is held
R9  eager reads are pushed; lazy ones are asked for, or released
R10 a marker is PENDING, then VALUE or NOWRITE
R11 a read is served once no earlier write can still appear, and the newest earlier one is resolved
R12 nobody reads its own writes from the timeline
R13 writes wait for nothing
R14 nothing is written before the executor has succeeded
R15 when an executor ends, however it does, every marker of its transaction is resolved
R16 what touches a key outside its label has no effect
R17 an outcome depends on the candidate and on what it read
R18 UpdateSeenAll(write) promises that no lock with a write appears at or below
R19 it lets reads be served; nothing else may use an unfinished prefix
R20 UpdateSeenAll(read) promises the same for reads, for the collection of garbage only
R21 the newest value below every possible read stays, older ones go
R22 watermarks only grow; every message may be repeated
R23 what only reads may come late, above the read watermark
R24 acknowledged locks are forgotten once the watermark covers them
"""
