// The calls of vodpass: all that an app's own code has to make.

import { sendJson } from "./http.js";

/** `{url, cloudUrl, region, functions}` of the gateway that serves this page. */
export function config() {
  return sendJson("GET /_local/config", "/_local/config");
}

/** A development token for `{sub, scope, vod}`; a real app gets its token from its login. */
export async function developmentToken(claims) {
  return (await post("/_local/token", {}, claims)).token;
}

/** Begin an upload. A repeat with the same `idempotencyKey` meets the video of the first. */
export function upload(token, file, { idempotencyKey, signal }) {
  const headers = { ...bearer(token), "Idempotency-Key": idempotencyKey };
  return post("/upload", headers, { FileName: file.name, FileSize: file.size }, signal);
}

/** A new credential for an upload under way. */
export function refresh(token, videoId, { signal }) {
  return post("/refresh", bearer(token), { VideoId: videoId }, signal);
}

/** A PlayAuth. Refused with VideoNotReady, `body.Status` and perhaps `retryAfter`, until ready. */
export function play(token, videoId, { signal }) {
  const query = new URLSearchParams({ VideoId: videoId });
  return sendJson("GET /play", `/play?${query}`, { headers: bearer(token), signal });
}

function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

function post(path, headers, body, signal) {
  return sendJson(`POST ${path}`, path, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}
