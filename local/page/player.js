// Plays a video: asks for a PlayAuth, and redeems it at VOD as the official player does.

import { $ } from "./dom.js";
import { decode, redeem } from "./alibaba.js";
import { recorded, shortened } from "./calls.js";
import { t } from "./language.js";
import { learn, library } from "./library.js";
import { clear, hush, note, Problem, raise, refuse } from "./notices.js";
import * as official from "./official.js";
import { claims, tokenFor } from "./session.js";
import * as signed from "./signed.js";
import { Vodpass } from "./vodpass.js";

let cloudUrl = "";
let job = null;
let opened = ""; // the VideoId

const video = () => $("video");

function say(text) {
  $("status").textContent = text;
}

/** Play a video by its id, as the current user. While VOD processes it, wait. */
export async function play(videoId) {
  job?.abort();
  const mine = (job = new AbortController());
  const { signal } = mine;
  opened = videoId;
  takeAway();
  clear();
  say(t("player.asking"));
  note(t("player.asking"));
  try {
    const asked = claims();
    const client = new Vodpass({
      url: location.origin,
      token: ({ renew }) => tokenFor(asked, { renew }),
      storage: null,
      fetch: recorded(asked.sub),
    });
    const issued = await client.play(videoId, {
      signal,
      onWait: ({ seconds, Status: status }) => {
        open();
        $("stop").hidden = false;
        say(t("player.waiting", { seconds, status }));
      },
    });
    open();
    $("play-auth").textContent = JSON.stringify(contents(issued.PlayAuth), null, 2);
    $("play-auth-box").hidden = false;
    signed.offer(videoId);
    official.offer(videoId);
    const { videoBase, url } = await redeem(issued.PlayAuth, cloudUrl, { signal });
    $("player-title").textContent = videoBase.Title;
    video().setAttribute("aria-label", videoBase.Title);
    video().src = url;
    video().controls = true;
    await video().play();
    say(t("player.playing", { title: videoBase.Title }));
    learn(asked.sub, videoId, {
      title: videoBase.Title,
      status: videoBase.Status,
      duration: Number(videoBase.Duration),
    });
  } catch (error) {
    if (mine !== job) return;
    if (error.name === "AbortError") {
      say(t("player.stopped"));
    } else {
      say(t("player.failed"));
      refuse(error);
    }
  } finally {
    if (mine === job) $("stop").hidden = true;
  }
}

/** What a PlayAuth contains, its secrets shortened. AuthInfo is JSON in a text. */
function contents(playAuth) {
  const found = decode(playAuth);
  return shortened({ ...found, AuthInfo: JSON.parse(found.AuthInfo) });
}

/** Open the dialog. A refusal without a wait never opens it. */
function open() {
  if (!$("player").open) $("player").showModal();
  raise();
  hush();
}

function focusAgain() {
  const card = [...$("videos").children].find(({ dataset }) => dataset.id === opened);
  (card?.querySelector(".poster-play") ?? $("video-id")).focus({ preventScroll: true });
}

function takeAway() {
  const element = video();
  element.controls = false;
  element.removeAttribute("src");
  element.load();
  $("play-auth-box").hidden = true;
  $("play-auth").textContent = "";
  signed.withdraw();
  official.withdraw();
  $("player-title").textContent = t("player.video");
}

export function begin(config) {
  cloudUrl = config.cloudUrl;
  signed.begin(config);
  official.begin(config);
  library.addEventListener("play", ({ detail }) => play(detail));
  $("play-form").addEventListener("submit", (event) => {
    event.preventDefault();
    play($("video-id").value);
  });
  $("stop").addEventListener("click", () => job?.abort());
  $("player-close").addEventListener("click", () => $("player").close());
  $("player").addEventListener("close", () => {
    job?.abort();
    takeAway();
    raise();
    // The browser gives the focus back, unless the card that opened the dialog was drawn anew.
    const { activeElement: focused } = document;
    if (focused === document.body || $("player").contains(focused)) focusAgain();
  });
  video().addEventListener("error", () => {
    if (video().hasAttribute("src")) refuse(new Problem("player.unplayable"));
  });
}
