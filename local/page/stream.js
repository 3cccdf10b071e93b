// What happens in the local deployment, live: the server-sent events of /_local/stream.

import { $ } from "./dom.js";
import { language, t } from "./language.js";

const KINDS = ["webhook", "invocation", "cloud"];

/** Gets an event of each kind; `detail` is its data. */
export const stream = new EventTarget();

let live = false;

/** Connect. The browser connects again by itself. */
export function listen() {
  const source = new EventSource("/_local/stream");
  for (const kind of KINDS) {
    source.addEventListener(kind, ({ data }) => {
      stream.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(data) }));
    });
  }
  source.onopen = () => show(true);
  source.onerror = () => show(false);
  // Else Firefox reports the end of the connection as an error.
  addEventListener("pagehide", () => source.close());
}

function show(connected) {
  live = connected;
  $("live").dataset.live = String(live);
  $("live-text").textContent = t(live ? "page.live" : "page.offline");
}

language.addEventListener("change", () => show(live));
