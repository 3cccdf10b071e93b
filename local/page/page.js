// The page: three forms, one job at a time. The token lives in this module and nowhere else.

import { decode, isExpired, putObject, redeem } from "./alibaba.js";
import { calls, Refused } from "./http.js";
import * as vodpass from "./vodpass.js";

const WAITS = ["VideoNotReady", "Throttled", "Unavailable"];

const $ = (id) => document.getElementById(id);
const tokenForm = $("token-form");
const video = $("video");

let cloudUrl = "";
let token = null;
let idempotencyKey = crypto.randomUUID(); // one for each file that is picked, kept for a retry
let job = null;

// --- saying what happens ----------------------------------------------------------------------

function say(text) {
  $("status").textContent = text;
}

function alertOf(error) {
  if (!(error instanceof Refused)) return [element("strong", "Error"), element("p", error.message)];
  const lines = [element("strong", error.code)];
  if (error.title) lines.push(element("p", `${error.title}.`));
  if (error.detail) lines.push(element("p", error.detail));
  if (error.body.Status) lines.push(element("p", `The video's Status is ${error.body.Status}.`));
  const small = [error.status && `HTTP ${error.status}`, error.requestId].filter(Boolean);
  if (small.length) lines.push(element("small", small.join(" · ")));
  return lines;
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

calls.addEventListener("call", ({ detail: { label, status, code, milliseconds } }) => {
  const item = element("li", "", status >= 200 && status < 300 ? "" : "refused");
  const outcome = status === 0 ? code : [status, code].filter(Boolean).join(" ");
  item.append(
    element("code", label),
    element("span", outcome, "outcome"),
    element("span", `${milliseconds} ms`, "took"),
  );
  $("calls").append(item);
  $("calls").scrollTop = $("calls").scrollHeight;
});

/** Run one job: the forms rest, Stop ends it, and what it throws is shown in words. */
async function run(work) {
  if (job) return;
  job = new AbortController();
  $("alert").replaceChildren();
  setBusy(true);
  try {
    await work(job.signal);
  } catch (error) {
    if (error.name === "AbortError") {
      say("Stopped.");
    } else {
      say("That did not work.");
      $("alert").replaceChildren(...alertOf(error));
    }
  } finally {
    job = null;
    setBusy(false);
    $("progress").hidden = true;
  }
}

function setBusy(busy) {
  for (const button of document.querySelectorAll("button[type=submit]")) button.disabled = busy;
  $("stop").hidden = !busy;
}

// --- the token --------------------------------------------------------------------------------

/** The token of whom the form names; a new one when there is none or it is about to expire. */
async function currentToken() {
  if (token && claimsOf(token).exp > Date.now() / 1000 + 60) return token;
  const form = new FormData(tokenForm);
  const asked = { sub: form.get("sub"), scope: form.getAll("scope").join(" ") };
  const vod = form.get("vod").trim();
  if (vod) asked.vod = parseClaim(vod);
  token = await vodpass.developmentToken(asked);
  showToken();
  return token;
}

function parseClaim(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The claim vod is not JSON.");
  }
}

function claimsOf(jwt) {
  const payload = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return decode(payload);
}

function showToken() {
  const claims = claimsOf(token);
  const until = new Date(claims.exp * 1000).toLocaleTimeString([], { timeStyle: "short" });
  $("token-text").textContent = `Token for ${claims.sub}, good until ${until}.`;
  $("claims").textContent = JSON.stringify(claims, null, 2);
  $("token").hidden = false;
}

function forgetToken() {
  token = null;
  $("token").hidden = true;
}

// --- upload and play --------------------------------------------------------------------------

async function upload(file, signal) {
  const bearer = await currentToken();
  say("Asking for permission to upload.");
  const begun = await vodpass.upload(bearer, file, { idempotencyKey, signal });
  $("video-id").value = begun.VideoId;
  say(`Sending ${file.name}.`);
  $("progress").hidden = false;
  const put = (credential) => {
    showSent(0);
    const [address, auth] = [decode(credential.UploadAddress), decode(credential.UploadAuth)];
    return putObject(file, address, auth, { signal, onProgress: showSent });
  };
  try {
    await put(begun);
  } catch (error) {
    if (!(error instanceof Refused) || !isExpired(error)) throw error;
    say("The credential has expired. Asking for another.");
    await put(await vodpass.refresh(bearer, begun.VideoId, { signal }));
  }
  idempotencyKey = crypto.randomUUID();
  return begun.VideoId;
}

function showSent(fraction) {
  $("bar").value = fraction;
  $("sent").textContent = `${Math.round(fraction * 100)} %`;
}

async function play(videoId, signal) {
  const bearer = await currentToken();
  say("Asking for permission to play.");
  const { PlayAuth: playAuth } = await ready(bearer, videoId, signal);
  const { videoBase, url } = await redeem(playAuth, cloudUrl, { signal });
  video.setAttribute("aria-label", videoBase.Title);
  video.src = url;
  video.controls = true;
  await video.play();
  say(`Playing ${videoBase.Title}.`);
}

/** The answer of /play, asked again as often and as late as it says. */
async function ready(bearer, videoId, signal) {
  for (;;) {
    try {
      return await vodpass.play(bearer, videoId, { signal });
    } catch (error) {
      if (!WAITS.includes(error.code) || error.retryAfter === null) throw error;
      const why = error.body.Status ? `VOD says ${error.body.Status}` : error.code;
      say(`${why}: asking again in ${error.retryAfter} s.`);
      await pause(error.retryAfter, signal);
    }
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });
}

function takeAway() {
  video.controls = false;
  video.removeAttribute("src");
  video.load();
}

// --- the forms --------------------------------------------------------------------------------

function onSubmit(id, work) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run(work);
  });
}

onSubmit("token-form", async () => {
  forgetToken();
  await currentToken();
  say("The token is ready.");
});

onSubmit("upload-form", async (signal) => {
  takeAway();
  await play(await upload($("file").files[0], signal), signal);
});

onSubmit("play-form", async (signal) => {
  takeAway();
  await play($("video-id").value, signal);
});

// A token is of the user and the scopes that the form shows, or it is none.
tokenForm.addEventListener("input", forgetToken);
$("file").addEventListener("change", () => {
  idempotencyKey = crypto.randomUUID();
});
$("stop").addEventListener("click", () => job?.abort());
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(token);
  say("The token is on the clipboard.");
});
video.addEventListener("error", () => {
  if (video.hasAttribute("src")) say("The browser cannot play this file.");
});

run(async () => {
  const config = await vodpass.config();
  cloudUrl = config.cloudUrl;
  $("cloud").textContent = cloudUrl;
  for (const row of document.querySelectorAll("[data-function]")) {
    row.hidden = !(row.dataset.function in config.functions);
  }
});
