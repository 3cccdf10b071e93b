// The timeline: every webhook that the local receiver got, live.

import { $, h, icon, refill } from "./dom.js";
import { has, language, number, t, time } from "./language.js";
import { stream } from "./stream.js";

const MOST = 200;

const deliveries = []; // newest first
const opened = new Set();
let receives = true;

function render() {
  $("events-count").textContent = deliveries.length ? number(deliveries.length) : "";
  $("events-empty").hidden = deliveries.length > 0;
  $("events-empty-text").textContent = t(receives ? "events.empty" : "events.elsewhere");
  refill($("events"), deliveries.map(entry));
}

/** VOD's own name of the event, which only its unconfirmed callback has. */
function vodType(body) {
  try {
    return JSON.parse(body.unverified).EventType;
  } catch {
    return "?";
  }
}

function entry(delivery) {
  const { body, verified } = delivery;
  const type = body?.type ?? "refused";
  const key = `event.${type}`;
  const sign = h(
    "span",
    { class: verified ? "verified" : "not-verified" },
    icon(verified ? "shield" : "alert"),
    h("span", {}, t(verified ? "events.verified" : "events.not-verified")),
  );
  const title = h("span", { class: "event-title" }, has(key) ? t(key, { type: vodType(body) }) : type);
  const when = body?.time ?? new Date(delivery.at).toISOString();
  const meta = h("span", { class: "meta" }, sign, h("time", { datetime: when }, time(new Date(when))));
  if (!body) return h("li", { class: "refused" }, h("div", { class: "event" }, title, meta));
  return h(
    "li",
    { dataset: { type, key: body.id } },
    h(
      "details",
      {
        open: opened.has(body.id),
        on: { toggle: ({ target }) => (target.open ? opened.add(body.id) : opened.delete(body.id)) },
      },
      h("summary", { class: "event" }, title, h("code", {}, type), h("code", { class: "subject" }, body.subject ?? ""), meta),
      h("pre", { tabindex: "0" }, JSON.stringify(body, null, 2)),
    ),
  );
}

export function begin(config) {
  receives = config.receivesEvents;
  render();
}

stream.addEventListener("webhook", ({ detail }) => {
  const id = detail.body?.id;
  if (id && deliveries.some((delivery) => delivery.body?.id === id)) return; // a repeat
  deliveries.unshift({ ...detail, at: Date.now() });
  deliveries.splice(MOST);
  render();
});
language.addEventListener("change", render);
