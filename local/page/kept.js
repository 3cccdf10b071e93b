// What the browser keeps: videos, checkpoints of uploads, and handles of files. Never a token.

const RUN = "vodpass-demo run";
const USERS = "vodpass-demo \""; // begins the keys of every user

/** The part of localStorage that belongs to one user. It has the interface of Storage. */
export class UserStorage {
  constructor(user) {
    this.prefix = `vodpass-demo ${JSON.stringify(user)} `;
  }

  #keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
  }

  get length() {
    return this.#keys().length;
  }

  key(index) {
    return this.#keys()[index]?.slice(this.prefix.length) ?? null;
  }

  getItem(key) {
    return localStorage.getItem(this.prefix + key);
  }

  setItem(key, value) {
    localStorage.setItem(this.prefix + key, value);
  }

  removeItem(key) {
    localStorage.removeItem(this.prefix + key);
  }
}

/** Forget the videos and checkpoints of an earlier run: its cloud, and all that it held, is gone. */
export function forgetEarlierRun(run) {
  if (localStorage.getItem(RUN) === run) return;
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(USERS)) localStorage.removeItem(key);
  }
  localStorage.setItem(RUN, run);
}

const DATABASE = "vodpass-demo";
const STORE = "handles";

/** The key of a file: the same file has the same key after a reload. */
export const fileKey = ({ name, size, lastModified }) => JSON.stringify([name, size, lastModified]);

/** Keep a file's handle, if the browser has such handles. */
export function keepHandle(file, handle) {
  return inStore("readwrite", (store) => store.put(handle, fileKey(file)));
}

/** The handle of a file, or undefined. */
export function keptHandle(file) {
  return inStore("readonly", (store) => store.get(fileKey(file)));
}

export function forgetHandle(file) {
  return inStore("readwrite", (store) => store.delete(fileKey(file)));
}

/** The result of a request to the store. Undefined where the browser forbids the database. */
async function inStore(mode, act) {
  try {
    const database = await open();
    const request = act(database.transaction(STORE, mode).objectStore(STORE));
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined;
  }
}

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}
