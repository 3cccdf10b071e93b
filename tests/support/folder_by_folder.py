"""Which worker runs which tests: whole files, folder by folder."""

from __future__ import annotations

from collections import Counter

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


def folder_of(file: str) -> str:
    """The folder of a file of tests."""
    return file.rpartition("/")[0]


def next_file(waiting: list[str], last: str | None, others: set[str]) -> str:
    """The file that a worker runs next, of those that wait.

    The worker stays in the folder of its `last` file: what the folder's tests share, such as a
    deployment with warm instances, then starts once. If nothing waits there, it takes a folder that
    no other worker is in (`others`), small ones first. At the end the workers share a folder.
    """
    files = Counter(folder_of(file) for file in waiting)
    if last is not None and folder_of(last) in files:
        folder = folder_of(last)
    elif free := [folder for folder in files if folder not in others]:
        folder = min(free, key=lambda one: files[one])
    else:
        folder = max(files, key=lambda one: files[one])
    return next(file for file in waiting if folder_of(file) == folder)


class FolderByFolder(LoadScopeScheduling):
    """Gives each worker the next file when it has nearly done its last one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        last = {worker: next(reversed(given), None) for worker, given in self.assigned_work.items()}
        others = {folder_of(file) for worker, file in last.items() if file and worker is not node}
        chosen = next_file(list(self.workqueue), last.get(node), others)
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)
