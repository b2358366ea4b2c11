"""New job ids: UUID v7 whose status key lies in the slot of the queue, so that an installation can move to a Redis
Cluster. `schemas/README.md` tells how; this makes the same ids."""
from __future__ import annotations

import functools
import secrets
import time
import uuid
from binascii import crc_hqx  # CRC16/XMODEM
from bisect import bisect_left

SLOTS = 1 << 14
FOUR, ONE = 1 << 16, 16


@functools.lru_cache(maxsize=None)
def fits() -> list[list[int]]:
    """Four hex digits by slot, ascending. 50 ms, once."""
    found: list[list[int]] = [[] for _ in range(SLOTS)]
    for four in range(FOUR):
        found[crc_hqx(b"%04x" % four, 0) % SLOTS].append(four)
    return found


def slot(key: str) -> int:
    """The slot of a key without a hash tag."""
    return crc_hqx(key.encode(), 0) % SLOTS


def lies_beside_the_queue(job_id: str, prefix: str = "exports") -> bool:
    """Whether `export_job:<id>` lies in the prefix's slot."""
    return slot(f"export_job:{job_id}") == slot(prefix)


def steer(job_id: str, prefix: str = "exports") -> str:
    """The last five hex digits become the next, counted upwards, that lead `export_job:<id>` into the prefix's slot."""
    kept, own = job_id[:-5], int(job_id[-5:], 16)
    state, target = crc_hqx(b"export_job:" + kept.encode(), 0), slot(prefix)
    for step in range(ONE + 1):  # the first digit comes again at the end: for what lies below its own four
        digit = (own // FOUR + step) % ONE
        before = crc_hqx(bytes(4), crc_hqx(b"%x" % digit, state))
        found = fits()[(before ^ target) % SLOTS]
        at = bisect_left(found, own % FOUR) if step == 0 else 0
        if at < len(found):
            return f"{kept}{digit * FOUR + found[at]:05x}"
    raise AssertionError("five hex digits reach each slot")


def new_job_id(prefix: str = "exports") -> str:
    """Chosen before the first try, so that the same command may be sent again."""
    value = time.time_ns() // 1_000_000 << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return steer(str(uuid.UUID(int=value)), prefix)
