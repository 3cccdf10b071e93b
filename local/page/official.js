// Aliplayer in a sandboxed frame, for a user who has a licence. It gets one PlayAuth at a time.

import { $, h } from "./dom.js";
import { ask } from "./calls.js";
import { current, has, language, t } from "./language.js";
import { explained } from "./notices.js";
import { claims, tokenFor } from "./session.js";

const FRAME = "/aliplayer/";
const KEPT = "vodpass-demo licence";

let config = null;
let videoId = "";
let frame = null;
let load = null; // what the frame is to play
let state = null; // a function that gives the text

const licence = () => ({ domain: $("licence-domain").value.trim(), key: $("licence-key").value.trim() });

function say(text) {
  state = text;
  $("official-state").textContent = text ? text() : "";
}

async function play() {
  close();
  localStorage.setItem(KEPT, JSON.stringify(licence()));
  say(() => t("player.asking"));
  const asked = videoId;
  try {
    const user = claims();
    const query = new URLSearchParams({ VideoId: asked });
    const answer = await ask(user.sub, "GET", `/play?${query}`, { token: await tokenFor(user) });
    if (asked !== videoId) return;
    load = {
      vid: asked,
      playauth: answer.PlayAuth,
      region: config.region,
      server: `${config.cloudUrl}/`,
      licence: licence(),
      language: current() === "zh" ? "zh-cn" : "en-us",
    };
    frame = h("iframe", {
      src: FRAME,
      sandbox: "allow-scripts",
      allow: "autoplay; fullscreen",
      referrerpolicy: "no-referrer",
      title: t("official.title"),
    });
    $("official-place").replaceChildren(frame);
    $("video").pause();
  } catch (error) {
    const { code, text } = explained(error);
    say(() => [code, text].filter(Boolean).join(": "));
  }
}

/** What the frame says. Its origin is opaque, so the window tells who speaks. */
function heard({ source, data }) {
  if (!frame || source !== frame.contentWindow) return;
  if (data?.kind === "loaded" && load) {
    // An opaque origin cannot be named. The frame is ours, and it has not been navigated: its
    // policy allows no other page.
    frame.contentWindow.postMessage(load, "*");
    load = null;
  } else if (data?.kind === "playing") {
    say(() => t("official.playing"));
  } else if (data?.kind === "ended") {
    say(() => t("official.ended"));
  } else if (data?.kind === "error") {
    const code = Number.isInteger(data.code) ? data.code : 0;
    const key = has(`official.${code}`) ? `official.${code}` : "official.error";
    say(() => t(key, { code }));
  }
}

function close() {
  frame?.remove();
  frame = null;
  load = null;
  say(null);
}

/** Offer it for a video that can be played. */
export function offer(id) {
  videoId = id;
  $("official-box").hidden = !config.hasAliplayer;
}

export function withdraw() {
  videoId = "";
  close();
  $("official-box").hidden = true;
  $("official-box").open = false;
}

export function begin(given) {
  config = given;
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  $("licence-domain").value = kept.domain ?? "";
  $("licence-key").value = kept.key ?? "";
  $("official-form").addEventListener("submit", (event) => {
    event.preventDefault();
    play();
  });
  addEventListener("message", heard);
  language.addEventListener("change", () => say(state));
}
