"""The upload window: for how many seconds after its start an upload may be refreshed.

There are two. The deployment's settings say one. The other was promised when the upload began, and
is sealed into the declaration. They differ if the setting changed, or if deployments share their
owner keys. A refresh needs both to be open. Clean-up waits for the promised one.
"""

from __future__ import annotations

from shared.alibaba.vod.records import Video
from shared.config.settings import Settings
from shared.config.variables import LONGEST_UPLOAD_WINDOW
from shared.uploads.declaration import declaration_of


def promised_window(settings: Settings, video: Video) -> int | None:
    """The window that was sealed when the upload began, in seconds; None if there is none."""
    declaration = declaration_of(settings, video)
    return None if declaration is None else declaration.window


def refresh_window(settings: Settings, video: Video) -> int:
    """The age in seconds until which the video may get a new credential."""
    promised = promised_window(settings, video)
    return settings.upload_window if promised is None else min(promised, settings.upload_window)


def abandonment_window(settings: Settings, video: Video) -> int:
    """The age in seconds from which no deployment refreshes the upload any more."""
    promised = promised_window(settings, video)
    return settings.upload_window if promised is None else promised


def cleanup_window(settings: Settings, video: Video) -> int:
    """The age in seconds that clean-up waits for: the longest window unless one was promised."""
    promised = promised_window(settings, video)
    return LONGEST_UPLOAD_WINDOW if promised is None else promised
