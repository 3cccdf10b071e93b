// How the web client calls the functions: refusals, tokens, repeats, playback.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inspect } from "node:util";

import { Vodpass, VodpassError } from "../../../clients/web/vodpass.js";
import { client, film, reset, tokenOf, url } from "./stack.mjs";

beforeEach(reset);

/** A client of functions that answer these, one after the other. */
function answering(...answers) {
  const asked = [];
  const vodpass = new Vodpass({
    url: "https://vod.example.com/",
    token: () => "token",
    fetch: async (target, options) => {
      asked.push({ target, options });
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next instanceof Error) throw next;
      return next.clone();
    },
  });
  return { vodpass, asked };
}

const problem = (status, members, headers = {}) =>
  Response.json({ status, ...members }, { status, headers });
const PLAYABLE = Response.json({ PlayAuth: "auth", VideoMeta: {}, ExpiresIn: 100 });

test("a refusal has the members of the problem", async () => {
  const { vodpass } = await client();
  await assert.rejects(vodpass.upload(film(10, "film.exe")).done, (error) => {
    assert.ok(error instanceof VodpassError && error instanceof Error);
    assert.equal(error.name, "VodpassError");
    assert.equal(error.Code, "InvalidRequest");
    assert.equal(error.status, 400);
    assert.equal(error.source, "vodpass");
    assert.equal(error.retriable, false);
    assert.equal(error.retryAfter, undefined);
    assert.deepEqual(error.errors.map(({ pointer }) => pointer), ["/FileName"]);
    assert.match(error.RequestId, /^1-/);
    return true;
  });
});

test("a token without the scope is refused with one call", async () => {
  const { vodpass, paths } = await client({ claims: { scope: "vod:play" } });
  await assert.rejects(vodpass.upload(film(10)).done, { Code: "Forbidden", status: 403 });
  assert.deepEqual(paths(), ["/upload 403"]);
});

test("a 401 asks for a renewed token once, and calls at the same time share it", async () => {
  const good = await tokenOf("alice");
  let token = "expired";
  let renewals = 0;
  const { vodpass, paths } = await client({
    token: async ({ renew }) => {
      renewals += renew ? 1 : 0;
      if (renew) token = good;
      return token;
    },
  });
  await Promise.all([vodpass.upload(film(10)).done, vodpass.upload(film(20, "b.mp4")).done]);
  assert.equal(renewals, 1);
  assert.equal(paths().filter((line) => line === "/upload 401").length, 2);
});

test("a renewed token that is refused too is the end", async () => {
  const { vodpass, paths } = await client({ token: () => "bad" });
  await assert.rejects(vodpass.play("0".repeat(32)), { Code: "InvalidToken", status: 401 });
  assert.deepEqual(paths(), ["/play 401", "/play 401"]);
});

for (const token of [
  "secret-token\nX-Other: 1",
  "secret-token more",
  "secret-token\u0000",
  "secret-tokené",
  "secret-token”",
  "secret-token\ufeff",
  "\nsecret-token",
]) {
  test(`a token like ${JSON.stringify(token)} is refused, and not quoted`, async () => {
    const { vodpass, paths } = await client({ token: () => token });
    const error = await vodpass.play("0".repeat(32)).catch((refused) => refused);
    assert.ok(error instanceof VodpassError);
    assert.deepEqual([error.Code, error.retriable], ["ClientError", false]);
    assert.ok(!inspect(error, { depth: 9 }).includes("secret-token"));
    assert.deepEqual(paths(), []);
  });
}

test("the end of a line after a token does no harm", async () => {
  const own = await tokenOf("alice");
  const { vodpass } = await client({ token: () => `${own}\r\n` });
  assert.ok((await vodpass.upload(film(10)).done).VideoId);
});

test("an error of the token provider reaches the app", async () => {
  const { vodpass } = await client({ token: () => Promise.reject(new Error("signed out")) });
  await assert.rejects(vodpass.upload(film(10)).done, (error) => {
    assert.equal(error.Code, "ClientError");
    assert.equal(error.cause.message, "signed out");
    return true;
  });
});

for (const [name, answer] of Object.entries({
  "no answer": new TypeError("Failed to fetch"),
  "429 of Function Compute": Response.json(
    { Code: "ResourceThrottled", Message: "" },
    { status: 429 },
  ),
  "500 of Function Compute": Response.json({ Code: "InternalError" }, { status: 500 }),
  "a page of HTML": new Response("<html>", { status: 502 }),
  "a problem with Retry-After": problem(503, { Code: "Unavailable" }, { "Retry-After": "0" }),
})) {
  test(`${name} is repeated`, async () => {
    const { vodpass, asked } = answering(answer, PLAYABLE);
    assert.equal((await vodpass.play("id")).PlayAuth, "auth");
    assert.equal(asked.length, 2);
  });
}

const MISSING = Response.json({ Code: "FunctionNotFound" }, { status: 404 });
for (const [name, answer, code] of [
  ["Misconfigured", problem(500, { Code: "Misconfigured" }), "Misconfigured"],
  ["a 404 of Function Compute", MISSING, "FunctionNotFound"],
  ["a 404 in HTML", new Response("<html>", { status: 404 }), "UnexpectedAnswer"],
]) {
  test(`${name} is not repeated`, async () => {
    const { vodpass, asked } = answering(answer);
    await assert.rejects(vodpass.play("id"), { Code: code, retriable: false });
    assert.equal(asked.length, 1);
  });
}

test("repeats end", async () => {
  const busy = problem(429, { Code: "Throttled" }, { "Retry-After": "0" });
  const { vodpass, asked } = answering(busy);
  await assert.rejects(vodpass.play("id"), { Code: "Throttled", retriable: true, retryAfter: 0 });
  assert.equal(asked.length, 5);
});

test("a wait of a day is left to the app", async () => {
  const tomorrow = problem(429, { Code: "Throttled" }, { "Retry-After": "86400" });
  const { vodpass, asked } = answering(tomorrow);
  const expected = { Code: "Throttled", retriable: true, retryAfter: 86400 };
  await assert.rejects(vodpass.play("id"), expected);
  assert.equal(asked.length, 1);
});

test("no request follows a redirect, which could carry the token elsewhere", async () => {
  const { vodpass, asked } = answering(PLAYABLE);
  await vodpass.play("a b", { AuthInfoTimeout: 600 });
  const [{ target, options }] = asked;
  assert.equal(target, "https://vod.example.com/play?VideoId=a+b&AuthInfoTimeout=600");
  assert.equal(options.redirect, "error");
  assert.equal(options.headers.Authorization, "Bearer token");
});

test("each function may have a URL of its own", async () => {
  const asked = [];
  const vodpass = new Vodpass({
    url: {
      upload: "https://u.example.com/",
      refresh: "https://r.example.com/",
      play: "https://p.example.com/x",
    },
    token: () => "token",
    fetch: async (target) => {
      asked.push(target);
      return PLAYABLE.clone();
    },
  });
  await vodpass.play("id");
  assert.deepEqual(asked, ["https://p.example.com/x?VideoId=id"]);
});

test("play waits as long as it is told to, and then plays", async () => {
  const notReady = problem(
    409,
    { Code: "VideoNotReady", Status: "Transcoding" },
    { "Retry-After": "0" },
  );
  const { vodpass, asked } = answering(notReady, notReady, PLAYABLE);
  const waits = [];
  const played = await vodpass.play("id", { onWait: (wait) => waits.push(wait) });
  assert.equal(played.PlayAuth, "auth");
  assert.equal(asked.length, 3);
  assert.deepEqual(waits, Array(2).fill({ seconds: 0, Status: "Transcoding" }));
});

test("a video that can never be played ends the wait at once", async () => {
  const { vodpass, asked } = answering(problem(409, { Code: "VideoNotReady", Status: "Blocked" }));
  await assert.rejects(vodpass.play("id"), { Code: "VideoNotReady", Status: "Blocked" });
  assert.equal(asked.length, 1);
});

test("longestWait and a signal end the wait", async () => {
  const later = answering(
    problem(409, { Code: "VideoNotReady", Status: "Uploading" }, { "Retry-After": "10" }),
  );
  await assert.rejects(later.vodpass.play("id", { longestWait: 0 }), {
    Code: "VideoNotReady",
    retryAfter: 10,
  });
  const signal = AbortSignal.timeout(50);
  await assert.rejects(later.vodpass.play("id", { signal }), { name: "TimeoutError" });
});

test("a finished upload can be played; a stranger's cannot", async () => {
  const { vodpass } = await client();
  const { VideoId } = await vodpass.upload(film(1000)).done;
  const bob = await client({ sub: "bob" });
  await assert.rejects(bob.vodpass.play(VideoId), { Code: "VideoNotFound", status: 404 });
  // The film is no real one, so the cloud does not transcode it.
  await assert.rejects(vodpass.play(VideoId, { longestWait: 0 }), { Code: "VideoNotReady" });
});

test("nothing is logged, and no error shows a token or a credential", async () => {
  const logged = [];
  const methods = ["log", "info", "warn", "error", "debug"];
  const own = methods.map((name) => [name, console[name]]);
  for (const name of methods) console[name] = (...told) => logged.push(told);
  try {
    const token = await tokenOf("alice", { scope: "vod:play" });
    const vodpass = new Vodpass({ url, token: () => token });
    const error = await vodpass.upload(film(10)).done.catch((refused) => refused);
    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error));
    assert.match(shown, /Forbidden/);
    assert.ok(!shown.includes(token));
  } finally {
    for (const [name, method] of own) console[name] = method;
  }
  assert.deepEqual(logged, []);
});
