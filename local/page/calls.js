// Every request to a function, recorded for the panel. Secrets are shortened before they are kept.

import { $, button, h, icon, refill } from "./dom.js";
import { language, number, t, time } from "./language.js";
import { copy } from "./notices.js";
import { stream } from "./stream.js";
import { VodpassError } from "./vodpass.js";

const MOST = 100;
const SECRET = new Set([
  "UploadAuth",
  "UploadAddress",
  "PlayAuth",
  "AccessKeySecret",
  "SecurityToken",
  "Signature",
  "CI", // in the AuthInfo of a PlayAuth
  "token",
]);

const calls = []; // newest first
let numbers = 0;
const invocations = new Map(); // by request id
const cloudCalls = new Map(); // by the cloud's request id

/** A `fetch` that records what `user` asks. */
export function recorded(user) {
  return async (url, init = {}) => {
    const address = new URL(url, location.href);
    const headers = new Headers(init.headers);
    const call = {
      number: ++numbers,
      user,
      method: init.method ?? "GET",
      path: address.pathname + address.search,
      key: headers.get("Idempotency-Key"),
      body: init.body ? shortened(JSON.parse(init.body)) : null,
      at: new Date(),
      status: null,
      code: "",
      answer: null,
      milliseconds: null,
      requestId: null,
      open: false,
    };
    calls.unshift(call);
    calls.splice(MOST);
    const begun = performance.now();
    try {
      const answer = await fetch(url, { ...init, cache: "no-store", credentials: "omit" });
      const text = await answer.clone().text();
      const content = parsed(text);
      call.status = answer.status;
      call.code = answer.ok ? "" : (content?.Code ?? "");
      call.answer = content === undefined ? text : shortened(content);
      call.requestId = answer.headers.get("X-Fc-Request-Id") ?? content?.RequestId ?? null;
      return answer;
    } catch (error) {
      call.status = 0;
      call.code = error.name === "AbortError" ? "AbortError" : "NetworkError";
      throw error;
    } finally {
      call.milliseconds = Math.round(performance.now() - begun);
      render();
    }
  };
}

/** Call a function as `user` and return its JSON. Throws VodpassError. */
export async function ask(user, method, path, { token, body, signal } = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const content = body && JSON.stringify(body);
    answer = await recorded(user)(path, { method, headers, body: content, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new VodpassError({ Code: "NetworkError", source: "client" }, { cause: error });
  }
  const content = parsed(await answer.text());
  if (answer.ok && content) return content;
  throw new VodpassError({
    Code: content?.Code ?? "UnexpectedAnswer",
    status: answer.status,
    detail: content?.detail ?? content?.Message,
    RequestId: content?.RequestId,
    errors: content?.errors,
    Status: content?.Status,
    source: "vodpass",
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same value; of each secret, only the first characters are left. */
export function shortened(value, name = "") {
  if (typeof value === "string" && SECRET.has(name)) return `${value.slice(0, 12)}…`;
  if (Array.isArray(value)) return value.map((item) => shortened(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, item]) => [member, shortened(item, member)]),
  );
}

/** The call for a shell. It gets a token of its own, so none stands in it. */
function curl({ user, method, path, key, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const json = "-H 'Content-Type: application/json'";
  const sub = quoted(JSON.stringify({ sub: user }));
  const lines = [
    `TOKEN=$(curl -sS ${location.origin}/_local/token ${json} -d ${sub} | sed 's/.*: "\\(.*\\)"}/\\1/')`,
    `curl -sS -X ${method} ${quoted(location.origin + path)} -H "Authorization: Bearer $TOKEN"`,
  ];
  if (key) lines[1] += ` -H ${quoted(`Idempotency-Key: ${key}`)}`;
  if (body) lines[1] += ` ${json} -d ${quoted(JSON.stringify(body))}`;
  return lines.join("\n");
}

function render() {
  $("calls-count").textContent = calls.length ? number(calls.length) : "";
  $("calls-empty").hidden = calls.length > 0;
  refill($("calls"), calls.map(entry));
}

function entry(call) {
  const invocation = invocations.get(call.requestId);
  const good = call.status >= 200 && call.status < 300;
  const outcome = call.status ? [call.status, call.code].filter(Boolean).join(" ") : call.code;
  const details = h(
    "details",
    { open: call.open, on: { toggle: (event) => (call.open = event.target.open) } },
    h(
      "summary",
      {},
      h("span", { class: "method" }, call.method),
      h("code", { class: "path" }, call.path),
      h("span", { class: `outcome badge ${good ? "good" : "bad"}` }, outcome || "…"),
      h(
        "span",
        { class: "meta" },
        h("span", {}, t("calls.as", { user: call.user })),
        call.milliseconds === null ? null : h("span", {}, t("calls.ms", { ms: number(call.milliseconds) })),
        invocation ? temperature(invocation) : null,
        h("time", {}, time(call.at)),
      ),
    ),
    h(
      "div",
      { class: "call-body" },
      h("h4", {}, t("calls.request")),
      block(request(call)),
      h("h4", {}, t("calls.answer")),
      block(call.answer === null ? t("calls.no-answer") : pretty(call.answer)),
      invocation ? behind(invocation) : null,
      button("copy", t("calls.curl"), () => copy(curl(call))),
    ),
  );
  return h("li", { class: good ? "" : "refused", dataset: { key: String(call.number) } }, details);
}

function temperature({ cold }) {
  return cold === null
    ? h("span", { class: "warm", title: t("calls.warm-title") }, t("calls.warm"))
    : h("span", { class: "cold", title: t("calls.cold-title") }, t("calls.cold"));
}

function request({ method, path, key, body }) {
  const lines = [`${method} ${path}`, "Authorization: Bearer eyJ…"];
  if (key) lines.push(`Idempotency-Key: ${key}`);
  return body ? `${lines.join("\n")}\n\n${pretty(body)}` : lines.join("\n");
}

function behind({ cloud_request_ids: ids, ms }) {
  const found = [ids ?? []].flat().map((id) => cloudCalls.get(id)).filter(Boolean);
  return h(
    "div",
    {},
    h("h4", {}, t("calls.behind")),
    found.length
      ? h(
          "ul",
          { class: "behind" },
          found.map((call) =>
            h(
              "li",
              {},
              icon("cloud"),
              h("code", {}, call.action),
              h("span", { class: `badge ${call.status < 400 ? "good" : "bad"}` }, String(call.status)),
              h("span", { class: "soft" }, t("calls.ms", { ms: number(call.ms) })),
            ),
          ),
        )
      : h("p", { class: "soft" }, t("calls.none-behind"), ` ${t("calls.ms", { ms: number(ms) })}`),
  );
}

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const block = (text) => h("pre", { tabindex: "0" }, text);

/** The cloud's call with this request id, once the stream has reported it. */
export const cloudCall = (id) => cloudCalls.get(id);

/** The invocation with this request id, once the stream has reported it. */
export const invocation = (id) => invocations.get(id);

stream.addEventListener("invocation", ({ detail }) => {
  invocations.set(detail.requestId, detail);
  if (calls.some((call) => call.requestId === detail.requestId)) render();
});
stream.addEventListener("cloud", ({ detail }) => cloudCalls.set(detail.requestId, detail));
language.addEventListener("change", render);
