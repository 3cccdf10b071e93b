// Refusals and short notices. They appear over the page, so that they are always in view.

import { $, button, h, icon } from "./dom.js";
import { duration, has, language, t } from "./language.js";
import { VodpassError } from "./vodpass.js";

const MOST = 3;
const SHORT = 4_000; // ms

let shown = []; // the refusals that are in view, newest first

/** An error whose text is one of the page's own: `key` and `values` of `t`. */
export class Problem extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/** What an error says, by its `Code` and first wrong field, never by its `detail`: `{code, text}`. */
export function explained(error) {
  if (error instanceof Problem) return { code: "", text: t(error.key, error.values) };
  if (!(error instanceof VodpassError)) return { code: t("refusal.error"), text: error.message };
  const keys = [`field.${error.errors[0]?.pointer.slice(1)}`, `code.${error.Code}`, "code.other"];
  return { code: error.Code, text: t(keys.find(has)) };
}

/** Show a refusal until it is closed or replaced. Nothing is shown for a cancellation. */
export function refuse(error) {
  if (error?.name === "AbortError") return;
  raise();
  hush();
  shown = [error, ...shown].slice(0, MOST);
  render();
}

/** Put the notices into the dialog if it is open: what is outside of it cannot be used then. */
export function raise() {
  const place = document.querySelector("dialog[open]") ?? document.body;
  if ($("notices").parentElement !== place) place.append($("notices"));
}

/** Show a short message. */
export function note(text) {
  raise();
  const status = $("note");
  status.textContent = text;
  status.hidden = false;
  clearTimeout(note.timer);
  note.timer = setTimeout(() => (status.hidden = true), SHORT);
}

/** Take the short message away. */
export function hush() {
  $("note").hidden = true;
}

/** Take all refusals away. */
export function clear() {
  shown = [];
  render();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    note(t("page.copied"));
  } catch {
    note(t("page.copy-failed"));
  }
}

function render() {
  $("alerts").replaceChildren(...shown.map(refusal));
}

function refusal(error) {
  const { code, text } = explained(error);
  const vodpass = error instanceof VodpassError ? error : null;
  const small = vodpass && [vodpass.status && `HTTP ${vodpass.status}`, vodpass.RequestId].filter(Boolean);
  return h(
    "div",
    { class: "refusal" },
    icon("alert"),
    h(
      "div",
      { class: "refusal-text" },
      code ? h("code", {}, code) : null,
      h("p", {}, text),
      vodpass?.Status ? h("p", {}, t("refusal.status", { status: vodpass.Status })) : null,
      vodpass?.errors.length ? h("p", {}, t("refusal.fields", { names: fieldNames(vodpass) })) : null,
      vodpass?.retryAfter ? h("p", {}, t("refusal.again", { time: duration(vodpass.retryAfter) })) : null,
      details(vodpass),
      small?.length ? h("small", {}, small.join(" · ")) : null,
    ),
    button("close", t("page.close"), () => dismiss(error), { iconOnly: true }),
  );
}

/** The names of the wrong fields, without the slash of their JSON pointers. */
function fieldNames({ errors }) {
  const names = errors.map(({ pointer }) => pointer.replace(/^\//, "") || "…");
  return [...new Set(names)].join(", ");
}

/** The server's own sentences, which are in English. */
function details(error) {
  if (!error) return null;
  const sentence = error.message.startsWith(`${error.Code}: `)
    ? error.message.slice(error.Code.length + 2)
    : "";
  // With one error, the sentence says the same as its reason.
  const fields = (error.errors.length > 1 ? error.errors : []).map(({ pointer, reason }) =>
    h("li", {}, h("code", {}, pointer), ` ${reason}`),
  );
  if (!sentence && !fields.length) return null;
  return h(
    "div",
    { class: "server-text", lang: "en" },
    sentence ? h("p", {}, sentence) : null,
    fields.length ? h("ul", {}, fields) : null,
  );
}

function dismiss(error) {
  shown = shown.filter((other) => other !== error);
  render();
}

language.addEventListener("change", render);
