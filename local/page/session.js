// Who is signed in, and the development tokens. A token is kept only in this module.

import { $, h } from "./dom.js";
import { language, t, time } from "./language.js";
import { copy, Problem, refuse } from "./notices.js";
import { VodpassError } from "./vodpass.js";

export const SCOPES = ["vod:upload", "vod:refresh", "vod:play", "vod:sts"];
const KEPT = "vodpass-demo user";
const PEOPLE = ["alice", "bob"];

/** Gets `change` when another user signs in. */
export const session = new EventTarget();

const tokens = new Map(); // by the claims that were asked for
let user = localStorage.getItem(KEPT) || "alice";
let issuesTokens = true;

export const currentUser = () => user;

/** The claims that the form shows: `{sub, scope, vod}`. Throws Problem if `vod` is not JSON. */
export function claims() {
  const scopes = [...document.querySelectorAll("#scopes input:checked")];
  const asked = { sub: user, scope: scopes.map((input) => input.value).join(" ") };
  const text = $("claim-on").checked ? $("claim").value.trim() : "";
  if (text) {
    try {
      asked.vod = JSON.parse(text);
    } catch {
      throw new Problem("user.not-json");
    }
  }
  return asked;
}

/** The token for these claims; a new one if `renew` is set or it expires within a minute. */
export async function tokenFor(asked, { renew = false } = {}) {
  if (!issuesTokens) return $("pasted").value.trim();
  const key = JSON.stringify(asked);
  const kept = tokens.get(key);
  if (kept && !renew && payload(kept).exp > Date.now() / 1000 + 60) return kept;
  const token = await issue(key);
  tokens.set(key, token);
  if (asked.sub === user) show(token);
  return token;
}

async function issue(body) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch("/_local/token", { method: "POST", headers, body });
  } catch (error) {
    throw new VodpassError({ Code: "NetworkError", source: "client" }, { cause: error });
  }
  const content = await answer.json();
  if (answer.ok) return content.token;
  const { Code, Message: detail } = content;
  throw new VodpassError({ Code, detail, status: answer.status, source: "vodpass" });
}

function payload(token) {
  const text = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

let latest = null;

function show(token) {
  latest = token;
  const found = token && payload(token);
  $("token").hidden = !token;
  $("token-text").textContent = token
    ? t("user.token", { user: found.sub, time: time(new Date(found.exp * 1000)) })
    : "";
  $("claims").textContent = token ? JSON.stringify(found, null, 2) : "";
}

function signIn(name) {
  user = name;
  localStorage.setItem(KEPT, name);
  $("other-user").value = PEOPLE.includes(name) ? "" : name;
  for (const input of document.querySelectorAll("#people input")) {
    input.checked = input.value === name || (input.value === "" && !PEOPLE.includes(name));
  }
  $("other-field").hidden = PEOPLE.includes(name);
  $("avatar").textContent = [...name][0]?.toUpperCase() ?? "";
  $("user-name").textContent = name;
  show(null);
  session.dispatchEvent(new Event("change"));
}

export function begin(config) {
  issuesTokens = config.issuesTokens;
  $("own-issuer").hidden = issuesTokens;
  $("get-token").hidden = !issuesTokens;
  for (const scope of SCOPES) {
    $("scopes").append(
      h(
        "label",
        { class: "switch" },
        h("input", { type: "checkbox", role: "switch", value: scope, checked: true }),
        h("span", { "data-t": `scope.${scope}` }),
      ),
    );
  }
  $("people").addEventListener("change", ({ target }) => {
    if (target.value) return signIn(target.value);
    $("other-field").hidden = false;
    $("other-user").focus();
  });
  $("other-user").addEventListener("change", ({ target }) => {
    if (target.value.trim()) signIn(target.value.trim());
  });
  // A token shows what it was issued for. After a change of the form it would mislead.
  $("scopes").addEventListener("change", () => show(null));
  $("claim-on").addEventListener("change", ({ target }) => {
    $("claim-field").hidden = !target.checked;
    show(null);
  });
  $("claim").addEventListener("input", () => show(null));
  $("get-token").addEventListener("click", async () => {
    try {
      show(await tokenFor(claims()));
    } catch (error) {
      refuse(error);
    }
  });
  $("copy-token").addEventListener("click", () => copy(latest));
  signIn(user);
}

language.addEventListener("change", () => show(latest));
