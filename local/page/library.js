// "My videos": the media that this browser has uploaded, and those that events name.

import { $, button, h, icon, refill } from "./dom.js";
import { UserStorage } from "./kept.js";
import { duration, has, language, number, size, t } from "./language.js";
import { copy } from "./notices.js";
import { currentUser, session } from "./session.js";
import { stream } from "./stream.js";

const KEPT = "videos";
const MOST = 60;
const ICONS = { video: "video", image: "image", attached: "text" };
const EARLY = ["Uploading", "UploadSucc", "Transcoding"]; // in their order; any other comes later

/** Gets `change` when the videos of the current user change, and `play` with the medium. */
export const library = new EventTarget();

let media = []; // newest first

const storage = (user) => new UserStorage(user);

function load(user) {
  try {
    return JSON.parse(storage(user).getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

/** The media of a user: `{id, kind, title, status, size, duration, picture}`, newest first. */
export const mediaOf = (user) => (user === currentUser() ? media : load(user));

/** Add what is known about a medium of `user`. */
export function learn(user, id, known) {
  const found = mediaOf(user);
  const old = found.find((medium) => medium.id === id);
  const made = { kind: "video", title: "", ...old, ...defined(known), id };
  // Events may arrive in another order than they happened.
  if (old && stage(made) < stage(old)) made.status = old.status;
  const kept = old ? found.map((one) => (one === old ? made : one)) : [made, ...found];
  kept.splice(MOST);
  save(user, kept);
  if (user === currentUser()) {
    media = kept;
    render();
  }
  library.dispatchEvent(new Event("change"));
}

function stage({ status }) {
  if (status === undefined) return -1;
  const at = EARLY.indexOf(status);
  return at < 0 ? EARLY.length : at;
}

function save(user, kept) {
  try {
    storage(user).setItem(KEPT, JSON.stringify(kept));
  } catch {
    // The storage is full. Pictures need the most of it.
    const plain = kept.map(({ picture: _, ...medium }) => medium);
    try {
      storage(user).setItem(KEPT, JSON.stringify(plain));
    } catch {
      // The list is then in the page only.
    }
  }
}

const defined = (members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));

function render() {
  $("videos-empty").hidden = media.length > 0;
  $("videos-empty-text").textContent = t("videos.empty", { user: currentUser() });
  $("videos-count").textContent = media.length ? number(media.length) : "";
  refill($("videos"), media.map(card));
}

function card(medium) {
  const title = medium.title || medium.id.slice(0, 8);
  const playable = medium.kind === "video" && medium.status !== "Cancelled";
  return h(
    "li",
    { class: "card-video", dataset: { id: medium.id, key: medium.id } },
    h(
      "div",
      { class: "poster" },
      medium.picture
        ? h("img", { src: medium.picture, alt: "" })
        : h("div", { class: "no-poster" }, playable ? null : icon(ICONS[medium.kind])),
      medium.duration ? h("span", { class: "length" }, duration(medium.duration)) : null,
      playable
        ? button("play", t("videos.play-this", { title }), () => ask(medium), {
            kind: "poster-play",
            iconOnly: true,
          })
        : null,
    ),
    h(
      "div",
      { class: "card-text" },
      h("h3", { title }, title),
      h(
        "p",
        { class: "meta" },
        h("span", { class: `badge ${tone(medium)}` }, stateText(medium)),
        h("span", {}, t(`kind.${medium.kind}`)),
        medium.size ? h("span", {}, size(medium.size)) : null,
      ),
      h(
        "p",
        { class: "id-row" },
        h("code", { title: medium.id }, medium.id),
        button("copy", t("videos.copy-this", { title }), () => copy(medium.id), { iconOnly: true }),
      ),
    ),
  );
}

function ask(medium) {
  library.dispatchEvent(new CustomEvent("play", { detail: medium.id }));
}

function stateText({ status }) {
  const key = `status.${status}`;
  return has(key) ? t(key) : (status ?? t("status.Uploading"));
}

function tone({ status }) {
  if (status === "Normal") return "good";
  if (status === "Cancelled") return "";
  return ["UploadFail", "TranscodeFail", "Blocked", "Deleted"].includes(status) ? "bad" : "busy";
}

stream.addEventListener("webhook", ({ detail }) => {
  const data = detail.body?.data;
  const id = data?.VideoId ?? data?.ImageId ?? data?.MediaId;
  if (!detail.verified || !id) return;
  const status = detail.body.type === "media.deleted" ? "Deleted" : data.Status;
  if (data.owner) {
    const { Title: title, Duration: duration, Size: size } = data;
    learn(data.owner, id, { status, title: title || undefined, duration, size: size || undefined });
  } else if (media.some((medium) => medium.id === id)) {
    // Events about images and attached media name no owner.
    learn(currentUser(), id, { status });
  }
});

function change() {
  media = load(currentUser());
  render();
  library.dispatchEvent(new Event("change"));
}

session.addEventListener("change", change);
language.addEventListener("change", render);
