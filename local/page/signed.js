// Shows what a JWTPlayAuth says: its header and its claims. The signature is never shown.

import { $ } from "./dom.js";
import { ask } from "./calls.js";
import { language, t, time } from "./language.js";
import { explained } from "./notices.js";
import { claims, tokenFor } from "./session.js";

let videoId = "";
let offered = false;
let outcome = null; // {parts} or {error}

/** The header and the claims of a JWT. */
export function readable(jwt) {
  const [header, payload] = jwt.split(".").map((part) => {
    const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return () => JSON.parse(new TextDecoder().decode(bytes));
  });
  return { header: header(), claims: payload() };
}

async function get() {
  const asked = videoId;
  outcome = null;
  render();
  try {
    const user = claims();
    const query = new URLSearchParams({ VideoId: asked, Method: "JWTPlayAuth" });
    const answer = await ask(user.sub, "GET", `/play?${query}`, { token: await tokenFor(user) });
    if (asked === videoId) outcome = { parts: readable(answer.PlayAuth) };
  } catch (error) {
    if (asked === videoId) outcome = { error };
  }
  render();
}

function render() {
  const { parts, error } = outcome ?? {};
  $("signed").hidden = !parts;
  $("signed").textContent = parts ? JSON.stringify(parts, null, 2) : "";
  $("signed-state").classList.toggle("bad-text", Boolean(error));
  if (error) {
    const { code, text } = explained(error);
    $("signed-state").textContent = [code, text].filter(Boolean).join(": ");
  } else if (parts) {
    const at = (name) => time(new Date(parts.claims[name]));
    $("signed-state").textContent = t("signed.valid", {
      from: at("currentTimeStamp"),
      until: at("expireTimeStamp"),
    });
  } else {
    $("signed-state").textContent = t("player.asking");
  }
}

/** Offer it for a video that can be played. */
export function offer(id) {
  videoId = id;
  outcome = null;
  $("signed-box").hidden = !offered;
}

export function withdraw() {
  videoId = "";
  outcome = null;
  $("signed-box").hidden = true;
  $("signed-box").open = false;
  $("signed").textContent = "";
}

export function begin(config) {
  offered = config.signsPlayback;
  $("signed-box").addEventListener("toggle", () => {
    if ($("signed-box").open && videoId && !outcome) get();
  });
  language.addEventListener("change", () => $("signed-box").open && render());
}
