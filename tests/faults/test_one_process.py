"""Two processes on one database: the second says who is there, and leaves."""

from __future__ import annotations

from tests.faults.judge import KEPT, drained, verdict
from tests.faults.rig import Bench, Senders


async def test_the_second_process_leaves_and_the_first_is_unharmed(
    bench: Bench, customers: Senders
) -> None:
    first = await bench.start()
    await customers.fill(first, 5, 2)
    second = bench.launch()
    assert await second.ended() == 1
    assert f"(pid {first.pid}) serves this database" in second.err
    assert "Traceback" not in second.err
    assert not second.url

    first.freeze()  # it looks dead, but it would go on where it stood
    third = bench.launch()
    assert await third.ended() == 1
    assert f"pid {first.pid}" in third.err
    first.thaw()

    await customers.fill(first, 5, 2, name="later")
    assert await drained(bench.database)
    assert await verdict(first, customers) == KEPT
    first.kill()  # a kill leaves the lock file, but not the lock
    assert (await bench.start()).url
