"""New job ids for `XADD {exports}:commands`: UUID v7 whose status key lies in the slot of the queue."""
import secrets
import time
import uuid
from binascii import crc_hqx  # CRC16/XMODEM
from bisect import bisect_left

FITS = {}  # slot of five hex digits -> those digits as numbers, ascending; 0.3 s, once
for number in range(1 << 20):
    FITS.setdefault(crc_hqx(b"%05x" % number, 0) & 16383, []).append(number)


def steer(job_id, prefix="exports"):
    """The last five hex digits become the next, counted upwards, that lead `export_job:<id>` into the prefix's slot."""
    kept, own = job_id[:-5], int(job_id[-5:], 16)
    before = crc_hqx(bytes(5), crc_hqx(b"export_job:" + kept.encode(), 0))  # moved on by five bytes
    fits = FITS[(before ^ crc_hqx(prefix.encode(), 0)) & 16383]
    return kept + "%05x" % fits[bisect_left(fits, own) % len(fits)]


def new_job_id(prefix="exports"):
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return steer(str(uuid.UUID(int=value)), prefix)
