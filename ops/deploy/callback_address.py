"""The address of `events`, where Function Compute tells it only after the first deployment."""

from __future__ import annotations

from ops import dot_env
from ops.account import NotAnswered, ServiceRefused
from ops.deploy import addresses
from ops.deploy.ending import Stop, code_of
from ops.deploy.say import Say
from ops.deploy.target import Target
from ops.deploy.texts import T
from ops.setup import env_file

_NAME = "VODPASS_CALLBACK_URL"


def find(target: Target, say: Say) -> bool:
    """Find where the functions answer, and put the address of `events` into its CallbackURL.

    Returns whether the CallbackURL has changed. Raises Stop.
    """
    target.at = {}
    if target.answers_at_domain:
        return False
    try:
        target.at = addresses.of_triggers(target.account, target.props)
    except (ServiceRefused, NotAnswered) as refusal:
        raise Stop(T.NO_ADDRESS.filled(code_of(refusal))) from None
    own = target.at.get("events", "")
    waits = addresses.is_not_known(target.values.get(_NAME, ""))
    if target.base or not waits or not own.startswith("https://"):
        return False
    new = addresses.moved(target.values[_NAME], own)
    target.values[_NAME] = new
    target.settings[_NAME] = new
    target.props["events"]["environmentVariables"][_NAME] = new
    _write(target, new, say)
    say.step("address", T.ADDRESS.filled(own))
    return True


def _write(target: Target, url: str, say: Say) -> None:
    if dot_env.read(target.env_path).get(_NAME) is None:
        say.step("address", T.ADDRESS_ELSEWHERE)
        return
    try:
        file = env_file.load(target.env_path, target.env_path)
        file.put(_NAME, url)
        env_file.write(target.env_path, file)
    except (env_file.FileError, env_file.ValueRefused):
        say.step("address", T.ADDRESS_ELSEWHERE)
