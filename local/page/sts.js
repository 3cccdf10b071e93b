// STS tokens: one purpose at a time, the policy that the token was cut down to, and a try.

import { $, h, refill } from "./dom.js";
import { callVod, putText } from "./alibaba.js";
import { ask, cloudCall, invocation } from "./calls.js";
import { cloudTime } from "./cloud.js";
import { duration, language, t } from "./language.js";
import { mediaOf } from "./library.js";
import { refuse } from "./notices.js";
import { claims, currentUser, tokenFor } from "./session.js";
import { stream } from "./stream.js";

const PURPOSES = ["vod-upload", "vod-play", "oss-upload"];
const NEW_VIDEO = { Title: "sts", FileName: "sts.mp4" };
const NOBODYS = "0".repeat(32);
// What RAM's refusals are called in VOD and in OSS.
const DENIED = /^(Forbidden|NoPermission|AccessDenied)/;

let cloudUrl = "";
let purpose = PURPOSES[0];
let issued = null;
let asks = 0; // how often a token was asked for or forgotten
let tries = []; // {name, allowed, code}

const tryVod = (token, action, fields) => ({
  name: action,
  run: () => callVod(token, cloudUrl, action, fields, { timestamp: timestamp() }),
});
const tryOss = (token, name, key) => ({
  name,
  run: () => putText(token, token, key, "hello", cloudDate()),
});

const TRIES = {
  "vod-upload": (token) => [
    tryVod(token, "CreateUploadVideo", NEW_VIDEO),
    tryVod(token, "GetPlayInfo", { VideoId: aVideo() }),
  ],
  "vod-play": (token) => [
    tryVod(token, "GetPlayInfo", { VideoId: aVideo() }),
    tryVod(token, "CreateUploadVideo", NEW_VIDEO),
  ],
  "oss-upload": (token) => [
    tryOss(token, "PUT KeyPrefix/…", `${token.KeyPrefix}hello.txt`),
    tryOss(token, "PUT elsewhere/…", "elsewhere/hello.txt"),
  ],
};

const aVideo = () => mediaOf(currentUser()).find(({ kind }) => kind === "video")?.id ?? NOBODYS;
const cloudDate = () => new Date(cloudTime() * 1000);
const timestamp = () => cloudDate().toISOString().replace(/\.\d+/, "");

function forget() {
  issued = null;
  tries = [];
  asks += 1;
  render();
}

async function get() {
  forget();
  const number = asks;
  try {
    const asked = claims();
    // These tokens are for the whole account, so the claim vod must name each purpose.
    asked.vod ??= { play: purpose === "vod-play" ? "*" : ["own"], sts: [purpose] };
    const body = { Purpose: purpose };
    const answer = await ask(asked.sub, "POST", "/sts", { token: await tokenFor(asked), body });
    if (number !== asks) return; // another purpose or another token is wanted by now
    issued = answer;
  } catch (error) {
    refuse(error);
  }
  render();
}

async function tryAll() {
  const token = issued;
  const made = [];
  for (const { name, run } of TRIES[purpose](token)) {
    try {
      await run();
      made.push({ name, allowed: true, code: "" });
    } catch (error) {
      made.push({ name, allowed: !DENIED.test(error.Code ?? ""), code: error.Code ?? error.message });
    }
    if (issued !== token) return;
    tries = made;
    render();
  }
}

function policy() {
  const ids = [invocation(issued.RequestId)?.cloud_request_ids ?? []].flat();
  const text = ids.map((id) => cloudCall(id)?.policy).find(Boolean);
  return text ? JSON.stringify(JSON.parse(text), null, 2) : t("sts.policy-none");
}

function render() {
  refill(
    $("sts-purposes"),
    PURPOSES.map((name) =>
      h(
        "label",
        { class: "choice" },
        h("input", {
          type: "radio",
          name: "purpose",
          value: name,
          checked: name === purpose,
          on: {
            change: () => {
              purpose = name;
              forget();
            },
          },
        }),
        h("span", {}, h("strong", {}, t(`sts.${name}`)), h("code", {}, name)),
      ),
    ),
  );
  $("sts-issued").hidden = !issued;
  if (!issued) return;
  $("sts-expires").textContent = t("sts.expires", {
    key: `${issued.AccessKeyId.slice(0, 8)}…`,
    time: duration(issued.ExpiresIn),
  });
  $("sts-policy").textContent = policy();
  $("sts-tries").replaceChildren(
    ...tries.map(({ name, allowed, code }) =>
      h(
        "li",
        {},
        h("code", {}, name),
        h("span", { class: `badge ${allowed ? "good" : "bad"}` }, t(allowed ? "sts.allowed" : "sts.refused")),
        code ? h("span", { class: "soft" }, code) : null,
      ),
    ),
  );
}

export function begin(config) {
  cloudUrl = config.cloudUrl;
  $("sts-card").hidden = !("sts" in config.functions);
  $("sts-ask").addEventListener("click", get);
  $("sts-try").addEventListener("click", tryAll);
  for (const kind of ["cloud", "invocation"]) {
    stream.addEventListener(kind, () => issued && render());
  }
  language.addEventListener("change", render);
  render();
}
