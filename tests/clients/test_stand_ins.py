"""Blocks of `docs/clients/` for mini programs and phones, in Node, with stand-ins."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.stack import Stack
from tests.browser.functions import token
from tests.browser.test_uploader import objects
from tests.clients.test_guides import PROJECT, block, run_node

WECHAT = """
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [path, token, cloud] = process.argv.slice(2);
let posts = 0;

// The calls of a mini program, with the names and arguments of theirs.
globalThis.wx = {
  request({ url, method, header, data, success, fail }) {
    const headers = { "Content-Type": "application/json", ...header };
    fetch(url, { method, headers, body: JSON.stringify(data) }).then(
      async (answer) => success({ statusCode: answer.status, data: await answer.json() }),
      (error) => fail({ errMsg: error.message }),
    );
  },
  uploadFile({ url, filePath, name, formData, success, fail }) {
    const form = new FormData();
    for (const [key, value] of Object.entries(formData)) form.append(key, value);
    form.append(name, new File([readFileSync(filePath)], "film.mp4"));
    // An address cannot have the bucket in front, as a host name has.
    const [, bucket, host] = /^http:\\/\\/([a-z0-9-]+)\\.(.*)$/.exec(url) ?? [];
    if (host !== new URL(cloud).host) throw new Error(url);
    const first = posts++ === 0;
    const moved = first
      ? fetch(`${cloud}/_local/clock`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: '{"advance": 3601}',
        })
      : Promise.resolve();
    moved.then(() => fetch(`${cloud}/${bucket}`, { method: "POST", body: form })).then(
      async (answer) => success({ statusCode: answer.status, data: await answer.text() }),
      (error) => fail({ errMsg: error.message }),
    );
    return { onProgressUpdate: (act) => act({ progress: 100 }) };
  },
};

const { upload } = createRequire(import.meta.url)("./block.cjs");
const options = { token, idempotencyKey: "film-1", onProgress: () => {} };
const videoId = await upload(path, "film.mp4", options);
const refused = await upload(path, "film.exe", options).catch((error) => error.Code);
console.log(JSON.stringify([videoId, posts, refused]));
"""


def test_a_mini_program_uploads_and_survives_an_expiry(
    stack: Stack, node: str, modules: Path, film: Path
) -> None:
    (modules / "block.cjs").write_text(block("wechat.md", 0, stack), "utf-8")
    bearer = token(stack, "alice")
    [told] = run_node(node, modules, WECHAT, str(film), bearer, stack.cloud.url)
    (media,) = stack.cloud.vod.library.all()
    assert told == [media.video_id, 2, "InvalidRequest"]
    assert media.status == "Normal"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


REACT_NATIVE = """
import { readFileSync } from "node:fs";

const [path, token, cloud] = process.argv.slice(2);
let posts = 0;

// React Native's form takes a file by its uri.
const Plain = globalThis.FormData;
globalThis.FormData = class extends Plain {
  append(name, value) {
    if (value?.uri) super.append(name, new File([readFileSync(value.uri)], value.name));
    else super.append(name, value);
  }
};
globalThis.XMLHttpRequest = class {
  upload = {};
  open(method, url) {
    // An address cannot have the bucket in front, as a host name has.
    const [, bucket, host] = /^http:\\/\\/([a-z0-9-]+)\\.(.*)$/.exec(url) ?? [];
    if (method !== "POST" || host !== new URL(cloud).host) throw new Error(url);
    this.bucket = bucket;
  }
  async send(body) {
    if (posts++ === 0) {
      const headers = { "Content-Type": "application/json" };
      await fetch(`${cloud}/_local/clock`, { method: "POST", headers, body: '{"advance": 3601}' });
    }
    const answer = await fetch(`${cloud}/${this.bucket}`, { method: "POST", body });
    this.upload.onprogress({ loaded: 1, total: 1 });
    [this.status, this.responseText] = [answer.status, await answer.text()];
    this.onload();
  }
};

const { upload } = await import("./block.mjs");
const told = [];
const onProgress = (fraction) => told.push(fraction);
const file = { uri: path, name: "film.mp4", type: "video/mp4" };
const videoId = await upload(file, token, { onProgress, key: "film-1" });
const wrong = { ...file, name: "film.exe" };
const refused = await upload(wrong, token, { onProgress }).catch((error) => error.Code);
console.log(JSON.stringify([videoId, posts, told.at(-1), refused]));
"""


def test_react_native_uploads_and_survives_an_expiry(
    stack: Stack, node: str, modules: Path, film: Path
) -> None:
    (modules / "block.mjs").write_text(block("react-native.md", 0, stack), "utf-8")
    package = modules / "node_modules" / "react-native-uuid"
    package.mkdir()
    stand_in = 'exports.v4 = require("node:crypto").randomUUID;'
    (package / "index.js").write_text(stand_in, "utf-8")
    bearer = token(stack, "alice")
    [told] = run_node(node, modules, REACT_NATIVE, str(film), bearer, stack.cloud.url)
    (media,) = stack.cloud.vod.library.all()
    assert told == [media.video_id, 2, 1, "InvalidRequest"]
    assert media.status == "Normal"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()


HARMONY_KIT = """
import { createHmac } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";

const cloud = process.argv[4];
let puts = 0;
export const sent = () => puts;

export const util = {
  Base64Helper: class {
    decodeSync(text) { return new Uint8Array(Buffer.from(text, "base64")); }
    encodeToStringSync(bytes) { return Buffer.from(bytes).toString("base64"); }
  },
  TextEncoder: class { encodeInto(text) { return new TextEncoder().encode(text); } },
  TextDecoder: {
    create: (name) => ({ decodeToString: (bytes) => new TextDecoder(name).decode(bytes) }),
  },
};
export const cryptoFramework = {
  createSymKeyGenerator: () => ({ convertKey: async ({ data }) => data }),
  createMac(digest) {
    let mac;
    return {
      init: async (key) => void (mac = createHmac(digest.toLowerCase(), key)),
      update: async ({ data }) => void mac.update(data),
      doFinal: async () => ({ data: new Uint8Array(mac.digest()) }),
    };
  },
};
export const fileIo = {
  OpenMode: { READ_ONLY: 0 },
  openSync: (path) => ({ fd: openSync(path), path }),
  statSync: () => statSync(process.argv[2]),
  readSync: (fd, buffer) => readSync(fd, new Uint8Array(buffer)),
  closeSync: ({ fd }) => closeSync(fd),
};
let moved = false;
export const http = {
  RequestMethod: { POST: "POST", PUT: "PUT" },
  HttpDataType: { STRING: 0 },
  createHttp: () => ({
    destroy() {},
    async request(url, { method, header, extraData }) {
      if (method === "PUT") {
        // An address cannot have the bucket in front, as a host name has.
        const [, bucket, host, path] = /^http:\\/\\/([a-z0-9-]+)\\.([^/]+)(.*)$/.exec(url) ?? [];
        if (host !== new URL(cloud).host) throw new Error(url);
        url = `${cloud}/${bucket}${path}`;
        puts++;
      }
      const answer = await fetch(url, { method, headers: header, body: extraData });
      if (url.endsWith("/upload") && !moved) {
        moved = true;
        const headers = { "Content-Type": "application/json" };
        const body = '{"advance": 3601}';
        await fetch(`${cloud}/_local/clock`, { method: "POST", headers, body });
      }
      return { responseCode: answer.status, result: await answer.text() };
    },
  }),
};
"""
HARMONY = """
import { sent } from "./kit.mjs";
import { upload } from "./block.mjs";

const [path, token] = process.argv.slice(2);
const videoId = await upload(path, "film.mp4", token, "film-1");
const refused = await upload(path, "film.exe", token, "").catch((error) => error.message);
console.log(JSON.stringify([videoId, sent(), refused]));
"""
TRANSPILE = """
const { transpileModule } = require("typescript");
const compilerOptions = { target: "es2022", module: "esnext" };
const text = require("node:fs").readFileSync(0, "utf8");
const options = { compilerOptions, reportDiagnostics: true };
const { outputText, diagnostics } = transpileModule(text, options);
if (diagnostics.length) throw new Error(diagnostics[0].messageText);
process.stdout.write(outputText.replace(/'@kit\\.\\w+'/g, "'./kit.mjs'"));
"""


def test_harmony_uploads_and_survives_an_expiry(
    stack: Stack, node: str, modules: Path, film: Path
) -> None:
    done = subprocess.run(
        [node, "-e", TRANSPILE],
        input=block("harmony.md", 0, stack),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    (modules / "block.mjs").write_text(done.stdout, "utf-8")
    (modules / "kit.mjs").write_text(HARMONY_KIT, "utf-8")
    bearer = token(stack, "alice")
    [told] = run_node(node, modules, HARMONY, str(film), bearer, stack.cloud.url)
    (media,) = stack.cloud.vod.library.all()
    assert told == [media.video_id, 2, "InvalidRequest"]
    assert media.status == "Normal"
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
