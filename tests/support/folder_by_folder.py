"""Which worker runs which tests: whole files, folder by folder."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_FEW = 2
"""Files for each worker, up to which the workers share a file's tests."""


def folder_of(unit: str) -> str:
    """The folder of a file of tests, or of one test."""
    return unit.partition("::")[0].rpartition("/")[0]


def next_unit(waiting: list[str], last: str | None, others: set[str]) -> str:
    """The file or test that a worker runs next, of those that wait.

    The worker stays in the folder of its `last` one: what the folder's tests share, such as a
    deployment with warm instances, then starts once. If nothing waits there, it takes a folder that
    no other worker is in (`others`), small ones first. At the end the workers share a folder.
    """
    counts = Counter(folder_of(unit) for unit in waiting)
    if last is not None and folder_of(last) in counts:
        folder = folder_of(last)
    elif free := [folder for folder in counts if folder not in others]:
        folder = min(free, key=lambda one: counts[one])
    else:
        folder = max(counts, key=lambda one: counts[one])
    return next(unit for unit in waiting if folder_of(unit) == folder)


class FolderByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker the next file when it has nearly done its last one.

    Where there are only a few files, it gives them test by test.
    """

    _whole_files = True

    def schedule(self) -> None:
        if self.collection is None:
            tests = chain.from_iterable(self.registered_collections.values())
            files = {test.partition("::")[0] for test in tests}
            self._whole_files = len(files) > _FEW * self.numnodes
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if self._whole_files else nodeid

    def _assign_work_unit(self, node: WorkerController) -> None:
        last = {worker: next(reversed(given), None) for worker, given in self.assigned_work.items()}
        others = {folder_of(unit) for worker, unit in last.items() if unit and worker is not node}
        chosen = next_unit(list(self.workqueue), last.get(node), others)
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)
