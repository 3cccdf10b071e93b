// What the tests in this folder share: the running stack, and ways to watch and disturb a client.

import { Vodpass } from "../../../clients/web/vodpass.js";

export const { VODPASS: url, CLOUD: cloud } = process.env;
export const PART = 102_400; // bytes

/** A token of `make run` for a user. */
export async function tokenOf(sub, claims = {}) {
  return (await post(`${url}/_local/token`, { sub, ...claims })).token;
}

/** Moves the cloud's clock. */
export const advance = (seconds) => post(`${cloud}/_local/clock`, { advance: seconds });

/** Makes the next `count` calls of an action fail. */
export const disturb = (service, action, kind, count, parameters = {}) =>
  post(`${cloud}/_local/faults`, { service, action, kind, count, ...parameters });

/** Takes the faults back that have not struck. */
export const undisturb = () => post(`${cloud}/_local/faults`, { clear: true });

/** Media and uploads of the cloud. */
export const state = async () => (await fetch(`${cloud}/_local/state`)).json();

/** A cloud that holds nothing. */
export const reset = () => post(`${cloud}/_local/reset`, {});

async function post(target, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(target, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/** A storage like localStorage, in memory. */
export class MemoryStorage {
  items = new Map();
  get length() {
    return this.items.size;
  }
  key(index) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    this.items.set(key, String(value));
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

/** A film of `size` bytes; the same every time. */
export function film(size, name = "my film.mp4") {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) % 251);
  return new File([bytes], name, { type: "video/mp4", lastModified: 1_700_000_000_000 });
}

/**
 * A client whose calls to the functions are listed in `calls`: `POST /refresh 200`. `around(path,
 * send)` may change what happens to a call.
 */
export async function client({ sub = "alice", storage = null, around, token, claims } = {}) {
  const calls = [];
  const own = await tokenOf(sub, claims);
  const vodpass = new Vodpass({
    url,
    storage,
    token: token ?? (() => own),
    fetch: async (target, options) => {
      const path = new URL(target).pathname;
      const send = async () => {
        const answer = await fetch(target, options);
        calls.push({ path, status: answer.status, headers: options.headers });
        return answer;
      };
      return around ? around(path, send) : send();
    },
  });
  const paths = () => calls.map(({ path, status }) => `${path} ${status}`);
  return { vodpass, calls, paths };
}

/** The requests to the storage while `act` runs: `PUT partNumber=1 200`. */
export async function watchStorage(act) {
  const { fetch } = globalThis;
  const seen = [];
  globalThis.fetch = async (target, options) => {
    const answer = await fetch(target, options);
    const { origin, pathname, searchParams } = new URL(target);
    if (origin === cloud && !pathname.startsWith("/_local/")) {
      const query = [...searchParams].filter(([name]) => name !== "uploadId");
      const told = query.map(([name, value]) => ` ${name}${value && `=${value}`}`).join("");
      seen.push(`${options.method}${told} ${answer.status}`);
    }
    return answer;
  };
  try {
    await act();
  } finally {
    globalThis.fetch = fetch;
  }
  return seen;
}
