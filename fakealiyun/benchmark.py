"""Small signed puts per second of CPU time, and where the time goes.

python benchmark.py [--puts 2000] [--rounds 3]

The client is oss2 in a process of its own. Only the CPU time of the cloud's process counts, so the
figure says what one free core could do. See docs/speed.md.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

from fakealiyun import FakeCloud

CLIENT = """
import sys
import oss2

version, url, key, secret, count = sys.argv[1:]
auth = oss2.AuthV4(key, secret) if version == "v4" else oss2.Auth(key, secret)
bucket = oss2.Bucket(auth, url, "benchmark", region="cn-shanghai", enable_crc=False)
for number in range(int(count)):
    bucket.put_object(f"videos/{number % 50}.mp4", bytes(1000))
"""
PARTS = {
    "aiohttp, asyncio": ("/aiohttp/", "/asyncio/", "/multidict/", "/yarl/", "/selectors.py"),
    "authentication": ("/oss/authentication", "/oss/claim", "/oss/signature", "/identity", "/hmac"),
    "permission": ("/ram/", "/oss/permission"),
    "files": ("/oss/incoming_file", "/oss/state", "/pathlib.py", "open", "unlink", "FileIO"),
    "the rest of the fake": ("/fakealiyun/",),
}


def put(cloud: FakeCloud, version: str, count: int) -> None:
    """Send `count` objects of 1000 bytes."""
    key = cloud.admin
    arguments = (version, cloud.url, key.access_key_id, key.access_key_secret, str(count))
    subprocess.run([sys.executable, "-W", "ignore", "-c", CLIENT, *arguments], check=True)


def rate(cloud: FakeCloud, version: str, count: int, rounds: int) -> float:
    """The median of the puts per second of CPU time of this process."""
    rates = []
    for _ in range(rounds):
        begun = time.process_time()
        put(cloud, version, count)
        rates.append(count / (time.process_time() - begun))
    return statistics.median(rates)


def shares(cloud: FakeCloud, count: int) -> dict[str, float]:
    """The share of each part in the CPU time of the cloud's thread."""
    profile = cProfile.Profile(time.thread_time)
    in_loop(cloud, profile.enable)
    put(cloud, "v4", count)
    in_loop(cloud, profile.disable)
    times: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "epoll" in name:
            continue  # it waits
        where = f"{file}:{name}"
        part = next(
            (part for part, words in PARTS.items() if any(word in where for word in words)), ""
        )
        times[part or "C functions and the standard library"] += own
    whole = sum(times.values())
    return {part: spent / whole for part, spent in times.most_common()}


def in_loop(cloud: FakeCloud, action: Callable[[], None]) -> None:
    """Run `action` in the cloud's thread, and wait for it."""
    done = threading.Event()

    def act() -> None:
        action()
        done.set()

    loop = cloud._loop
    if loop is None:
        raise RuntimeError("the cloud is not running")
    loop.call_soon_threadsafe(act)
    done.wait()


def main() -> None:
    """Print the rates and the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--puts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with FakeCloud() as cloud:
        cloud.storage.create_bucket("benchmark", cloud.region)
        put(cloud, "v4", 200)
        for version in ("v1", "v4"):
            found = rate(cloud, version, options.puts, options.rounds)
            print(f"oss2, signature {version}: {found:.0f} puts per second of CPU time")
        for part, share in shares(cloud, options.puts).items():
            print(f"{share:5.0%}  {part}")


if __name__ == "__main__":
    main()
