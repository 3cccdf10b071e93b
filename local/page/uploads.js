// The queue of uploads: each file through clients/web/vodpass.js, a few at a time.

import { $, button, h, icon, refill } from "./dom.js";
import { recorded } from "./calls.js";
import { cloudTime } from "./cloud.js";
import { forgetHandle, keepHandle, keptHandle, UserStorage } from "./kept.js";
import { duration, language, number, size, t } from "./language.js";
import { learn } from "./library.js";
import { fieldsOf, kindOf, lookAt } from "./media.js";
import { clear, explained, Problem, refuse } from "./notices.js";
import { claims, currentUser, session, tokenFor } from "./session.js";
import { Vodpass } from "./vodpass.js";

const AT_A_TIME = 2;
const PART = 1024 * 1024; // bytes; small, so that pause and resume can be watched
const ENDED = ["succeeded", "failed", "cancelled"];

const queue = []; // newest first
let numbers = 0;

/** A client that keeps the checkpoints of each user apart. */
function clientOf(asked) {
  return new Vodpass({
    url: location.origin,
    token: ({ renew }) => tokenFor(asked, { renew }),
    storage: new UserStorage(asked.sub),
    fetch: recorded(asked.sub),
  });
}

/** Add files, with their handles where the browser has them. */
export function add(files) {
  let asked;
  clear();
  try {
    asked = claims();
  } catch (error) {
    return refuse(error);
  }
  for (const { file, handle } of files) {
    const waiting = queue.findIndex(
      (item) => item.state === "interrupted" && item.user === asked.sub && isSame(item, file),
    );
    if (waiting >= 0) queue.splice(waiting, 1);
    const item = itemOf(file, asked.sub, { file, asked, state: "waiting" });
    queue.unshift(item);
    if (handle) keepHandle(file, handle);
    lookAt(file).then((looks) => {
      item.looks = looks;
      if (item.id) learn(item.user, item.id, looks);
    });
  }
  startNext();
  render();
}

function itemOf({ name, size: total, lastModified }, user, more) {
  return { number: ++numbers, name, size: total, lastModified, user, loaded: 0, looks: {}, ...more };
}

const isSame = (item, file) =>
  item.name === file.name && item.size === file.size && item.lastModified === file.lastModified;

function startNext() {
  for (const item of queue.toReversed()) {
    if (queue.filter(({ state }) => state === "uploading").length >= AT_A_TIME) return;
    if (item.state === "waiting") start(item);
  }
}

async function start(item) {
  item.state = "uploading";
  item.error = null;
  const upload = clientOf(item.asked).upload(item.file, {
    fields: fieldsOf(item.file),
    partSize: PART,
    onProgress: (progress) => onProgress(item, progress),
    onState: (state) => {
      item.state = state;
      render();
    },
  });
  item.upload = upload;
  try {
    const result = await upload.done;
    item.loaded = item.size;
    item.resumed = result.resumed;
    item.id = result.VideoId ?? result.ImageId ?? result.MediaId;
    item.state = "succeeded";
    forgetHandle(item.file);
    learn(item.user, item.id, {
      kind: kindOf(item.file),
      title: item.name.replace(/\.[^.]+$/, ""),
      size: item.size,
      ...item.looks,
    });
  } catch (error) {
    item.error = error;
    item.state = upload.state;
    if (item.state === "failed") {
      refuse(error);
    } else {
      forgetHandle(item.file);
      learnCancelled(item);
    }
  }
  render();
  startNext();
}

/** VOD keeps the video as Uploading. No file of this page will arrive for it. */
function learnCancelled({ user, id }) {
  if (id) learn(user, id, { status: "Cancelled" });
}

function onProgress(item, progress) {
  item.loaded = progress.loaded;
  item.speed = progress.bytesPerSecond;
  item.left = progress.secondsLeft;
  const life = progress.credentialSecondsLeft;
  // More life than before: it is another credential. Note the cloud's time, which may jump.
  if (item.ends === undefined || cloudTime() + life > item.ends + 5) item.ends = cloudTime() + life;
  if (progress.VideoId && item.id !== progress.VideoId) {
    item.id = progress.VideoId;
    learn(item.user, item.id, {
      kind: "video",
      title: item.name.replace(/\.[^.]+$/, ""),
      size: item.size,
      status: "Uploading",
      ...item.looks,
    });
  }
  update(item);
}

/** Show the uploads of the current user that an earlier page began. */
async function findInterrupted() {
  const user = currentUser();
  const client = new Vodpass({
    url: location.origin,
    token: () => "",
    storage: new UserStorage(user),
  });
  for (const pending of await client.pending()) {
    if (queue.some((item) => item.user === user && isSame(item, pending))) continue;
    const handle = await keptHandle(pending);
    const { loaded, VideoId: id } = pending;
    queue.push(itemOf(pending, user, { state: "interrupted", loaded, id, handle }));
  }
  render();
}

async function continueWithHandle(item) {
  try {
    const granted = await item.handle.requestPermission({ mode: "read" });
    if (granted !== "granted") return;
    continueWith(item, await item.handle.getFile(), item.handle);
  } catch {
    item.handle = undefined; // The file has moved. The user can still choose it.
    render();
  }
}

function continueWith(item, file, handle) {
  if (isSame(item, file)) return add([{ file, handle }]);
  refuse(new Problem("queue.other-file", { name: item.name, size: size(item.size) }));
}

async function forget(item) {
  const client = new Vodpass({ url: location.origin, token: () => "", storage: new UserStorage(item.user) });
  await client.forget(item);
  await forgetHandle(item);
  learnCancelled(item);
  remove(item);
}

function retry(item) {
  try {
    item.asked = { ...claims(), sub: item.user };
  } catch (error) {
    return refuse(error);
  }
  item.state = "waiting";
  startNext();
  render();
}

function remove(item) {
  queue.splice(queue.indexOf(item), 1);
  render();
}

// --- what the user sees -----------------------------------------------------------------------

function render() {
  const mine = queue.filter(({ user }) => user === currentUser());
  $("queue-empty").hidden = mine.length > 0;
  $("queue-count").textContent = mine.length ? number(mine.length) : "";
  refill($("queue"), mine.map(row));
}

function row(item) {
  const bar = h("progress", {
    max: String(item.size || 1),
    value: String(item.loaded),
    "aria-label": t("queue.progress", { name: item.name }),
  });
  const made = h(
    "li",
    { class: `upload ${item.state}`, dataset: { key: String(item.number), state: item.state } },
    h("span", { class: "file-icon" }, icon(kindOf(item) === "attached" ? "text" : kindOf(item))),
    h(
      "div",
      { class: "upload-text" },
      h("p", { class: "name" }, h("strong", {}, item.name), h("span", { class: "badge" }, t(`state.${item.state}`))),
      bar,
      h("p", { class: "meta" }),
      item.error && item.state === "failed"
        ? h("p", { class: "bad-text" }, explained(item.error).text)
        : null,
    ),
    h("div", { class: "actions" }, actions(item)),
  );
  update(item, made);
  return made;
}

function actions(item) {
  const act = (name, key, listener) => button(name, t(key), listener, { iconOnly: true });
  switch (item.state) {
    case "waiting":
      return [act("close", "queue.cancel", () => remove(item))];
    case "uploading":
      return [
        act("pause", "queue.pause", () => item.upload.pause()),
        act("close", "queue.cancel", () => item.upload.cancel()),
      ];
    case "paused":
      return [
        act("play", "queue.resume", () => item.upload.resume()),
        act("close", "queue.cancel", () => item.upload.cancel()),
      ];
    case "interrupted":
      return [
        item.handle
          ? button("play", t("queue.continue"), () => continueWithHandle(item))
          : button("file", t("queue.choose-again"), () => chooseAgain(item)),
        act("close", "queue.forget", () => forget(item)),
      ];
    case "failed":
      return [
        // The same request would be refused again.
        item.error?.Code === "InvalidRequest" ? null : act("retry", "queue.retry", () => retry(item)),
        act("close", "queue.remove", () => remove(item)),
      ];
    default:
      return [act("close", "queue.remove", () => remove(item))];
  }
}

function update(item, made = $("queue").querySelector(`li[data-key="${item.number}"]`)) {
  if (!made) return;
  made.querySelector("progress").value = item.loaded;
  const share = item.size ? Math.floor((item.loaded / item.size) * 100) : 100;
  const parts = [h("span", {}, t("queue.of", { loaded: size(item.loaded), total: size(item.size) }))];
  if (!ENDED.includes(item.state)) parts.push(h("span", {}, `${number(share)} %`));
  if (item.state === "uploading") {
    if (item.speed) parts.push(h("span", {}, t("queue.speed", { size: size(item.speed) })));
    if (item.left !== undefined) parts.push(h("span", {}, t("queue.left", { time: duration(item.left) })));
  }
  if (item.ends !== undefined && ["uploading", "paused"].includes(item.state)) parts.push(life(item));
  if (item.resumed) parts.push(h("span", {}, t("queue.resumed")));
  made.querySelector(".meta").replaceChildren(...parts);
}

function life(item) {
  const seconds = item.ends - cloudTime();
  return h(
    "span",
    { class: `life ${seconds < 300 ? "short" : ""}`, title: t("queue.credential-title") },
    icon("key"),
    seconds > 0 ? t("queue.credential", { time: duration(seconds) }) : t("queue.credential-expired"),
  );
}

function chooseAgain(item) {
  const input = $("again");
  input.onchange = () => {
    if (input.files[0]) continueWith(item, input.files[0]);
    input.value = "";
  };
  input.click();
}

async function choose() {
  if (!window.showOpenFilePicker) return $("file").click();
  try {
    const handles = await window.showOpenFilePicker({ multiple: true });
    add(await Promise.all(handles.map(async (handle) => ({ handle, file: await handle.getFile() }))));
  } catch (error) {
    if (error.name !== "AbortError") $("file").click();
  }
}

async function dropped(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  // Both must be asked for before the first await: the transfer is empty afterwards.
  const files = items.map((item) => item.getAsFile());
  const handles = items.map((item) => item.getAsFileSystemHandle?.().catch(() => undefined));
  const found = [];
  for (const [index, file] of files.entries()) {
    const handle = await handles[index];
    if (file && handle?.kind !== "directory") found.push({ file, handle });
  }
  return found;
}

export function begin() {
  $("choose").addEventListener("click", choose);
  $("file").addEventListener("change", ({ target }) => {
    add([...target.files].map((file) => ({ file })));
    target.value = "";
  });
  let depth = 0;
  const shade = (on) => document.body.classList.toggle("dragging", on);
  addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    shade(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) shade(false);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    shade(false);
    add(await dropped(event.dataTransfer));
  });
  addEventListener("beforeunload", (event) => {
    if (queue.some(({ state }) => state === "uploading" || state === "waiting")) event.preventDefault();
  });
  setInterval(() => {
    for (const item of queue) if (["uploading", "paused"].includes(item.state)) update(item);
  }, 1000);
  session.addEventListener("change", findInterrupted);
  language.addEventListener("change", render);
  findInterrupted();
}
