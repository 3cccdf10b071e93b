// The controls of the local cloud: its clock, and faults. The gateway passes them on.

import { $, button, h, refill } from "./dom.js";
import { duration, language, t } from "./language.js";
import { note, refuse } from "./notices.js";
import { VodpassError } from "./vodpass.js";

const STEPS = { expire: 3660, day: 86_400 }; // seconds
const FAULTS = {
  throttle: { service: "vod", kind: "throttle", count: 2 },
  fail: { service: "vod", kind: "error", count: 2, status: 503, code: "ServiceUnAvailable" },
  slow: { service: "oss", kind: "slow", count: 40, seconds: 1 },
  break: { service: "oss", kind: "reset_before", count: 2 },
};

let offset = 0; // seconds that the cloud's clock is ahead
let pending = [];

/** The cloud's time in epoch seconds. */
export const cloudTime = () => Date.now() / 1000 + offset;

async function control(name, body) {
  const headers = { "Content-Type": "application/json" };
  const request = body ? { method: "POST", headers, body: JSON.stringify(body) } : {};
  let answer;
  try {
    answer = await fetch(`/_local/${name}`, { ...request, cache: "no-store" });
  } catch (error) {
    throw new VodpassError({ Code: "NetworkError", source: "client" }, { cause: error });
  }
  const content = await answer.json();
  if (answer.ok) return content;
  const { Code, Message: detail } = content;
  throw new VodpassError({ Code, detail, status: answer.status, source: "vodpass" });
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    refuse(error);
  }
  render();
}

function move(seconds) {
  return attempt(async () => {
    ({ offset } = await control("clock", { advance: seconds }));
    note(t("cloud.moved", { time: duration(seconds) }));
  });
}

function setFault(rule) {
  return attempt(async () => {
    ({ faults: pending } = await control("faults", rule));
  });
}

async function look() {
  try {
    [{ offset }, { faults: pending }] = await Promise.all([control("clock"), control("faults")]);
    render();
  } catch {
    // The sign of the stream shows that nothing answers.
  }
}

function render() {
  $("clock").textContent = offset < 1 ? t("cloud.real-time") : t("cloud.ahead", { time: duration(offset) });
  $("faults").replaceChildren(
    ...pending.map(({ service, kind, count }) =>
      h("li", { class: "badge busy" }, t("cloud.fault", { service: service.toUpperCase(), kind, count })),
    ),
  );
  $("no-faults").hidden = pending.length > 0;
  $("clear-faults").hidden = pending.length === 0;
  refill(
    $("clock-steps"),
    Object.entries(STEPS).map(([name, seconds]) => {
      const made = button("clock", t(`cloud.${name}`), () => move(seconds));
      made.append(h("small", {}, t(`cloud.${name}-hint`)));
      return made;
    }),
  );
  refill(
    $("fault-kinds"),
    Object.entries(FAULTS).map(([name, rule]) => button("bolt", t(`cloud.${name}`), () => setFault(rule))),
  );
}

export function begin() {
  $("clear-faults").addEventListener("click", () => setFault({ clear: true }));
  language.addEventListener("change", render);
  render();
  look();
  setInterval(() => {
    if (!document.hidden && (pending.length || offset)) look();
  }, 3000);
}
