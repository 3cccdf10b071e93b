// How an upload of the web client behaves, without a browser: Node has no XMLHttpRequest, so it
// sends by fetch.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { VodpassError } from "../../../clients/web/vodpass.js";
import {
  MemoryStorage,
  PART,
  advance,
  client,
  disturb,
  film,
  reset,
  state,
  watchStorage,
} from "./stack.mjs";

const inParts = { partSize: PART, parallel: 1 };

beforeEach(reset);

/** The videos in the cloud: state and size. */
async function videos() {
  return (await state()).vod.media.map(({ Status, Size }) => [Status, Size]);
}

/** Calls `act` once, when `count` parts have arrived. */
function whenPartsArrived(count, act) {
  let acted = false;
  return ({ loaded }) => {
    if (loaded < count * PART || acted) return;
    acted = true;
    act();
  };
}

test("a small file goes in one request", async () => {
  const { vodpass, paths } = await client();
  const seen = await watchStorage(async () => {
    const { VideoId, resumed } = await vodpass.upload(film(1000)).done;
    assert.match(VideoId, /^[0-9a-f]{32}$/);
    assert.equal(resumed, false);
  });
  assert.deepEqual(seen, ["PUT 200"]);
  assert.deepEqual(paths(), ["/upload 200"]);
  assert.deepEqual(await videos(), [["UploadSucc", 1000]]);
});

test("a file of exactly one part goes in one request, one byte more in two parts", async () => {
  const { vodpass } = await client();
  const one = await watchStorage(() => vodpass.upload(film(PART), inParts).done);
  assert.deepEqual(one, ["PUT 200"]);
  const two = await watchStorage(() => vodpass.upload(film(PART + 1), inParts).done);
  assert.deepEqual(two, [
    "POST uploads 200",
    "PUT partNumber=1 200",
    "PUT partNumber=2 200",
    "POST 200",
  ]);
});

test("progress counts every byte once and ends at the size", async () => {
  const { vodpass } = await client();
  const told = [];
  const states = [];
  const size = 3 * PART + 7;
  const options = { onProgress: (now) => told.push(now), onState: (now) => states.push(now) };
  await vodpass.upload(film(size), { ...inParts, parallel: 3, ...options }).done;
  const loaded = told.map((now) => now.loaded);
  assert.deepEqual(loaded, [...loaded].sort((one, other) => one - other));
  assert.equal(loaded.at(-1), size);
  assert.ok(told.every((now) => now.total === size && now.loaded <= size));
  const during = told.find((now) => now.bytesPerSecond !== undefined);
  assert.ok(during.bytesPerSecond > 0);
  assert.ok(during.secondsLeft >= 0);
  assert.ok(during.credentialSecondsLeft > 2900);
  assert.deepEqual(states, ["succeeded"]);
});

test("an expiry in mid-upload: parts that fail together cause one refresh", async () => {
  const { vodpass, paths } = await client();
  const seen = await watchStorage(async () => {
    const upload = vodpass.upload(film(6 * PART), { partSize: PART, parallel: 3 });
    await disturb("oss", "UploadPart", "error", 3, { status: 403, code: "SecurityTokenExpired" });
    await upload.done;
  });
  assert.deepEqual(paths(), ["/upload 200", "/refresh 200"]);
  assert.equal(seen.filter((line) => line.endsWith(" 403")).length, 3);
  assert.equal(seen.filter((line) => line === "POST uploads 200").length, 1);
  assert.deepEqual(await videos(), [["UploadSucc", 6 * PART]]);
});

test("an expiry by the cloud's clock: what has arrived is not sent again", async () => {
  const { vodpass, paths } = await client();
  const moved = [];
  const seen = await watchStorage(
    () =>
      vodpass.upload(film(5 * PART), {
        ...inParts,
        onProgress: whenPartsArrived(2, () => moved.push(advance(3601))),
      }).done,
  );
  assert.equal(moved.length, 1);
  assert.deepEqual(paths(), ["/upload 200", "/refresh 200"]);
  for (const number of [1, 2, 3, 4, 5]) {
    assert.equal(seen.filter((line) => line === `PUT partNumber=${number} 200`).length, 1);
  }
});

test("at 90 % of its life a credential is refreshed before the next request", async () => {
  const { vodpass, paths } = await client({
    around: async (path, send) => {
      const answer = await send();
      if (path !== "/upload") return answer;
      return Response.json({ ...(await answer.json()), ExpiresIn: 0 });
    },
  });
  const seen = await watchStorage(() => vodpass.upload(film(3 * PART), inParts).done);
  assert.deepEqual(paths(), ["/upload 200", "/refresh 200"]);
  assert.ok(seen.every((line) => line.endsWith(" 200")));
});

test("a failing refresh at 90 % does no harm while the credential still works", async () => {
  let issued = 0;
  const { vodpass, paths } = await client({
    around: async (path, send) => {
      if (path === "/refresh") {
        const options = { status: 503, headers: { "Retry-After": "0" } };
        return Response.json({ status: 503, Code: "Unavailable" }, options);
      }
      const answer = await (await send()).json();
      issued = performance.now();
      const ExpireUTCTime = new Date(Date.now() + 60_000).toISOString();
      return Response.json({ ...answer, ExpireUTCTime, ExpiresIn: 60 });
    },
  });
  const { performance } = globalThis;
  globalThis.performance = { now: () => performance.now() + (issued ? 55_000 : 0) };
  try {
    const seen = await watchStorage(() => vodpass.upload(film(1000)).done);
    assert.deepEqual(seen, ["PUT 200"]);
    assert.equal(paths().length, 1);
  } finally {
    globalThis.performance = performance;
  }
});

test("it gives up after three new credentials that change nothing", async () => {
  const { vodpass, paths } = await client();
  await disturb("oss", "UploadPart", "error", 100, { status: 403, code: "SecurityTokenExpired" });
  await assert.rejects(vodpass.upload(film(2 * PART), inParts).done, (error) => {
    assert.ok(error instanceof VodpassError);
    assert.deepEqual([error.Code, error.source], ["CredentialNotAccepted", "storage"]);
    assert.equal(error.cause.Code, "SecurityTokenExpired");
    return true;
  });
  assert.equal(paths().filter((line) => line === "/refresh 200").length, 3);
});

test("a bad signature is not taken for an expiry", async () => {
  const { vodpass, paths } = await client();
  await disturb("oss", "PutObject", "error", 1, { status: 403, code: "SignatureDoesNotMatch" });
  await assert.rejects(vodpass.upload(film(1000)).done, { Code: "SignatureDoesNotMatch" });
  assert.deepEqual(paths(), ["/upload 200"]);
});

test("a wrong clock of the device does not matter", async () => {
  const { now } = Date;
  Date.now = () => now() - 7200_000;
  try {
    const { vodpass } = await client();
    const seen = await watchStorage(() => vodpass.upload(film(2 * PART), inParts).done);
    assert.ok(seen.every((line) => line.endsWith(" 200")), seen.join("\n"));
  } finally {
    Date.now = now;
  }
});

test("a clock that is put wrong in mid-upload is corrected by the storage's time", async () => {
  const { vodpass } = await client();
  const { now } = Date;
  const wrong = whenPartsArrived(1, () => (Date.now = () => now() + 7200_000));
  try {
    const seen = await watchStorage(
      () => vodpass.upload(film(3 * PART), { ...inParts, onProgress: wrong }).done,
    );
    assert.equal(seen.filter((line) => line.endsWith(" 403")).length, 1);
  } finally {
    Date.now = now;
  }
});

test("faults of the storage are repeated", async () => {
  const { vodpass } = await client();
  await disturb("oss", "UploadPart", "error", 1, { status: 503, code: "ServiceUnavailable" });
  await disturb("oss", "UploadPart", "reset_before", 1);
  await vodpass.upload(film(2 * PART), inParts).done;
  assert.deepEqual(await videos(), [["UploadSucc", 2 * PART]]);
});

test("a completion whose answer was lost is a success", async () => {
  const { vodpass, paths } = await client();
  await disturb("oss", "CompleteMultipartUpload", "reset_after", 1);
  const { VideoId } = await vodpass.upload(film(2 * PART), inParts).done;
  assert.ok(VideoId);
  assert.deepEqual(paths(), ["/upload 200", "/refresh 409"]);
  assert.deepEqual(await videos(), [["UploadSucc", 2 * PART]]);
});

test("an upload that the storage no longer knows begins again, for the same video", async () => {
  const { vodpass, paths } = await client();
  await disturb("oss", "UploadPart", "error", 1, { status: 404, code: "NoSuchUpload" });
  await vodpass.upload(film(2 * PART), inParts).done;
  assert.deepEqual(paths(), ["/upload 200", "/refresh 200"]);
  assert.deepEqual(await videos(), [["UploadSucc", 2 * PART]]);
});

test("the Idempotency-Key finds the video whose answer was lost", async () => {
  let lost = false;
  const { vodpass, calls } = await client({
    around: async (path, send) => {
      const answer = await send();
      if (lost) return answer;
      lost = true;
      throw new TypeError("Failed to fetch");
    },
  });
  await vodpass.upload(film(1000)).done;
  const keys = calls.map(({ headers }) => headers["Idempotency-Key"]);
  assert.equal(keys.length, 2);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
  assert.equal(keys[0], keys[1]);
  assert.equal((await videos()).length, 1);
});

test("a pause stops the requests, and the upload continues where it was", async () => {
  const { vodpass, paths } = await client();
  const states = [];
  const seen = await watchStorage(async () => {
    const paused = new Promise((resolve) => {
      const upload = vodpass.upload(film(5 * PART), {
        ...inParts,
        onState: (now) => states.push(now),
        onProgress: whenPartsArrived(2, () => {
          upload.pause();
          resolve(upload);
        }),
      });
    });
    const upload = await paused;
    assert.equal(upload.state, "paused");
    await new Promise((resolve) => setTimeout(resolve, 200));
    upload.resume();
    await upload.done;
  });
  assert.deepEqual(states, ["paused", "uploading", "succeeded"]);
  assert.deepEqual(paths(), ["/upload 200"]);
  assert.equal(seen.filter((line) => line === "PUT partNumber=1 200").length, 1);
  assert.deepEqual(await videos(), [["UploadSucc", 5 * PART]]);
});

test("an app may resume as soon as it is told of a pause", async () => {
  const { vodpass } = await client();
  const states = [];
  const upload = vodpass.upload(film(3 * PART), {
    ...inParts,
    onState: (now) => {
      states.push(now);
      if (now === "paused") upload.resume();
    },
    onProgress: whenPartsArrived(1, () => upload.pause()),
  });
  await upload.done;
  assert.deepEqual(states, ["paused", "uploading", "succeeded"]);
  assert.deepEqual(await videos(), [["UploadSucc", 3 * PART]]);
});

test("an app may pause as soon as it is told that an upload continues", async () => {
  const { vodpass } = await client();
  const states = [];
  const upload = vodpass.upload(film(3 * PART), {
    ...inParts,
    onState: (now) => {
      states.push(now);
      if (states.length === 2) upload.pause();
      if (states.length === 3) setTimeout(() => upload.resume(), 50);
    },
    onProgress: whenPartsArrived(1, () => {
      upload.pause();
      setTimeout(() => upload.resume(), 0);
    }),
  });
  await upload.done;
  assert.deepEqual(states, ["paused", "uploading", "paused", "uploading", "succeeded"]);
  assert.deepEqual(await videos(), [["UploadSucc", 3 * PART]]);
});

test("a signal cancels: the promise rejects with its reason, and nothing remains", async () => {
  const storage = new MemoryStorage();
  const { vodpass } = await client({ storage });
  const controller = new AbortController();
  const seen = await watchStorage(async () => {
    const upload = vodpass.upload(film(5 * PART), {
      ...inParts,
      signal: controller.signal,
      onProgress: whenPartsArrived(2, () => controller.abort(new Error("changed my mind"))),
    });
    await assert.rejects(upload.done, { message: "changed my mind" });
    assert.equal(upload.state, "cancelled");
  });
  assert.equal(seen.at(-1), "DELETE 204");
  assert.equal(storage.length, 0);
  assert.deepEqual(await videos(), [["Uploading", 0]]);
});

test("a signal that has aborted before causes no call", async () => {
  const { vodpass, paths } = await client();
  const upload = vodpass.upload(film(1000), { signal: AbortSignal.abort() });
  await assert.rejects(upload.done, { name: "AbortError" });
  assert.deepEqual(paths(), []);
});

test("a cancellation while paused ends the upload", async () => {
  const { vodpass } = await client();
  const upload = vodpass.upload(film(3 * PART), inParts);
  upload.pause();
  upload.cancel();
  await assert.rejects(upload.done, { name: "AbortError" });
});

test("images and attached media have no key, and begin again after an expiry", async () => {
  const { vodpass, calls } = await client();
  await disturb("oss", "PutObject", "error", 1, { status: 403, code: "SecurityTokenExpired" });
  const image = await vodpass.upload(film(500, "cover.png"), { fields: { MediaType: "image" } })
    .done;
  assert.deepEqual(Object.keys(image).sort(), ["FileURL", "ImageId", "ImageURL", "resumed"]);
  const subtitle = await vodpass.upload(film(500, "de.vtt"), {
    fields: { MediaType: "attached", BusinessType: "subtitle" },
  }).done;
  assert.deepEqual(Object.keys(subtitle).sort(), ["FileURL", "MediaId", "MediaURL", "resumed"]);
  assert.deepEqual(calls.map(({ path }) => path), ["/upload", "/upload", "/upload"]);
  assert.ok(calls.every(({ headers }) => !("Idempotency-Key" in headers)));
});

test("a part is never smaller than the storage accepts", async () => {
  const { vodpass } = await client();
  assert.throws(() => vodpass.upload(film(1000), { partSize: PART - 1 }), RangeError);
});
