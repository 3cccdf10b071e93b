"""How long an upload may be refreshed: the upload window.

There are two: the one of this deployment's settings, and the one that the caller was promised. The
latter is sealed into the video's Extend. They differ if the setting was changed, or if deployments
share their owner keys. The shorter one ends refreshes. The promised one prevents a deletion.
"""

from __future__ import annotations

from shared.alibaba.vod.records import Video
from shared.config.settings import Settings
from shared.config.variables import LONGEST_UPLOAD_WINDOW
from shared.uploads.extend import verified


def promised(settings: Settings, video: Video) -> int | None:
    """The window in seconds that was sealed when the upload began; None if there is none."""
    extend = verified(settings, video.reference_id, video.user_data)
    return None if extend is None else extend.window


def renewable(settings: Settings, video: Video) -> int:
    """Seconds after its creation until which the video may get a new credential."""
    sealed = promised(settings, video)
    return settings.upload_window if sealed is None else min(sealed, settings.upload_window)


def abandoned(settings: Settings, video: Video) -> int:
    """Seconds after its creation from which nobody may refresh the upload any more."""
    sealed = promised(settings, video)
    return settings.upload_window if sealed is None else sealed


def deletable(settings: Settings, video: Video) -> int:
    """The window that counts before the video is deleted: the longest one unless one is sealed."""
    sealed = promised(settings, video)
    return LONGEST_UPLOAD_WINDOW if sealed is None else sealed
