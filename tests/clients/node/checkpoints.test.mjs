// How the web client continues an upload, and when it must not.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  MemoryStorage,
  PART,
  advance,
  client,
  disturb,
  film,
  reset,
  state,
  undisturb,
  url,
  watchStorage,
} from "./stack.mjs";

const inParts = { partSize: PART, parallel: 1, retries: 0 };
const FILM = film(4 * PART);

beforeEach(reset);

/** An upload that stopped after two parts, as a closed page leaves it. */
async function interrupted(storage) {
  const { vodpass } = await client({ storage });
  let stopped = false;
  const upload = vodpass.upload(FILM, {
    ...inParts,
    onProgress: ({ loaded }) => {
      if (loaded < 2 * PART || stopped) return;
      stopped = true;
      upload.pause();
      const fault = { status: 503, code: "ServiceUnavailable" };
      disturb("oss", "UploadPart", "error", 20, fault).then(() => upload.resume());
    },
  });
  await assert.rejects(upload.done, { Code: "ServiceUnavailable" });
  await undisturb();
  return upload.VideoId;
}

/** Puts a checkpoint of a file into the storage. */
function keep(storage, { name, size, lastModified }, members) {
  const key = `vodpass ${url}/upload ${JSON.stringify([name, size, lastModified])}`;
  const file = { name, size, lastModified };
  storage.setItem(key, JSON.stringify({ version: 1, file, ...members }));
}

/** The videos in the cloud. */
async function videoIds() {
  return (await state()).vod.media.map(({ VideoId }) => VideoId);
}

test("an interrupted upload continues: same video, missing parts only", async () => {
  const storage = new MemoryStorage();
  const videoId = await interrupted(storage);
  const { vodpass, paths } = await client({ storage });
  assert.deepEqual(await vodpass.pending(), [
    {
      name: FILM.name,
      size: FILM.size,
      lastModified: FILM.lastModified,
      VideoId: videoId,
      loaded: 2 * PART,
    },
  ]);
  const seen = await watchStorage(async () => {
    assert.deepEqual(await vodpass.upload(FILM, inParts).done, { VideoId: videoId, resumed: true });
  });
  assert.deepEqual(seen, ["PUT partNumber=3 200", "PUT partNumber=4 200", "POST 200"]);
  assert.deepEqual(paths(), ["/refresh 200"]);
  assert.equal(storage.length, 0);
  assert.deepEqual(await vodpass.pending(), []);
});

test("another name, size or date is another file", async () => {
  const storage = new MemoryStorage();
  const videoId = await interrupted(storage);
  const others = [
    new File([FILM], "other.mp4", { lastModified: FILM.lastModified }),
    new File([FILM.slice(0, -1)], FILM.name, { lastModified: FILM.lastModified }),
    new File([FILM], FILM.name, { lastModified: FILM.lastModified + 1 }),
  ];
  const { vodpass } = await client({ storage });
  for (const file of others) {
    const done = await vodpass.upload(file, inParts).done;
    assert.equal(done.resumed, false);
    assert.notEqual(done.VideoId, videoId);
  }
  assert.equal(storage.length, 1);
});

test("a checkpoint holds no credential and no token", async () => {
  const storage = new MemoryStorage();
  await interrupted(storage);
  const kept = [...storage.items].flat().join();
  assert.match(kept, /uploadId/);
  assert.doesNotMatch(kept, /SecurityToken|AccessKey|UploadAuth|Bearer|eyJ|STS\./);
});

/** What makes a checkpoint stale, by the Code that vodpass answers then. */
const STALE = {
  VideoNotFound: async () => ({ sub: "bob" }),
  UploadWindowClosed: async () => {
    await advance(86_401);
    return {};
  },
  UploadFinished: async () => {
    // Another device finishes the same video, with another file.
    const storage = new MemoryStorage();
    const [VideoId] = await videoIds();
    const other = film(1000, "other.mp4");
    keep(storage, other, { idempotencyKey: "k", VideoId });
    const { vodpass } = await client({ storage });
    assert.equal((await vodpass.upload(other).done).VideoId, VideoId);
    return {};
  },
};

for (const [code, outdate] of Object.entries(STALE)) {
  test(`a checkpoint answered with ${code} is dropped, and the upload begins anew`, async () => {
    const storage = new MemoryStorage();
    const videoId = await interrupted(storage);
    const options = await outdate();
    const told = [];
    const { vodpass, paths } = await client({
      storage,
      ...options,
      around: async (path, send) => {
        const answer = await send();
        if (!answer.ok) told.push((await answer.clone().json()).Code);
        return answer;
      },
    });
    const done = await vodpass.upload(FILM, inParts).done;
    assert.notEqual(done.VideoId, videoId);
    assert.equal(done.resumed, false);
    assert.deepEqual(told, [code]);
    assert.equal(paths().at(-1), "/upload 200");
    assert.equal(storage.length, 0);
  });
}

test("a finished upload whose end was not noted down is not sent again", async () => {
  const storage = new MemoryStorage();
  const { vodpass } = await client({ storage });
  let kept;
  const { setItem } = MemoryStorage.prototype;
  storage.setItem = function (key, value) {
    setItem.call(this, key, value);
    kept = [key, value];
  };
  const { VideoId } = await vodpass.upload(FILM, inParts).done;
  assert.equal(storage.length, 0);
  storage.setItem(...kept); // as if the page had closed before it could remove it
  const seen = await watchStorage(async () => {
    const again = vodpass.upload(FILM, inParts);
    assert.deepEqual(await again.done, { VideoId, resumed: true });
    assert.equal(again.VideoId, VideoId);
  });
  assert.deepEqual(seen, []);
  assert.equal(storage.length, 0);
});

test("a closed page between the call and its answer: the kept key finds the video", async () => {
  const storage = new MemoryStorage();
  const lost = await client({
    storage,
    around: async (path, send) => {
      await send();
      return Response.json({}, { status: 502 });
    },
  });
  const upload = lost.vodpass.upload(FILM, inParts);
  await new Promise((resolve) => setTimeout(resolve, 300));
  upload.pause(); // and never continues
  const { vodpass } = await client({ storage });
  const { VideoId } = await vodpass.upload(FILM, inParts).done;
  assert.deepEqual(await videoIds(), [VideoId]);
  upload.cancel();
  await assert.rejects(upload.done);
});

test("a key that was used with other fields is replaced", async () => {
  const storage = new MemoryStorage();
  const lost = await client({
    storage,
    around: async (path, send) => {
      await send();
      return Response.json({ Code: "Gone", Message: "" }, { status: 410 });
    },
  });
  await assert.rejects(lost.vodpass.upload(FILM, { idempotencyKey: "key-1" }).done);
  const { vodpass, paths } = await client({ storage });
  keep(storage, FILM, { idempotencyKey: "key-1" });
  await vodpass.upload(FILM, { fields: { Title: "Another" } }).done;
  assert.deepEqual(paths(), ["/upload 409", "/upload 200"]);
});

test("forget drops a checkpoint", async () => {
  const storage = new MemoryStorage();
  await interrupted(storage);
  const { vodpass } = await client({ storage });
  const [pending] = await vodpass.pending();
  await vodpass.forget(pending);
  assert.equal(storage.length, 0);
});

test("a storage that fails, or holds something else, does not stop an upload", async () => {
  const fails = () => {
    throw new Error("QuotaExceededError");
  };
  const { vodpass } = await client({
    storage: { getItem: fails, setItem: fails, removeItem: fails },
  });
  assert.ok((await vodpass.upload(FILM, inParts).done).VideoId);
  const garbage = { getItem: () => "{nonsense", setItem: () => {}, removeItem: () => {} };
  const other = await client({ storage: garbage });
  assert.ok((await other.vodpass.upload(FILM, inParts).done).VideoId);
});
