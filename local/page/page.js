// The demo app. This module connects the others; each of them owns one part of the page.

import * as beside from "./beside.js";
import * as cloud from "./cloud.js";
import { $ } from "./dom.js";
import { forgetEarlierRun } from "./kept.js";
import { apply, choose, current, language } from "./language.js";
import { refuse } from "./notices.js";
import * as player from "./player.js";
import * as session from "./session.js";
import { listen } from "./stream.js";
import * as sts from "./sts.js";
import { tabs } from "./tabs.js";
import * as timeline from "./timeline.js";
import * as uploads from "./uploads.js";
import { VodpassError } from "./vodpass.js";

async function configuration() {
  try {
    return await (await fetch("/_local/config", { cache: "no-store" })).json();
  } catch (error) {
    throw new VodpassError({ Code: "NetworkError", source: "client" }, { cause: error });
  }
}

function showLanguage() {
  for (const input of document.querySelectorAll("#languages input")) input.checked = input.value === current();
}

apply();
showLanguage();
language.addEventListener("change", showLanguage);
$("languages").addEventListener("change", ({ target }) => choose(target.value));
tabs($("tabs"));

try {
  const config = await configuration();
  forgetEarlierRun(config.run);
  $("cloud-url").textContent = config.cloudUrl;
  for (const row of document.querySelectorAll("[data-function]")) {
    row.hidden = !(row.dataset.function in config.functions);
  }
  for (const part of [session, uploads, player, cloud, beside, sts, timeline]) part.begin(config);
  apply();
  listen();
  document.body.dataset.ready = "true";
} catch (error) {
  refuse(error);
}
