// The callbacks for the official web upload SDK, with a stand-in for the SDK.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { advance, client, film, reset } from "./stack.mjs";

const FILM = film(1000);
const A_DAY = 24 * 3600; // seconds; the upload window

beforeEach(reset);

/** The callbacks, and what the SDK and the app are told. */
async function callbacks() {
  const { vodpass, paths } = await client();
  const told = [];
  const sdk = {
    listFiles: () => [],
    cancelFile: () => told.push("cancelled"),
    setUploadAuthAndAddress: (info, _auth, _address, id) => {
      info.videoId = id;
    },
    resumeUploadWithAuth: () => {},
  };
  const onFail = (_file, error) => told.push(error.Code);
  return { ...vodpass.uploaderCallbacks(() => sdk, { onFail }), told, paths };
}

test("the same file again, after it has arrived, is another video", async () => {
  const { onUploadstarted, onUploadSucceed, told, paths } = await callbacks();
  const [first, second] = [{ file: FILM }, { file: FILM }];
  await onUploadstarted(first);
  onUploadSucceed(first);
  await onUploadstarted(second);
  assert.deepEqual(told, []);
  assert.notEqual(second.videoId, first.videoId);
  assert.deepEqual(paths(), ["/upload 200", "/upload 200"]);
});

test("the same file again, after a failure, is the same video", async () => {
  const { onUploadstarted, onUploadFailed, told } = await callbacks();
  const [first, second] = [{ file: FILM }, { file: FILM }];
  await onUploadstarted(first);
  onUploadFailed(first, "RequestError", "");
  await onUploadstarted(second);
  assert.deepEqual(told, ["RequestError"]);
  assert.equal(second.videoId, first.videoId);
});

test("an upload of the same page that took too long begins anew", async () => {
  const { onUploadstarted, told, paths } = await callbacks();
  const info = { file: FILM };
  await onUploadstarted(info);
  const first = info.videoId;
  await advance(A_DAY + 60);
  await onUploadstarted(info);
  assert.deepEqual(told, []);
  assert.notEqual(info.videoId, first);
  assert.deepEqual(paths(), ["/upload 200", "/refresh 409", "/upload 409", "/upload 200"]);
});

test("fields that changed begin anew, and a new key that is refused ends it", async () => {
  const { vodpass, paths } = await client();
  const told = [];
  let Title = "one";
  const sdk = {
    listFiles: () => [],
    cancelFile: () => {},
    setUploadAuthAndAddress: (_info, _auth, _address, id) => told.push(id),
  };
  const { onUploadstarted } = vodpass.uploaderCallbacks(() => sdk, {
    fields: () => ({ Title }),
    onFail: (_file, error) => told.push(error.Code),
  });
  await onUploadstarted({ file: FILM });
  Title = "two";
  await onUploadstarted({ file: FILM });
  Title = "";
  await onUploadstarted({ file: FILM });
  assert.equal(told.length, 3);
  assert.notEqual(told[0], told[1]);
  assert.equal(told[2], "InvalidRequest");
  assert.deepEqual(paths(), ["/upload 200", "/upload 409", "/upload 200", "/upload 400"]);
});
