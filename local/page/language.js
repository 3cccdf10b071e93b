// The page's texts in English and Chinese, and numbers as each language writes them.

import en from "./texts-en.js";
import zh from "./texts-zh.js";

const KEPT = "vodpass-demo language";
const TEXTS = { en, zh };

/** Gets `change` when the language changes. */
export const language = new EventTarget();

let name = localStorage.getItem(KEPT) ?? "";
if (!(name in TEXTS)) name = /^zh\b/i.test(navigator.language) ? "zh" : "en";

/** `en` or `zh`. */
export const current = () => name;

const locale = () => (name === "zh" ? "zh-CN" : "en");

export function choose(chosen) {
  name = chosen;
  localStorage.setItem(KEPT, chosen);
  apply();
  language.dispatchEvent(new Event("change"));
}

/** The text of a key. `{name}` in it is replaced by `values.name`. */
export function t(key, values = {}) {
  const text = TEXTS[name][key] ?? en[key];
  if (text === undefined) throw new Error(`there is no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
}

/** Whether there is a text of this key. */
export const has = (key) => key in en;

/** Fill in the static texts of the page: `data-t` is the key of an element's text. */
export function apply() {
  document.documentElement.lang = locale() === "en" ? "en" : "zh-CN";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const attribute of ["aria-label", "placeholder", "title"]) {
    for (const element of document.querySelectorAll(`[data-t-${attribute}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${attribute}`)));
    }
  }
}

export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(value);

export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${number(value, { maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 })} ${units[at]}`;
}

/** `0:05`, `12:34` or `1:02:03`. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

export const time = (date) =>
  new Intl.DateTimeFormat(locale(), { timeStyle: "medium", hourCycle: "h23" }).format(date);
