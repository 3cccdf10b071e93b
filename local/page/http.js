// One way to send a request, and one form for every refusal, whoever it comes from.

/** Gets a `call` event for each answer: `detail` has label, status, code and milliseconds. */
export const calls = new EventTarget();

/** A request that was answered, but not with what was asked for, or not answered at all (0). */
export class Refused extends Error {
  constructor({ status, code, title = "", detail = "", requestId = "", retryAfter = null, body = {} }) {
    super(`${code}: ${detail}`);
    Object.assign(this, { status, code, title, detail, requestId, retryAfter, body });
  }
}

/**
 * Send a request and give its text.
 *
 * `label` names it in the list of calls; nothing secret may stand in it. `onProgress` gets the
 * fraction sent, from 0 to 1. Throws Refused, or an AbortError when `signal` says so.
 */
export async function send(label, url, { onProgress, ...request } = {}) {
  const begin = performance.now();
  const answer = await (onProgress ? xhr(url, request, onProgress) : plain(url, request));
  const refused = answer.status >= 200 && answer.status < 300 ? null : refusal(answer, url);
  const detail = {
    label,
    status: answer.status,
    code: refused?.code ?? "",
    milliseconds: Math.round(performance.now() - begin),
  };
  calls.dispatchEvent(new CustomEvent("call", { detail }));
  if (refused) throw refused;
  return answer.text;
}

/** As `send`, for an answer in JSON. */
export async function sendJson(label, url, request) {
  return JSON.parse(await send(label, url, request));
}

const SILENCE = { status: 0, text: "", retryAfter: null };

async function plain(url, request) {
  try {
    const response = await fetch(url, { ...request, cache: "no-store", credentials: "omit" });
    const retryAfter = response.headers.get("Retry-After");
    return { status: response.status, text: await response.text(), retryAfter };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return SILENCE;
  }
}

// fetch tells nothing of how much of a body has been sent.
function xhr(url, { method, headers = {}, body, signal }, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stopped = () => reject(new DOMException("stopped", "AbortError"));
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 1);
    request.onload = () =>
      resolve({ status: request.status, text: request.responseText, retryAfter: null });
    request.onerror = () => resolve(SILENCE);
    request.onabort = stopped;
    if (signal?.aborted) return stopped();
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

function refusal({ status, text, retryAfter }, url) {
  if (status === 0) {
    const detail = `${new URL(url, location.href).host} gave no answer. Is it still running?`;
    return new Refused({ status, code: "NoAnswer", detail });
  }
  const body = members(text);
  const seconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
  return new Refused({
    status,
    code: body.Code ?? `HTTP ${status}`,
    title: body.title,
    // vodpass says `detail` (RFC 9457); Alibaba's services and Function Compute say `Message`.
    detail: body.detail ?? body.Message ?? "",
    requestId: body.RequestId,
    retryAfter: seconds,
    body,
  });
}

function members(text) {
  try {
    const body = JSON.parse(text);
    if (body !== null && typeof body === "object") return body;
  } catch {
    // OSS speaks XML.
  }
  const found = text.matchAll(/<(Code|Message|RequestId)>([^<]*)</g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
}
