"""Readers of event files over the same files."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Program
from tests.long_logs import irregular, payload_log, regular, write

_NAME = "events.out.tfevents.1700000000.host"
# Whoever runs nnadvise has imported numpy by then.
_OURS = """
import sys
from pathlib import Path
import numpy
from advisor.runs.readers.tfevents import EventFile
for path in sorted(Path(sys.argv[1]).rglob("*tfevents*")):
    EventFile(path).read()
"""
_TENSORBOARD = """
import sys
from pathlib import Path
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
for path in sorted(Path(sys.argv[1]).rglob("*tfevents*")):
    EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0}).Reload()
"""
# It goes on polling when it has loaded everything: until then it is busy.
_DATA_SERVER = """
import subprocess, sys, tempfile, time
from tensorboard_data_server import server_binary
command = [server_binary(), "--logdir", sys.argv[1], "--samples-per-plugin", "scalars=all"]
command += ["--port", "0", "--port-file", tempfile.mkstemp()[1], "--reload", "3600"]
server = subprocess.Popen(command, stdin=subprocess.DEVNULL)

def used():
    fields = open(f"/proc/{server.pid}/stat").read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])

before, still = -1, 0
while still < 10:
    time.sleep(0.1)
    now = used()
    still = still + 1 if now == before and now > 2 else 0
    before = now
server.kill()
server.wait()
"""
_TBPARSE = """
import sys
from tbparse import SummaryReader
SummaryReader(sys.argv[1]).scalars
"""


def reading_programs(options: argparse.Namespace, path: Path) -> list[Program]:
    """What is compared: nnadvise's reader, TensorBoard's two, and tbparse."""
    return [
        Program("nnadvise's reader", [sys.executable, "-c", _OURS, str(path)], is_base=True),
        Program(
            "EventAccumulator",
            [options.tensorboard, "-c", _TENSORBOARD, str(path)],
            needs="tensorboard",
        ),
        Program(
            "TensorBoard's data server, until idle",
            [options.tensorboard, "-c", _DATA_SERVER, str(path)],
            needs="tensorboard_data_server",
        ),
        Program("tbparse", [options.tbparse, "-c", _TBPARSE, str(path)], needs="tbparse"),
    ]


def write_logs(folder: Path, scalars: int) -> Iterator[tuple[str, Path]]:
    """What each kind of log is called, and where it lies."""
    if not scalars:
        return
    for tags in (1, 20, 500):
        write(folder / f"tags_{tags}" / _NAME, regular(scalars, tags))
        yield f"{scalars:,} scalars over {tags} tags", folder / f"tags_{tags}"
    write(folder / "tensors" / _NAME, regular(scalars, 20, tensors=True))
    yield f"{scalars:,} tensor scalars over 20 tags", folder / "tensors"
    write(folder / "irregular" / _NAME, irregular(scalars))
    yield f"{scalars:,} scalars in no order", folder / "irregular"
    for size in (scalars * 305, scalars << 10):
        path = folder / f"payload_{size >> 20}"
        write(path / _NAME, payload_log(size))
        yield f"{size >> 20} MiB of pictures and histograms, a hundredth of scalars", path
    for number in range(scalars // 1000):
        write(folder / "sweep" / f"run_{number:04}" / _NAME, regular(1000, 5))
    yield f"{scalars // 1000:,} runs of 1,000 scalars", folder / "sweep"
