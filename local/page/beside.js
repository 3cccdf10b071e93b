// Alice beside Bob: both ask for the same video, so that one can watch Bob being refused.

import { $, h } from "./dom.js";
import { ask } from "./calls.js";
import { language, t } from "./language.js";
import { library, mediaOf } from "./library.js";
import { explained } from "./notices.js";
import { session, SCOPES, tokenFor } from "./session.js";

const PEOPLE = ["alice", "bob"];
const CALLS = {
  play: (user, id, token) => ask(user, "GET", `/play?${new URLSearchParams({ VideoId: id })}`, { token }),
  refresh: (user, id, token) => ask(user, "POST", "/refresh", { token, body: { VideoId: id } }),
};

let results = {}; // by person and call: "asking", null or an error
let chosen = ""; // the VideoId that the user chose; without one, the first video that is ready

function render() {
  const videos = mediaOf("alice")
    .filter(({ kind }) => kind === "video")
    .sort((a, b) => Number(b.status === "Normal") - Number(a.status === "Normal"));
  $("beside-video").replaceChildren(
    ...(videos.length
      ? videos.map(({ id, title }) => h("option", { value: id, selected: id === chosen }, title || id))
      : [h("option", { value: "" }, t("beside.none"))]),
  );
  $("beside-ask").disabled = !videos.length;
  $("beside").replaceChildren(...PEOPLE.map(pane));
}

function pane(person) {
  return h(
    "section",
    { class: `pane ${person}`, "aria-label": person },
    h("h3", {}, h("span", { class: "avatar", "aria-hidden": "true" }, person[0].toUpperCase()), person),
    h("dl", {}, Object.keys(CALLS).map((name) => outcome(person, name))),
  );
}

function outcome(person, name) {
  const result = results[`${person} ${name}`];
  return h(
    "div",
    {},
    h("dt", {}, h("code", {}, t(`beside.${name}`))),
    h("dd", {}, verdict(result)),
  );
}

function verdict(result) {
  if (result === undefined) return h("span", { class: "soft" }, t("beside.waiting"));
  if (result === "asking") return h("span", { class: "soft" }, "…");
  if (result === null) return h("span", { class: "badge good" }, t("beside.granted"));
  const { code, text } = explained(result);
  return [h("span", { class: "badge bad" }, code), h("p", {}, text)];
}

async function letBothAsk() {
  const id = $("beside-video").value;
  results = {};
  await Promise.all(
    PEOPLE.flatMap((person) =>
      Object.entries(CALLS).map(async ([name, call]) => {
        const key = `${person} ${name}`;
        results[key] = "asking";
        render();
        try {
          await call(person, id, await tokenFor({ sub: person, scope: SCOPES.join(" ") }));
          results[key] = null;
        } catch (error) {
          results[key] = error;
        }
        render();
      }),
    ),
  );
}

export function begin(config) {
  $("beside-card").hidden = !config.issuesTokens;
  $("beside-ask").addEventListener("click", letBothAsk);
  $("beside-video").addEventListener("change", ({ target }) => {
    chosen = target.value;
    results = {};
    render();
  });
  library.addEventListener("change", render);
  session.addEventListener("change", render);
  language.addEventListener("change", render);
  render();
}
