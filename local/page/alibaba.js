// What the official uploader and player do with a credential, in its shortest form: one PUT to
// OSS (signature V1) and one GetPlayInfo to VOD (RPC signature V1).

import { send, sendJson } from "./http.js";

/** UploadAddress, UploadAuth and PlayAuth are base64 of JSON in UTF-8. */
export function decode(credential) {
  const bytes = Uint8Array.from(atob(credential), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Store `file` where `address` says, with the keys of `auth`. */
export async function putObject(file, address, auth, { signal, onProgress }) {
  const { Bucket: bucket, FileName: key } = address;
  const type = file.type || "application/octet-stream";
  const date = new Date().toUTCString(); // in x-oss-date, for a browser may not set Date
  const token = auth.SecurityToken;
  const signed =
    `PUT\n\n${type}\n${date}\n` +
    `x-oss-date:${date}\nx-oss-security-token:${token}\n/${bucket}/${key}`;
  await send(`PUT OSS ${key}`, objectUrl(address), {
    method: "PUT",
    headers: {
      Authorization: `OSS ${auth.AccessKeyId}:${await hmac(auth.AccessKeySecret, signed)}`,
      "Content-Type": type,
      "x-oss-date": date,
      "x-oss-security-token": token,
    },
    body: file,
    signal,
    onProgress,
  });
}

/** Whether OSS refused because the credential has expired. */
export function isExpired(refused) {
  // A key that expired a while ago is unknown to OSS.
  return ["SecurityTokenExpired", "InvalidAccessKeyId"].includes(refused.code);
}

/**
 * Redeem a PlayAuth at the VOD service at `endpoint`, as the player does: `{videoBase, url}`.
 *
 * No Timestamp: the player sends none, and the keys that it signs with are short-lived.
 */
export async function redeem(playAuth, endpoint, { signal }) {
  const auth = decode(playAuth);
  const parameters = {
    AccessKeyId: auth.AccessKeyId,
    Action: "GetPlayInfo",
    AuthInfo: auth.AuthInfo,
    AuthTimeout: "7200",
    Channel: "HTML5",
    Format: "JSON",
    Formats: "",
    PlayConfig: "{}",
    Rand: crypto.randomUUID(),
    ReAuthInfo: "{}",
    SecurityToken: auth.SecurityToken,
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: crypto.randomUUID(),
    SignatureVersion: "1.0",
    StreamType: "video",
    Version: "2017-03-21",
    VideoId: auth.VideoMeta.VideoId,
  };
  const query = Object.keys(parameters)
    .sort()
    .map((name) => `${percent(name)}=${percent(parameters[name])}`)
    .join("&");
  const signature = await hmac(`${auth.AccessKeySecret}&`, `GET&%2F&${percent(query)}`);
  const url = `${endpoint}/?${query}&Signature=${percent(signature)}`;
  const answer = await sendJson("GET VOD GetPlayInfo", url, { signal });
  return { videoBase: answer.VideoBase, url: answer.PlayInfoList.PlayInfo[0].PlayURL };
}

// A named endpoint takes the bucket in front of its host; an address cannot, and the service
// finds the bucket by the key.
function objectUrl({ Endpoint: endpoint, Bucket: bucket, FileName: key }) {
  const url = new URL(endpoint);
  if (!/^[\d.]+$/.test(url.hostname)) url.hostname = `${bucket}.${url.hostname}`;
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
