"""Every bound of the node, each with its reason. A queue, an input or a wait without one is a bug."""

from __future__ import annotations

from typing import Final

# --- the epoch

BLOCK_HASH_WINDOW: Final = 256
"""BLOCKHASH sees this many blocks (Yellow Paper, section H)."""

SHARDS_MAX: Final = 256
"""Their headers make a root block of 200 KB, and lane 2 may need all of them at once: measured up to 64."""

# --- transactions

TRANSACTION_BYTES_MAX: Final = 131_072
"""One encoded transaction, as geth's pool (txMaxSize)."""

INITCODE_BYTES_MAX: Final = 49_152
"""EIP-3860."""

NONCE_MAX: Final = 2**64 - 2
"""EIP-2681: the nonce after it must still fit 64 bits."""

# --- between processes

HANDSHAKE_FRAME_BYTES_MAX: Final = 256
"""A hello is 75 bytes and a name; nobody may make us hold more before proving who speaks."""

FRAME_BYTES_MAX: Final = 32 * 2**20
"""A block of 30 M gas holds at most 7.5 MB of call data; four times that, for answers with receipts."""

LANE_ITEMS_MAX: Final = 128
"""What shards say to each other in one frame: so many of the largest transactions fill half of one."""

PEER_NAME_BYTES_MAX: Final = 64
"""Names are like "slave-0"."""

CONNECTION_REQUESTS_MAX: Final = 65_536
"""Requests under way on one connection: more wait at their caller."""

CONNECTION_BUFFER_BYTES_MAX: Final = 64 * 2**20
"""Unsent bytes on one connection; a peer that doesn't read is cut off."""

HANDSHAKE_TIMEOUT_MS: Final = 5_000
"""From connect to proof."""

HANDSHAKES_MAX: Final = 128
"""Accepted connections of one port that haven't proved who speaks; a cluster of 64 slaves starts at once."""

STRANGE_SLAVES_MAX: Final = 16
"""Slaves that wait at the master to be added; an operator adds one at a time, and they have a connection each."""

REQUEST_TIMEOUT_MS: Final = 10_000
"""A process answers any request sooner, or is taken for lost."""

CATCH_UP_TIMEOUT_MS: Final = 5_000
"""How long a question waits for a shard that has not come so far; half a request's time."""

REARRANGED_POLL_MS: Final = 20
"""A search that met slaves which know different things of who is where begins anew: all hear it at once, nearly."""

RECONNECT_DELAY_MS: Final = 200
"""Between two attempts to reach a process that is down: a restart takes about a second."""

MASTER_RESTART_MS: Final = 3_000
"""A question to a master that is away waits so long: a restart takes about a second, and wallets needn't see it."""

# --- processes on one machine

START_TIMEOUT_MS: Final = 60_000
"""From start to every slave connected: seconds, or a replay after a power cut."""

STOP_TIMEOUT_MS: Final = 10_000
"""A child that hasn't gone by then is killed: nothing acknowledged is lost by it."""

RESTART_DELAY_MS_MIN: Final = 100
"""Before a child that lived for long is started again."""

RESTART_DELAY_MS_MAX: Final = 10_000
"""Before one that keeps dying is."""

RESTART_STEADY_MS: Final = 30_000
"""A child that lived so long counts as healthy."""

COPY_TRIES_MAX: Final = 20
"""Of a database that compactions still change: each takes milliseconds, and they end as nobody writes."""

# --- the gateway

ADMISSION_QUEUE_MAX: Final = 20_000
"""Transactions between their arrival and their shard's verdict: five seconds' worth."""

ADMISSION_BATCH_MAX: Final = 256
"""Handed to a thread at once: 12 ms of sender recovery."""

ADMISSION_THREADS: Final = 2
"""Sender recovery runs outside the interpreter lock; more threads than cores gain nothing."""

ROOT_BLOCK_CACHE_MAX: Final = 1_024
"""Root blocks that a gateway has at hand: what fee histories and log queries mostly ask for."""

DEPENDENCIES_MAX: Final = 64
"""Accounts of a creation's access list among which its key is looked for: whoever sends it pays for no look-up."""

LOCATION_CACHE_MAX: Final = 200_000
"""Accounts whose location a gateway remembers: about 40 MB."""

SUBMITTED_CACHE_MAX: Final = 200_000
"""Transactions that a gateway knows the shard of: a minute at full load."""

HTTP_BODY_TIMEOUT_MS: Final = 10_000
"""From a request's head to the end of its body: who drips is cut off."""

HTTP_ANSWER_TIMEOUT_MS: Final = 30_000
"""One answer, a batch of calls included."""

HTTP_KEEPALIVE_MS: Final = 120_000
"""An idle connection, as geth has it."""

HTTP_LINGER_MS: Final = 1_000
"""Who was answered before the end of its body may go on so long, unheard, so that it reads the answer."""

HTTP_CONNECTIONS_MAX: Final = 512
"""Of one port: with the bus and the databases it stays below the 1,024 open files that a process usually may have."""

CLIENTS_MAX: Final = 4_096
"""Clients whose allowances are kept; one that is forgotten starts anew."""

# --- state

SHARDS_AT_EASE: Final = 4
"""Shards of one process that have caches and buffers of full size, about 400 MB each; more share that room."""

STORE_CACHE_BYTES: Final = 32 * 2**20
"""Blocks that a shard's database keeps unpacked: the upper levels of a million accounts' tables."""

STORE_BUFFER_BYTES_MAX: Final = 16 * 2**20
"""Writes that a database gathers before it makes a table, and as much again while it does: a second of full load."""

STORE_BUFFER_BYTES_MIN: Final = 4 * 2**20
"""Less would make so many small tables that merging them takes more than it saves; LevelDB's own default."""

TRIE_CACHE_NODES_MAX: Final = 200_000
"""Decoded nodes a shard keeps: about 200 MB, the upper levels of a million accounts."""

ACCOUNT_CACHE_MAX: Final = 200_000
"""Accounts at the head that a shard keeps: about 60 MB."""

CODE_CACHE_MAX: Final = 1_000
"""Codes that a shard keeps: 24 MB if all were as long as EIP-170 allows."""

PROOF_CACHE_NODES_MAX: Final = 10_000
"""Nodes that one proof request has at hand: enough for all slots that it may ask for."""

PRUNED_EPOCHS_MAX: Final = 16
"""Epochs whose history is deleted as one is written: a shortened history shrinks without a pause."""

SWEEP_ENTRIES_MAX: Final = 256
"""Foreign entries that all shards together rewrite in one epoch after a split: about 40 ms of one core in a
state of a million accounts, where each costs a path of its own. The epochs of a sweep stay near the normal length."""

SWEEP_SCANNED_MAX: Final = 1_024
"""Entries that they look at to find them: half of them are foreign, unless somebody has chosen the keys."""

GARBAGE_ROWS_MAX: Final = 1_024
"""Rows that they delete with one commit, or look at to find out what may be: a few milliseconds of each slave."""

# --- the EVM

CALL_DEPTH_MAX: Final = 1024
"""Frames below the outermost one (Yellow Paper, section 8)."""

STACK_WORDS_MAX: Final = 1024
"""Words on one frame's stack (Yellow Paper, section 9.1)."""

CODE_BYTES_MAX: Final = 24_576
"""EIP-170."""

ANALYSED_CODES_MAX: Final = 1024
"""Codes whose jump destinations are kept: at most 48 KiB each, so 48 MiB."""

ACCOUNT_NONCE_MAX: Final = 2**64 - 1
"""An account whose nonce stands here signs and creates nothing any more (EIP-2681)."""

# --- the pool of one shard

POOL_TRANSACTIONS_MAX: Final = 16_384
"""Ten full blocks of transfers; geth's pool holds 5 120 + 1 024 for a whole chain."""

POOL_BYTES_MAX: Final = 64 * 2**20
"""What they may weigh together: a pool full of large transactions must not exhaust the process."""

POOL_ACCOUNT_GUARANTEED: Final = 16
"""Transactions of one account that a larger holder's can't push out (geth's AccountSlots)."""

POOL_ACCOUNT_PENDING_MAX: Final = 1_024
"""Executable transactions of one account while there is room: a hundred busy accounts fit ten times over."""

POOL_ACCOUNT_QUEUED_MAX: Final = 256
"""Transactions of one account that wait for an earlier nonce: what parallel requests can shuffle (geth: 64)."""

POOL_LIFETIME_MS: Final = 3 * 3_600_000
"""A transaction that found no block for so long is forgotten (geth's Lifetime)."""

REPLACEMENT_BUMP_PERCENT: Final = 10
"""A replacement raises both fee cap and tip by so much, or relaying replacements would be free (geth's PriceBump)."""

# --- the epoch's clockwork

LANE_BUDGET_MS: Final = 1_000
"""Lane 1 stops taking transactions after so long: gas is not time, and the whole cluster waits for it."""

ANSWER_TIMEOUT_MS: Final = 5_000
"""A shard that is silent for longer is left out: it says every second that it is working, if it is."""

GAS_PER_MS_MIN: Final = 250
"""Nothing burns gas more slowly: a shard that says it works is believed so long. A quiet machine makes 3,000."""

RESEND_MS: Final = 1_000
"""What has no answer yet is said again: links lose messages only when they break, so this needn't be quick."""

SLOW_EPOCH_MS: Final = 1_000
"""While what waits can't run, an empty block so often lets the base fee sink, or finds a shard that is back."""

BLOCK_CANDIDATES_MAX: Final = 8_192
"""Transactions that one block may try: more would not fit LANE_BUDGET_MS."""

STRAND_LENGTH: Final = 1_024
"""Transactions of lane 1 that share an executor and its messages: so many cost hardly more than one.
One journal is worked on in order anyway, and who meets an account again in his own strand waits for nobody."""

# --- moving shards

SHARDS_PER_SLAVE_MAX: Final = 128
"""A shard at work takes a thread, a database with some 60 MB of caches, a few tens of open files."""

MOVE_SILENCE_MS: Final = 15_000
"""A target that makes a copy says something every second; after so long without a word it is taken for lost."""

MOVE_HANDOVER_MS: Final = 10_000
"""A shard that is handed over works nowhere: if that takes so long, it goes on where it was."""

COPIED_ROWS_BYTES: Final = 2**20
"""Rows that are read and sent at once: some 10 ms of one core at each end."""

COPIED_BLOCKS_BYTES_MAX: Final = 4 * 2**20
"""Blocks or waiting transactions that are sent at once; with one more, of 7.5 MB, they fit a frame."""

SNAPSHOT_IDLE_MS: Final = 30_000
"""A snapshot that nobody reads on is let go: while it lives, nothing that was overwritten since is deleted."""

CLOSE_BEHIND_MS: Final = 250
"""A copy that follows in so little time is close enough: the shard stands still for about as long."""

CATCHING_UP_MS_MAX: Final = 300_000
"""A copy that isn't close behind by then never will be: the shard works faster than it can be followed."""

FOLLOW_INTERVAL_MS: Final = 50
"""How often a copy that is close looks for new blocks: about once an epoch."""

LOAD_BLOCKS: Final = 256
"""Root blocks that say how busy a shard is: at least some ten seconds, and a gateway has them at hand."""

MOVES_REMEMBERED: Final = 16
"""Moves that are over and still shown to operators."""

# --- audits

AUDIT_FINDINGS_MAX: Final = 1_000
"""Findings that are kept in words; one flipped byte early in a chain can contradict every block after it."""

AUDIT_ROWS_AT_ONCE: Final = 10_000
"""Rows that are copied in one write where a replay divides a shard: a few megabytes in memory, whatever its size."""
"""Rows that are copied in one write where a replay divides a shard: a few megabytes, however large it is."""

# --- tickets

TICKET_BOUND_MAX: Final = 2**64 - 1
"""Every ticket is below it, so that a ticket and any bound of tickets fit 64 bits on disk and in messages."""

TICKETS_RESERVED: Final = 2**20
"""Made durable at once: full pools of 64 shards. A restart skips at most so many, 10^13 times before 64 bits end."""

# --- tickets

TICKETS_PER_ROUND: Final = 4_096
"""Numbers that a broker gets for one epoch: more transactions than a full block's gas pays for."""

TICKETS_LIVE_MAX: Final = 512
"""Tickets of one shard that run at once: enough to hide the way to another shard, few enough to be quick."""

TICKET_ATTEMPTS_MAX: Final = 64
"""Attempts of one ticket in an epoch; then the transaction waits for the next."""

TICKET_REST_MS: Final = 1
"""Before the next attempt, times the number of attempts: an older ticket needs a few messages to be done."""

TICKET_LANE_BUDGET_MS: Final = 500
"""After so long no ticket begins and no undecided one goes on: the whole cluster waits for the lane."""

EARLY_MESSAGES_MAX: Final = 4_096
"""Messages of a lane that isn't open here yet: each shard sends a few before it needs an answer."""

# --- searches

LOG_RESULTS_MAX: Final = 10_000
"""Logs that one search returns (the common limit of public providers)."""

# --- JSON-RPC

RPC_BODY_BYTES_MAX: Final = 1_048_576
"""One request body: four of the largest transactions in hexadecimal, or a batch of 100 large calls."""

RPC_DEPTH_MAX: Final = 32
"""Nested lists and objects of a body; a batch of log queries needs six levels."""

RPC_BATCH_MAX: Final = 100
"""Members of a batch: what ethers puts into one."""

RPC_BATCH_PARALLEL_MAX: Final = 16
"""Members that run at once, so that a batch can't hold more than this many large answers in memory."""

RPC_BATCH_ANSWER_BYTES_MAX: Final = 10_000_000
"""All answers of a batch; what comes after is refused (geth's limit is 25 MB)."""

RPC_BUDGET_PER_SECOND: Final = 100_000
"""What one client may spend, in jsonrpc.method.Cost: 1,000 calls or 25,000 transactions."""

RPC_BUDGET_MAX: Final = 200_000
"""What an idle client can save up: two seconds at full rate."""

CALL_GAS_MAX: Final = 50_000_000
"""Gas of one eth_call or eth_estimateGas, as geth's RPCGasCap."""

CALL_TIME_MS_MAX: Final = 2_000
"""What one eth_call or estimate may take: gas doesn't measure time."""

CALLS_WAITING_MAX: Final = 256
"""Calls and searches that wait for a thread in one slave."""

CALL_ROUNDS_MAX: Final = 8
"""How often a call may find out that it creates yet another contract whose home it doesn't know."""

CALL_HOMES_MAX: Final = 1_024
"""Contracts that one call may create away from their homes: each home is asked; 33 M gas of creations."""

STRANGERS_MAX: Final = 16
"""Accounts that one call took for contracts in vain: the first ones explain a failure, if any does."""

LOG_RANGE_BLOCKS_MAX: Final = 10_000
"""Blocks that one eth_getLogs looks at; one bloom each."""

LOG_FILTER_ITEMS_MAX: Final = 1_000
"""Recipients, or alternatives for one topic, as geth."""

FEE_HISTORY_BLOCKS_MAX: Final = 1_024
"""Blocks of one eth_feeHistory, as geth; asked for more, it answers about so many."""

FEE_HISTORY_REWARD_BLOCKS_MAX: Final = 128
"""The same when rewards are asked for: every receipt of these blocks is read."""

FEE_HISTORY_PERCENTILES_MAX: Final = 100
"""Percentiles of one eth_feeHistory, as geth."""

PROOF_SLOTS_MAX: Final = 1_024
"""Storage proofs in one eth_getProof, as geth."""
