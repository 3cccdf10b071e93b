"""The control routes, `/_local/*`: a developer or a test reads and changes the cloud with them.

The guard accepts only loopback names and the pages in `own_origins`. No answer contains a secret,
a token or a signature.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fakealiyun.clock import utc
from fakealiyun.guard import GuardError, control_body

if TYPE_CHECKING:
    from fakealiyun.fake_cloud import FakeCloud

_QUEUE = re.compile(r"^/_local/queues/[^/]+/messages$")

CALLBACK_KEY_PATH = "/_local/oss-callback-key.pem"

_Route = Callable[[web.Request], Awaitable["Mapping[str, Any] | str"]]


class Control:
    """The control routes of one cloud."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self._routes: Mapping[str, Mapping[str, _Route]] = {
            "/_local/clock": {"GET": self._clock, "POST": self._move_clock},
            "/_local/faults": {"GET": self._faults, "POST": self._set_fault},
            "/_local/queues/<name>/messages": {"POST": self._send_message},
            "/_local/vod": {"GET": self._vod, "POST": self._adjust_vod},
            "/_local/play-auth": {"POST": self._judge_play_auth},
            "/_local/certificates": {"POST": self._put_certificate},
            "/_local/state": {"GET": self._state},
            CALLBACK_KEY_PATH: {"GET": self._callback_key},
            "/_local/reset": {"POST": self._reset},
        }

    def routes(self) -> list[tuple[str, _Route]]:
        """Every route as `METHOD /path`, with its handler."""
        return [
            (f"{method} {path}", route)
            for path, methods in self._routes.items()
            for method, route in methods.items()
        ]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one control call, with JSON except for the key. Raises GuardError."""
        methods = self._routes.get(_QUEUE.sub("/_local/queues/<name>/messages", request.path))
        if methods is None:
            raise GuardError(404, f"the control routes are {', '.join(self._routes)}")
        route = methods.get(request.method)
        if route is None:
            return web.json_response(
                {"Code": "MethodNotAllowed", "Message": f"allowed: {', '.join(methods)}"},
                status=405,
                headers={"Allow": ", ".join(methods), "Cache-Control": "no-store"},
            )
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        answer = await route(request)
        if isinstance(answer, str):
            return web.Response(text=answer, headers=headers)
        return web.json_response(answer, headers=headers)

    async def _callback_key(self, _request: web.Request) -> str:
        """The public key (PEM) of the signatures of upload callbacks."""
        return await asyncio.to_thread(self._cloud.oss.callbacks.key.public_pem)

    async def _clock(self, _request: web.Request) -> Mapping[str, Any]:
        """Show both clocks in epoch seconds, and the offset in seconds."""
        clock = self._cloud.clock
        wall, offset = clock.wall(), clock.offset
        return {
            "wall": wall,
            "cloud": wall + offset,
            "offset": offset,
            "cloud_utc": utc(wall + offset),
        }

    async def _move_clock(self, request: web.Request) -> Mapping[str, Any]:
        """`{"advance": seconds}`: move cloud time forward. Timers fire before the answer."""
        body = _only(await control_body(request), "advance")
        seconds = body.get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise GuardError(400, "advance must be a number of seconds")
        try:
            self._cloud.clock.advance(float(seconds))
        except (ValueError, OverflowError) as error:
            raise GuardError(400, f"advance: {error}") from None
        return await self._clock(request)

    async def _faults(self, _request: web.Request) -> Mapping[str, Any]:
        """Show the faults that have calls left."""
        return {"faults": self._cloud.faults.pending()}

    async def _set_fault(self, request: web.Request) -> Mapping[str, Any]:
        """`{"service", "action", "kind", "count", …parameters}` sets a fault, `{"clear": true}`
        removes all."""
        body = await control_body(request)
        if body == {"clear": True}:
            self._cloud.faults.clear()
            return await self._faults(request)
        rule = {"action": "*", "count": 1, **body}
        for name in ("service", "action", "kind"):
            if not isinstance(rule.get(name), str):
                raise GuardError(400, f"{name} must be text")
        try:
            self._cloud.faults.set(**rule)
        except (TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, ValueError) else "a parameter is unknown"
            raise GuardError(400, reason) from None
        return await self._faults(request)

    async def _send_message(self, request: web.Request) -> Mapping[str, Any]:
        """`{"body": text, or an object to send as JSON}`: send a message to a queue. If the queue
        does not exist, it is created."""
        content = _only(await control_body(request), "body").get("body")
        if isinstance(content, dict):
            content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        if not isinstance(content, str):
            raise GuardError(400, "body must be text or an object")
        name = request.path.split("/")[3]
        try:
            return {"MessageId": self._cloud.queues.queue(name).send(content)}
        except ValueError as error:
            raise GuardError(400, str(error)) from None

    async def _vod(self, _request: web.Request) -> Mapping[str, Any]:
        """Show the settings of VOD that can change: times in seconds of cloud time."""
        settings = self._cloud.vod.settings
        return {
            "upload_lifetime": settings.upload_lifetime,
            "callback_offsets": dict(settings.callback_offsets),
            "multiple_apps": settings.multiple_apps,
            "suspended": settings.suspended,
        }

    async def _adjust_vod(self, request: web.Request) -> Mapping[str, Any]:
        """`{"upload_lifetime": seconds, "callback_offsets": {type or ALL: seconds},
        "multiple_apps": true, "suspended": false}`, each optional: change settings until the reset.
        A negative offset sends callbacks before the status. `multiple_apps` says whether multiple
        applications are open, `suspended` whether VOD is suspended."""
        body = _only(
            await control_body(request),
            "upload_lifetime",
            "callback_offsets",
            "multiple_apps",
            "suspended",
        )
        switches = {name: body.get(name) for name in ("multiple_apps", "suspended")}
        for name, value in switches.items():
            if name in body and not isinstance(value, bool):
                raise GuardError(400, f"{name} must be true or false")
        lifetime = body.get("upload_lifetime")
        if "upload_lifetime" in body and (
            isinstance(lifetime, bool) or not isinstance(lifetime, int)
        ):
            raise GuardError(400, "upload_lifetime must be a whole number of seconds")
        offsets = body.get("callback_offsets")
        if "callback_offsets" in body and not isinstance(offsets, dict):
            raise GuardError(400, "callback_offsets must be an object")
        try:
            self._cloud.vod.adjust(upload_lifetime=lifetime, callback_offsets=offsets, **switches)
        except ValueError as error:
            raise GuardError(400, str(error)) from None
        return await self._vod(request)

    async def _judge_play_auth(self, request: web.Request) -> Mapping[str, Any]:
        """`{"PlayAuth": a JWTPlayAuth}`: whether VOD would accept it now, and if not, why."""
        credential = _only(await control_body(request), "PlayAuth").get("PlayAuth")
        if not isinstance(credential, str):
            raise GuardError(400, "PlayAuth must be text")
        fault = self._cloud.vod.play_keys.fault_of(credential)
        return {"accepted": fault is None, "reason": fault}

    async def _put_certificate(self, request: web.Request) -> Mapping[str, Any]:
        """`{"number", "certificate", "private_key"}`, the last two in PEM: put a certificate into
        Certificate Management Service, as its console does. The answer does not repeat them."""
        body = _only(await control_body(request), "number", "certificate", "private_key")
        number, texts = body.get("number"), [body.get("certificate"), body.get("private_key")]
        if isinstance(number, bool) or not isinstance(number, int):
            raise GuardError(400, "number must be a whole number")
        if not all(isinstance(text, str) for text in texts):
            raise GuardError(400, "certificate and private_key must be text")
        certificate, private_key = map(str, texts)
        try:
            self._cloud.certificates.put(number, certificate=certificate, private_key=private_key)
        except ValueError as error:
            raise GuardError(400, str(error)) from None
        return {"number": number}

    async def _reset(self, request: web.Request) -> Mapping[str, Any]:
        """`{}`: go back to the state at the start."""
        _only(await control_body(request))
        self._cloud.reset()
        return {}

    async def _state(self, _request: web.Request) -> Mapping[str, Any]:
        """Show media, objects, credentials by id, events and their callbacks, functions, queues,
        calls and faults."""
        cloud = self._cloud
        now = cloud.clock.now()
        return {
            "account": cloud.account_id,
            "region": cloud.region,
            "clock": await self._clock(_request),
            "calls": cloud.calls.snapshot(),
            "faults": cloud.faults.pending(),
            "roles": sorted(cloud.ram.roles),
            "vod": {
                "media": [
                    {
                        "VideoId": media.video_id,
                        "ReferenceId": media.reference_id,
                        "AppId": media.app_id,
                        "Status": media.status,
                        "CreationTime": utc(media.created),
                        "Size": media.size,
                        "TemplateGroupId": media.template_group_id,
                    }
                    for media in cloud.vod.library.all()
                ],
                "applications": [
                    {"AppId": app.app_id, "AppName": app.name, "Status": app.status}
                    for app in cloud.vod.applications.all()
                    if app.type == "Custom"
                ],
                "application_policies": cloud.vod.applications.attached(),
                "other_media": [
                    {
                        "MediaId": medium.media_id,
                        "MediaType": medium.kind,
                        "AppId": medium.app_id,
                        "Status": medium.status,
                        "CreationTime": utc(medium.created),
                        "Size": medium.size,
                    }
                    for medium in cloud.vod.other_media.all()
                ],
                "callbacks": [
                    {
                        "EventType": delivery.event_type,
                        "MediaId": delivery.media_id,
                        "road": delivery.transport,
                        "attempts": delivery.attempts,
                        "outcome": delivery.outcome,
                    }
                    for delivery in cloud.vod.callbacks.deliveries()
                ],
                "events": [
                    {
                        "EventType": event.type,
                        "EventTime": event.time,
                        "MediaId": event.media_id,
                        "Status": event.status,
                    }
                    for event in cloud.vod.events.seen()
                ],
                "credentials": [
                    {
                        "kind": issued.kind,
                        "MediaId": issued.media_id,
                        "AccessKeyId": issued.access_key_id,
                        "ExpireUTCTime": utc(issued.expires_at),
                        "expired": issued.expires_at <= now,
                    }
                    for issued in cloud.vod.issued
                ],
            },
            "queues": {
                queue.name: [
                    {
                        "MessageId": message.id,
                        "received": message.dequeue_count,
                        "visible_from": utc(message.next_visible),
                    }
                    for message in queue.messages
                ]
                for queue in cloud.queues.all()
            },
            "fc": {
                "allow_deploy": cloud.fc.allow_deploy,
                "functions": [
                    {
                        "functionName": function.name,
                        "runtime": function.settings["runtime"],
                        "codeChecksum": function.package.checksum,
                        "triggers": sorted(function.triggers),
                    }
                    for function in cloud.fc.account.functions.values()
                ],
                "domains": sorted(cloud.fc.account.domains),
            },
            "oss": {
                bucket.name: {
                    "objects": [
                        {"key": found.key, "size": found.size, "etag": found.etag}
                        for found in cloud.storage.objects(bucket.name)
                    ],
                    "uploads": [
                        {"key": upload.key, "parts": len(upload.parts)}
                        for upload in cloud.storage.uploads(bucket.name)
                    ],
                }
                for bucket in cloud.storage.buckets()
            },
        }


def _only(body: dict[str, Any], *allowed: str) -> dict[str, Any]:
    if not body.keys() <= set(allowed):
        names = ", ".join(allowed) if allowed else "no fields"
        raise GuardError(400, f"the body may have {names} only")
    return body
