// What the official player and other SDKs do with a credential, in its shortest form: calls to VOD
// (RPC signature V1) and one PUT to OSS (signature V1).

import { VodpassError } from "./vodpass.js";

/** UploadAddress, UploadAuth and PlayAuth are base64 of JSON in UTF-8. */
export function decode(credential) {
  const bytes = Uint8Array.from(atob(credential), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * Redeem a PlayAuth at the VOD service at `endpoint`, as the player does: `{videoBase, url}`.
 *
 * No Timestamp: the player sends none, and the keys that it signs with are short-lived.
 */
export async function redeem(playAuth, endpoint, { signal } = {}) {
  const auth = decode(playAuth);
  const answer = await callVod(auth, endpoint, "GetPlayInfo", {
    AuthInfo: auth.AuthInfo,
    AuthTimeout: "7200",
    Channel: "HTML5",
    Formats: "",
    PlayConfig: "{}",
    Rand: crypto.randomUUID(),
    ReAuthInfo: "{}",
    StreamType: "video",
    VideoId: auth.VideoMeta.VideoId,
  }, { signal });
  return { videoBase: answer.VideoBase, url: answer.PlayInfoList.PlayInfo[0].PlayURL };
}

/** Call one operation of VOD with temporary keys. Throws VodpassError with VOD's `Code`. */
export async function callVod(keys, endpoint, action, fields, { signal, timestamp } = {}) {
  const parameters = {
    AccessKeyId: keys.AccessKeyId,
    Action: action,
    Format: "JSON",
    SecurityToken: keys.SecurityToken,
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: crypto.randomUUID(),
    SignatureVersion: "1.0",
    Version: "2017-03-21",
    ...(timestamp ? { Timestamp: timestamp } : {}),
    ...fields,
  };
  const query = Object.keys(parameters)
    .sort()
    .map((name) => `${percent(name)}=${percent(parameters[name])}`)
    .join("&");
  const signature = await hmac(`${keys.AccessKeySecret}&`, `GET&%2F&${percent(query)}`);
  return JSON.parse(await send(`${endpoint}/?${query}&Signature=${percent(signature)}`, { signal }));
}

/** Store `text` at `key`. `date` is the cloud's time. Throws VodpassError with the Code of OSS. */
export async function putText(keys, { Endpoint: endpoint, Bucket: bucket }, key, text, date) {
  const type = "text/plain";
  const sent = date.toUTCString(); // in x-oss-date, because a browser may not set Date
  const signed =
    `PUT\n\n${type}\n${sent}\n` +
    `x-oss-date:${sent}\nx-oss-security-token:${keys.SecurityToken}\n/${bucket}/${key}`;
  await send(objectUrl(endpoint, bucket, key), {
    method: "PUT",
    headers: {
      Authorization: `OSS ${keys.AccessKeyId}:${await hmac(keys.AccessKeySecret, signed)}`,
      "Content-Type": type,
      "x-oss-date": sent,
      "x-oss-security-token": keys.SecurityToken,
    },
    body: text,
  });
}

async function send(url, request) {
  let answer;
  try {
    answer = await fetch(url, { ...request, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new VodpassError({ Code: "NetworkError", source: "client" }, { cause: error });
  }
  const text = await answer.text();
  if (answer.ok) return text;
  const { Code = `HTTP ${answer.status}`, Message: detail, RequestId } = members(text);
  throw new VodpassError({ Code, detail, RequestId, status: answer.status, source: "storage" });
}

function members(text) {
  try {
    const body = JSON.parse(text);
    if (body !== null && typeof body === "object") return body;
  } catch {
    // OSS answers in XML.
  }
  const found = text.matchAll(/<(Code|Message|RequestId)>([^<]*)</g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
}

// A bucket of a loopback address is a part of its host's name.
function objectUrl(endpoint, bucket, key) {
  const url = new URL(endpoint);
  if (/^[\d.]+$/.test(url.hostname)) url.hostname = "localhost";
  url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = `/${key.split("/").map(encodeURIComponent).join("/")}`;
  return url.href;
}

function percent(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function hmac(secret, text) {
  const bytes = (value) => new TextEncoder().encode(value);
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text)));
  return btoa(String.fromCharCode(...signature));
}
