// Receives events from vodpass. Set VODPASS_WEBHOOK_SECRETS and PORT, then: node receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE = 300; // seconds
const LONGEST = 1024 * 1024; // bytes
// During a rotation: two secrets, separated by a comma.
const SECRETS = (process.env.VODPASS_WEBHOOK_SECRETS ?? "").split(",").map((secret) => {
  const text = secret.trim().replace(/^whsec_/, "");
  const bytes = Buffer.from(text, "base64");
  // anybody could sign with an empty secret
  if (bytes.length < 24 || bytes.toString("base64") !== text)
    throw new Error("each secret of VODPASS_WEBHOOK_SECRETS must be base64 of 24 bytes or more");
  return bytes;
});
const seen = new Set(); // in your app: a unique column, written in one transaction with the effect

/** Returns the verified event. Throws if the signature or the time is wrong. */
function verify(headers, body) {
  const timestamp = headers["webhook-timestamp"];
  const apart = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(apart <= TOLERANCE)) throw new Error("the timestamp is too old or in the future");
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${timestamp}.`), body]);
  const expected = SECRETS.map((secret) => createHmac("sha256", secret).update(signed).digest());
  const given = (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((one) => one.startsWith("v1,"))
    .map((one) => Buffer.from(one.slice(3), "base64"));
  const equal = (one, other) => one.length === other.length && timingSafeEqual(one, other);
  if (!expected.some((one) => given.some((other) => equal(one, other))))
    throw new Error("the signature matches none of our secrets");
  return JSON.parse(body);
}

async function receive(request, response) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    if ((length += chunk.length) > LONGEST) return request.destroy();
    chunks.push(chunk);
  }
  let event;
  try {
    event = verify(request.headers, Buffer.concat(chunks));
  } catch {
    return response.writeHead(401).end();
  }
  // of a video's state, a repeat with a newer time counts too
  if (!seen.has(event.id)) {
    seen.add(event.id);
    console.log(event.type, event.subject);
  }
  response.writeHead(204).end();
}

const server = createServer((request, response) =>
  receive(request, response).catch(() => response.destroy()),
);
server.listen(process.env.PORT ?? 8080, "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);
