"""Finds what interrupted runs left in the account, by its name, and deletes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fakealiyun.verify.answers import ProbeError, body, code, entries
from fakealiyun.verify.bench import OWN_NAME, PREFIX, Bench
from fakealiyun.verify.endpoints import Answer

_PAGE = 100
_MOST = 5000  # GetVideoList shows no more


@dataclass(frozen=True)
class LeftOver:
    """Something that a probe created."""

    what: str
    delete: Callable[[], Answer]


def left_overs(bench: Bench) -> Iterator[LeftOver]:
    """Everything with a name that only a probe gives. Raises ProbeError if a list is refused."""
    yield from _videos(bench)
    yield from _queues(bench)
    yield from _buckets(bench)


def _videos(bench: Bench) -> Iterator[LeftOver]:
    found: list[LeftOver] = []
    for page in range(1, _MOST // _PAGE + 1):
        answer = bench.vod("GetVideoList", PageNo=str(page), PageSize=str(_PAGE))
        if answer.status == 404:  # the real service may answer so if there is no video
            break
        if answer.status != 200:
            raise ProbeError(f"GetVideoList answered {answer.status} {code(answer)['code']}")
        videos = body(answer).get("VideoList", {}).get("Video", [])
        for video in videos:
            title, video_id = str(video.get("Title", "")), str(video["VideoId"])
            if OWN_NAME.match(title):
                found.append(LeftOver(f"video {video_id}, title {title}", _video(bench, video_id)))
        if len(videos) < _PAGE:
            break
    yield from found


def _video(bench: Bench, video_id: str) -> Callable[[], Answer]:
    return lambda: bench.vod("DeleteVideo", VideoIds=video_id)


def _queues(bench: Bench) -> Iterator[LeftOver]:
    # One page of 1000: a run leaves a handful.
    answer = bench.mns("GET", "/queues", headers={"x-mns-prefix": PREFIX})
    if answer.status == 404:
        return
    if answer.status != 200:
        raise ProbeError(f"ListQueue answered {answer.status} {code(answer)['code']}")
    for name in _names(answer):
        if OWN_NAME.match(name):
            yield LeftOver(f"queue {name}", _queue(bench, name))


def _queue(bench: Bench, name: str) -> Callable[[], Answer]:
    return lambda: bench.mns("DELETE", f"/queues/{name}")


def _names(answer: Answer) -> list[str]:
    urls = [entry.get("QueueURL", "") for entry in entries(answer, "Queue")]
    return [url.rpartition("/")[2] for url in urls]


def _buckets(bench: Bench) -> Iterator[LeftOver]:
    # One page of 100: a run leaves a handful.
    answer = bench.oss("GET", "", query={"prefix": PREFIX})
    if answer.status != 200:
        raise ProbeError(f"ListBuckets answered {answer.status} {code(answer)['code']}")
    for entry in entries(answer, "Bucket"):
        if OWN_NAME.fullmatch(entry["Name"]):
            yield LeftOver(f"bucket {entry['Name']}", _bucket(bench, entry["Name"]))


def _bucket(bench: Bench, name: str) -> Callable[[], Answer]:
    return lambda: bench.delete_bucket(name)
