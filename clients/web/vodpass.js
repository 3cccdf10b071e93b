/**
 * Client of vodpass: uploads files to ApsaraVideo VOD and gets credentials to play videos.
 *
 * One module without dependencies, for browsers and for Node 20 or later. Times are in milliseconds
 * inside this module. Its options and answers use seconds, as the HTTP interface does.
 *
 * No credential and no token is ever logged, stored or put into an error.
 *
 * @module vodpass
 */

/** @typedef {{ upload: string, refresh: string, play: string }} FunctionUrls */

/**
 * @typedef {object} VodpassOptions
 * @property {string | FunctionUrls} url The base URL of the functions, or the URL of each one.
 * @property {(why: { renew: boolean }) => string | Promise<string>} token Returns the user's token.
 *   `renew` is true after a 401: then return a new token, not a stored one.
 * @property {CheckpointStorage | null} [storage] Keeps checkpoints, so that an upload continues
 *   after a reload. Default: `localStorage`, if there is one. `null` keeps nothing.
 * @property {typeof globalThis.fetch} [fetch] Sends the calls to the functions.
 */

/**
 * Where checkpoints are kept: a part of the interface of `localStorage`. The methods may return
 * promises.
 * @typedef {object} CheckpointStorage
 * @property {(key: string) => string | null | Promise<string | null>} getItem
 * @property {(key: string, value: string) => void | Promise<void>} setItem
 * @property {(key: string) => void | Promise<void>} removeItem
 */

/**
 * Fields of `POST /upload` besides `FileName` and `FileSize`, which come from the file.
 * @typedef {object} MediaFields
 * @property {"video" | "image" | "attached"} [MediaType] Default: `video`.
 * @property {string} [FileName] Default: the file's name.
 * @property {string} [Title]
 * @property {string} [Description]
 * @property {string | string[]} [Tags]
 * @property {string} [CoverURL] For a video.
 * @property {"default" | "cover"} [ImageType] For an image. Default: `default`.
 * @property {string} [ImageExt] For an image. Default: the extension of the file's name.
 * @property {"watermark" | "subtitle" | "material"} [BusinessType] For attached media; required.
 * @property {string} [MediaExt] For attached media. Default: the extension of the file's name.
 */

/**
 * @typedef {object} UploadOptions
 * @property {MediaFields} [fields]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(state: UploadState) => void} [onState]
 * @property {AbortSignal} [signal] Cancels the upload.
 * @property {string} [idempotencyKey] For a video. Default: a new UUID, kept in the checkpoint.
 * @property {number} [partSize] Bytes of a part; at least 102400. Larger files go in parts. It
 *   grows so that no file has more than 1000 parts. Default: 2 MiB.
 * @property {number} [parallel] Parts that are sent at the same time. Default: 3.
 * @property {number} [retries] How often one request is repeated after a network error or a
 *   temporary fault. Default: 5.
 */

/** @typedef {"uploading" | "paused" | "succeeded" | "failed" | "cancelled"} UploadState */

/**
 * @typedef {object} Progress
 * @property {number} loaded Bytes that have been sent.
 * @property {number} total Bytes of the file.
 * @property {number | undefined} bytesPerSecond Speed of the last 5 seconds, once it is known.
 * @property {number | undefined} secondsLeft Remaining time at that speed.
 * @property {number} credentialSecondsLeft Remaining life of the credential.
 * @property {string | undefined} VideoId
 */

/**
 * The ids and URLs of an upload. A video has `VideoId`, an image `ImageId` and `ImageURL`, an
 * attached medium `MediaId` and `MediaURL`.
 * @typedef {object} UploadResult
 * @property {string} [VideoId]
 * @property {string} [ImageId]
 * @property {string} [MediaId]
 * @property {string} [ImageURL]
 * @property {string} [MediaURL]
 * @property {string} [FileURL]
 * @property {boolean} resumed Whether it continued an earlier upload.
 */

/**
 * @typedef {object} PlayOptions
 * @property {number} [AuthInfoTimeout] Seconds that the PlayAuth lives; at least 100.
 * @property {number} [longestWait] Seconds to wait at most for the video to become playable.
 *   Default: 3600. 0 asks once.
 * @property {(wait: { seconds: number, Status: string | undefined }) => void} [onWait]
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} PlayResult
 * @property {string} PlayAuth
 * @property {Record<string, unknown>} VideoMeta
 * @property {{ PlayDomain: string }} [PlayConfig] For the player's `playConfig`, if the deployment
 *   names a domain for playback.
 * @property {string} ExpireUTCTime
 * @property {number} ExpiresIn Seconds from the answer.
 * @property {string} RequestId
 */

/**
 * An upload that the storage knows and that has not finished.
 * @typedef {object} PendingUpload
 * @property {string} name
 * @property {number} size
 * @property {number} lastModified
 * @property {string | undefined} VideoId
 * @property {number} loaded Bytes in finished parts.
 */

/**
 * @typedef {object} ErrorMembers
 * @property {string} Code
 * @property {number} [status]
 * @property {string} [detail]
 * @property {string} [RequestId]
 * @property {number} [retryAfter]
 * @property {FieldError[]} [errors]
 * @property {string} [Status]
 * @property {boolean} [retriable]
 * @property {"vodpass" | "storage" | "client"} source
 */

/** @typedef {{ pointer: string, reason: string }} FieldError */

/**
 * What `uploaderCallbacks` needs of the official upload SDK.
 * @typedef {object} OfficialUploader
 * @property {() => OfficialFile[]} listFiles
 * @property {(index: number) => unknown} cancelFile
 * @property {(info: any, auth: string, address: string, id: string) => unknown
 *   } setUploadAuthAndAddress
 * @property {(auth: string) => unknown} resumeUploadWithAuth
 */

/**
 * @typedef {object} OfficialFile
 * @property {File} file
 * @property {string} [videoId]
 * @property {unknown} [checkpoint]
 */

/**
 * @typedef {object} UploaderCallbacksOptions
 * @property {(file: File) => MediaFields} [fields]
 * @property {(file: File, fraction: number) => void} [onProgress] `fraction` is 0 to 1.
 * @property {(file: File, videoId: string) => void} [onSucceed]
 * @property {(file: File, error: VodpassError) => void} [onFail] Also for refusals.
 */

/**
 * @typedef {object} UploaderCallbacks
 * @property {(info: OfficialFile) => Promise<void>} onUploadstarted
 * @property {(info: OfficialFile) => Promise<void>} onUploadTokenExpired
 * @property {(info: OfficialFile, bytes: number, fraction: number) => void} onUploadProgress
 * @property {(info: OfficialFile) => void} onUploadSucceed
 * @property {(info: OfficialFile, code: string, message: string) => void} onUploadFailed
 */

/**
 * @typedef {object} Checkpoint
 * @property {1} version
 * @property {{ name: string, size: number, lastModified: number }} file
 * @property {string} idempotencyKey
 * @property {string} [VideoId]
 * @property {string} [object] Bucket and key of the multipart upload.
 * @property {string} [uploadId]
 * @property {number} [partSize]
 * @property {Record<number, string>} [parts] Part number to ETag.
 * @property {boolean} [completing] Whether the last request of the upload has been sent.
 */

/**
 * @typedef {object} Credential
 * @property {{ AccessKeyId: string, AccessKeySecret: string, SecurityToken: string }} auth
 * @property {{ Endpoint: string, Bucket: string, FileName: string }} address
 * @property {number} refreshAt On the clock of `performance.now()`.
 * @property {number} expiresAt The same.
 */

/** @typedef {{ status: number, text: string, header: (name: string) => string | null }} Answer */

/**
 * @typedef {object} StorageRequest
 * @property {string} method
 * @property {string} [query]
 * @property {Record<string, string>} headers
 * @property {Blob} [body]
 */

/**
 * @typedef {object} CallOptions
 * @property {string} [method]
 * @property {URLSearchParams} [query]
 * @property {object} [body]
 * @property {string} [idempotencyKey]
 * @property {AbortSignal} [signal]
 */

/**
 * What an Upload needs of its client.
 * @typedef {object} Tools
 * @property {(name: "upload" | "refresh", request: CallOptions) => Promise<any>} call
 * @property {Checkpoints} checkpoints
 * @property {ServerClock} clock
 */

const SHARE_OF_LIFE = 0.9; // a credential is refreshed at this share of its life
const MAX_FRUITLESS = 3; // refreshes in a row without a request that OSS accepts
const LEAST_PART = 102_400; // bytes; OSS accepts no smaller part, except the last
const MOST_PARTS = 1000; // keeps the checkpoint small; OSS allows 10000
const STALLED = 60_000; // ms without a byte in either direction
const SPEED_WINDOW = 5_000; // ms
const CALL_RETRIES = 4;
const LONGEST_PAUSE = 120; // seconds; a longer wait, such as for a limit a day, is the app's

// Answers that say: this checkpoint, or this Idempotency-Key, cannot continue. Begin anew.
const STALE = ["UploadFinished", "UploadWindowClosed", "VideoNotFound"];
const SPENT = [...STALE, "IdempotencyConflict", "IdempotencyKeySpent"];
// A key that expired a while ago is unknown to OSS.
const EXPIRED = ["SecurityTokenExpired", "InvalidSecurityToken.Expired", "InvalidAccessKeyId"];
// The multipart upload, or a part of it, no longer exists.
const LOST = ["NoSuchUpload", "InvalidPart"];

/**
 * A refusal of vodpass, of the storage (OSS), or of this client.
 *
 * `Code` is stable. Codes of this client:
 *
 * - `NetworkError`: no answer, or one that the browser hides because it has no CORS headers.
 * - `UnexpectedAnswer`: an answer in no known form.
 * - `CredentialNotAccepted`: three new credentials changed nothing.
 * - `ETagNotExposed`: the bucket's CORS rule does not expose `ETag`.
 * - `InsecureContext`: WebCrypto needs https or localhost.
 * - `ClientError`: another error in this client; `cause` has it.
 */
export class VodpassError extends Error {
  /** @param {ErrorMembers} members @param {ErrorOptions} [options] */
  constructor(members, options) {
    super(members.detail ? `${members.Code}: ${members.detail}` : members.Code, options);
    this.name = "VodpassError";
    /** Read this, not `message`. */
    this.Code = members.Code;
    /** The HTTP status; 0 if there was no answer. */
    this.status = members.status ?? 0;
    /** For the operator's log. @type {string | undefined} */
    this.RequestId = members.RequestId;
    /** Seconds after which to ask again. @type {number | undefined} */
    this.retryAfter = members.retryAfter;
    /** Fields that are wrong. @type {FieldError[]} */
    this.errors = members.errors ?? [];
    /** The video's status, with `VideoNotReady`. @type {string | undefined} */
    this.Status = members.Status;
    /** Whether the same request may succeed later. */
    this.retriable = members.retriable ?? false;
    /** Who refused. */
    this.source = members.source;
  }
}

/** Uploads and plays for one user. */
export class Vodpass {
  /** @type {FunctionUrls} */
  #urls;
  /** @type {VodpassOptions["token"]} */
  #token;
  /** @type {typeof globalThis.fetch} */
  #fetch;
  /** @type {Promise<string> | undefined} */
  #renewing;
  #checkpoints;
  #clock = new ServerClock();

  /** @param {VodpassOptions} options */
  constructor({ url, token, storage = defaultStorage(), fetch = globalThis.fetch }) {
    const base = typeof url === "string" ? url.replace(/\/$/, "") : "";
    this.#urls =
      typeof url === "string"
        ? { upload: `${base}/upload`, refresh: `${base}/refresh`, play: `${base}/play` }
        : url;
    this.#token = token;
    this.#fetch = fetch;
    this.#checkpoints = new Checkpoints(storage, this.#urls.upload);
  }

  /**
   * Starts to upload a file. If the storage has a checkpoint of the same file (by name, size and
   * `lastModified`), the upload continues there.
   *
   * @param {File | Blob} file A Blob needs `fields.FileName`.
   * @param {UploadOptions} [options]
   * @returns {Upload} Await its `done`.
   */
  upload(file, options = {}) {
    const call = this.#call.bind(this);
    return new Upload(file, options, { call, checkpoints: this.#checkpoints, clock: this.#clock });
  }

  /**
   * Gets a PlayAuth. While VOD processes the video, it asks again by `Retry-After`.
   *
   * @param {string} videoId
   * @param {PlayOptions} [options]
   * @returns {Promise<PlayResult>} Rejects with VodpassError, or with the signal's reason.
   */
  async play(videoId, { AuthInfoTimeout, longestWait = 3600, onWait, signal } = {}) {
    const query = new URLSearchParams({ VideoId: videoId });
    if (AuthInfoTimeout !== undefined) query.set("AuthInfoTimeout", String(AuthInfoTimeout));
    const ends = performance.now() + longestWait * 1000;
    for (;;) {
      try {
        return await this.#call("play", { method: "GET", query, signal });
      } catch (error) {
        const seconds = error instanceof VodpassError ? error.retryAfter : undefined;
        const waits = error instanceof VodpassError && error.Code === "VideoNotReady";
        if (!waits || seconds === undefined) throw error;
        if (performance.now() + seconds * 1000 > ends) throw error;
        onWait?.({ seconds, Status: error.Status });
        await sleep(seconds * 1000, signal);
      }
    }
  }

  /**
   * The unfinished uploads in the storage. Empty if the storage cannot be listed.
   * @returns {Promise<PendingUpload[]>}
   */
  async pending() {
    return (await this.#checkpoints.all()).map((saved) => ({
      ...saved.file,
      VideoId: saved.VideoId,
      loaded: Math.min(
        Object.keys(saved.parts ?? {}).length * (saved.partSize ?? 0),
        saved.file.size,
      ),
    }));
  }

  /**
   * Forgets the checkpoint of a file, so that the next upload of it begins anew.
   * @param {{ name: string, size: number, lastModified: number }} file
   */
  async forget(file) {
    await this.#checkpoints.remove(file);
  }

  /**
   * Callbacks for the official web upload SDK: spread them into the options of
   * `new AliyunUpload.Vod(…)`.
   *
   * @param {() => OfficialUploader} uploader Returns the uploader that they belong to.
   * @param {UploaderCallbacksOptions} [options]
   * @returns {UploaderCallbacks}
   */
  uploaderCallbacks(uploader, { fields, onProgress, onSucceed, onFail } = {}) {
    /** @type {WeakMap<File, string>} */
    const keys = new WeakMap();
    let expiries = 0; // in a row, without progress in between
    // Without a credential the SDK waits forever, so cancel. (Its stopUpload would throw here.)
    const giveUp = (/** @type {OfficialFile} */ info, /** @type {unknown} */ error) => {
      uploader().cancelFile(uploader().listFiles().indexOf(info));
      onFail?.(info.file, asVodpassError(error));
    };
    const create = async (/** @type {OfficialFile} */ info) => {
      const body = described(info.file, fields?.(info.file) ?? {});
      for (;;) {
        const earlier = keys.get(info.file);
        const key = earlier ?? crypto.randomUUID();
        keys.set(info.file, key);
        try {
          const idempotencyKey = isVideo(body) ? key : undefined;
          return await this.#call("upload", { body, idempotencyKey });
        } catch (error) {
          if (!earlier || !hasCode(error, SPENT)) throw error;
          keys.delete(info.file); // the file's earlier upload cannot continue
        }
      }
    };
    const refresh = (/** @type {OfficialFile} */ info) =>
      this.#call("refresh", { body: { VideoId: info.videoId } });

    return {
      onUploadstarted: async (info) => {
        try {
          let issued;
          if (info.videoId) {
            try {
              issued = await refresh(info);
            } catch (error) {
              if (!hasCode(error, STALE)) throw error;
              // The SDK remembers an upload that cannot continue. Make it forget.
              forgetOfficialCheckpoint(info);
            }
          }
          issued ??= await create(info);
          const id = issued.VideoId ?? issued.ImageId ?? issued.MediaId;
          uploader().setUploadAuthAndAddress(info, issued.UploadAuth, issued.UploadAddress, id);
        } catch (error) {
          giveUp(info, error);
        }
      },
      onUploadTokenExpired: async (info) => {
        // The SDK reports a bad signature as an expiry too. A new credential does not fix that.
        if (++expiries > MAX_FRUITLESS) return giveUp(info, notAccepted());
        try {
          uploader().resumeUploadWithAuth((await refresh(info)).UploadAuth);
        } catch (error) {
          giveUp(info, error);
        }
      },
      onUploadProgress: (info, _bytes, fraction) => {
        expiries = 0;
        onProgress?.(info.file, fraction);
      },
      onUploadSucceed: (info) => {
        keys.delete(info.file); // the same file again is another upload
        onSucceed?.(info.file, info.videoId ?? "");
      },
      onUploadFailed: (info, code, message) => {
        const detail = `The upload SDK gave up: ${message}`;
        onFail?.(info.file, new VodpassError({ Code: code, detail, source: "storage" }));
      },
    };
  }

  /**
   * Calls a function. Repeats after temporary faults, and once with a renewed token after a 401.
   *
   * @param {keyof FunctionUrls} name
   * @param {CallOptions} request
   * @returns {Promise<any>}
   */
  async #call(name, { method = "POST", query, body, idempotencyKey, signal }) {
    /** @type {string | undefined} */
    let refused;
    for (let failures = 0; ; ) {
      const bearer = await this.#bearer(refused);
      if (!/^[\x21-\x7e]*[\t\n\r ]*$/.test(bearer)) throw notAHeader(); // fetch would quote it
      /** @type {Record<string, string>} */
      const headers = { Authorization: `Bearer ${bearer}` };
      if (body) headers["Content-Type"] = "application/json";
      if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
      try {
        const url = query ? `${this.#urls[name]}?${query}` : this.#urls[name];
        const signals = signal ? [signal] : [];
        const sent = { method, url, headers, body: body && JSON.stringify(body), signals };
        const content = read(await sendByFetch(sent, this.#fetch));
        this.#clock.learn(content);
        return content;
      } catch (error) {
        signal?.throwIfAborted();
        if (hasCode(error, ["InvalidToken"]) && refused === undefined) {
          refused = bearer;
          continue;
        }
        if (!isRepeated(error) || failures >= CALL_RETRIES) throw error;
        await sleep(delay(error, failures++), signal);
      }
    }
  }

  /**
   * The user's token; after a refusal another one. Calls at the same time share a renewal.
   * @param {string} [refused]
   */
  async #bearer(refused) {
    const token = await this.#token({ renew: false });
    if (token !== refused) return token; // another call has renewed it
    this.#renewing ??= Promise.resolve(this.#token({ renew: true })).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }
}

/** One upload. Made by `Vodpass.upload`, and running at once. */
export class Upload {
  #file;
  #options;
  #tools;
  /** @type {UploadState} */
  #state = "uploading";
  #ended = new AbortController(); // aborted when the upload is cancelled or has failed
  #running = new AbortController(); // aborted by a pause; replaced when the upload continues
  /** @type {(() => void) | undefined} */
  #continue;
  /** @type {Promise<void> | undefined} */
  #pausing;
  /** @type {Credential | undefined} */
  #credential;
  /** @type {Promise<void> | undefined} */
  #refreshing;
  #fruitless = 0;
  /** @type {string | undefined} */
  #videoId;
  #meter;
  /** @type {Checkpoint | undefined} */
  #checkpoint;

  /**
   * @internal
   * @param {File | Blob} file
   * @param {UploadOptions} options
   * @param {Tools} tools
   */
  constructor(file, options, tools) {
    if ((options.partSize ?? LEAST_PART) < LEAST_PART) {
      throw new RangeError(`partSize must be at least ${LEAST_PART} bytes`);
    }
    this.#file = file;
    this.#options = options;
    this.#tools = tools;
    this.#meter = new Meter(file.size, () => this.#progress());
    const cancel = () => this.cancel(options.signal?.reason);
    if (options.signal?.aborted) cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    /**
     * Resolves when the storage has the file. Rejects with VodpassError, or, after a cancellation,
     * with its reason (by default a DOMException named `AbortError`).
     * @type {Promise<UploadResult>}
     */
    this.done = this.#run().finally(() => options.signal?.removeEventListener("abort", cancel));
  }

  /** @returns {UploadState} */
  get state() {
    return this.#state;
  }

  /** The video's id, once it is known. @returns {string | undefined} */
  get VideoId() {
    return this.#videoId;
  }

  /** Stops sending. Finished parts stay. Does nothing if the upload is not running. */
  pause() {
    if (this.#state !== "uploading") return;
    const running = this.#running; // onState may resume at once
    this.#pausing = new Promise((resolve) => (this.#continue = resolve));
    this.#enter("paused");
    running.abort(new DOMException("The upload is paused.", "AbortError"));
    this.#meter.restart();
  }

  /** Continues after a pause. */
  resume() {
    if (this.#state !== "paused") return;
    const proceed = this.#continue; // onState may pause at once
    this.#running = new AbortController();
    this.#pausing = undefined;
    this.#enter("uploading");
    proceed?.();
  }

  /**
   * Ends the upload, removes its checkpoint, and deletes the parts that have arrived.
   * @param {unknown} [reason] What `done` rejects with.
   */
  cancel(reason = new DOMException("The upload was cancelled.", "AbortError")) {
    if (this.#state !== "uploading" && this.#state !== "paused") return;
    this.#enter("cancelled");
    this.#ended.abort(reason);
    this.#running.abort(reason);
    this.#pausing = undefined;
    this.#continue?.();
  }

  /** @returns {Promise<UploadResult>} */
  async #run() {
    await Promise.resolve(); // lets the caller keep this object before the first callback
    try {
      const body = described(this.#file, this.#options.fields ?? {});
      const result = await (isVideo(body) ? this.#video(body) : this.#otherMedia(body));
      this.#meter.finish();
      this.#enter("succeeded");
      return result;
    } catch (error) {
      if (this.#state === "cancelled") {
        await this.#discard();
        throw this.#ended.signal.reason;
      }
      this.#enter("failed");
      this.#ended.abort(error);
      throw asVodpassError(error);
    }
  }

  /** @param {Record<string, unknown>} body @returns {Promise<UploadResult>} */
  async #video(body) {
    let found = await this.#tools.checkpoints.load(this.#file);
    let issued;
    if (found?.VideoId) {
      try {
        issued = await this.#issue("refresh", { body: { VideoId: found.VideoId } });
      } catch (error) {
        // The last request had been sent, and only its answer was lost.
        const arrived = found.completing && hasCode(error, ["UploadFinished"]);
        if (!arrived && !hasCode(error, STALE)) throw error;
        await this.#tools.checkpoints.remove(this.#file);
        if (arrived) return { VideoId: (this.#videoId = found.VideoId), resumed: true };
        found = undefined;
      }
    }
    if (!issued) [issued, found] = await this.#create(body, found);
    this.#videoId = issued.VideoId;
    this.#checkpoint = { ...found, ...this.#begun(found?.idempotencyKey), VideoId: issued.VideoId };
    await this.#save();
    const resumed = Boolean(found);
    try {
      await this.#transfer();
    } catch (error) {
      const arrived = this.#checkpoint.completing && hasCode(error, ["UploadFinished"]);
      if (!arrived) {
        if (hasCode(error, STALE)) await this.#tools.checkpoints.remove(this.#file);
        throw error;
      }
    }
    await this.#tools.checkpoints.remove(this.#file);
    return { VideoId: issued.VideoId, resumed };
  }

  /**
   * Creates the video. The key is saved before the call: if the answer is lost, the same key finds
   * the same video, also after a reload.
   * @param {Record<string, unknown>} body
   * @param {Checkpoint | undefined} found
   * @returns {Promise<[any, Checkpoint | undefined]>}
   */
  async #create(body, found) {
    for (;;) {
      this.#checkpoint = this.#begun(found?.idempotencyKey);
      await this.#save();
      try {
        const { idempotencyKey } = this.#checkpoint;
        return [await this.#issue("upload", { body, idempotencyKey }), found];
      } catch (error) {
        if (!found || !hasCode(error, SPENT)) {
          if (!isRetriable(error)) await this.#tools.checkpoints.remove(this.#file);
          throw error;
        }
        found = undefined;
      }
    }
  }

  /**
   * Images and attached media. Their credential cannot be refreshed: after an expiry they begin
   * again, with a new id.
   * @param {Record<string, unknown>} body
   * @returns {Promise<UploadResult>}
   */
  async #otherMedia(body) {
    for (let expiries = 0; ; ) {
      const issued = await this.#issue("upload", { body });
      try {
        await this.#transfer();
        const names = ["ImageId", "MediaId", "ImageURL", "MediaURL", "FileURL"];
        const members = names.filter((name) => issued[name]).map((name) => [name, issued[name]]);
        return { ...Object.fromEntries(members), resumed: false };
      } catch (error) {
        if (!hasCode(error, EXPIRED)) throw error;
        if (++expiries > MAX_FRUITLESS) throw notAccepted(error);
        this.#meter.restart(0);
      }
    }
  }

  /** Sends the file in one request, or in parts. */
  async #transfer() {
    for (let restarts = 0; ; restarts++) {
      try {
        const partSize = this.#options.partSize ?? 2 * 1024 * 1024;
        return await (this.#file.size > partSize ? this.#multipart(partSize) : this.#single());
      } catch (error) {
        if (!hasCode(error, LOST) || restarts >= 2) throw error;
        await this.#afterLoss();
      }
    }
  }

  /** Finds out whether the upload is gone because it is complete. Throws UploadFinished then. */
  async #afterLoss() {
    const saved = this.#checkpoint;
    if (saved) {
      // VOD learns from OSS that the object has arrived. That may take a moment.
      for (const wait of saved.completing ? [0, 1000, 2000, 4000] : [0]) {
        await sleep(wait, this.#ended.signal);
        await this.#renew();
      }
      this.#checkpoint = { ...this.#begun(saved.idempotencyKey), VideoId: saved.VideoId };
      await this.#save();
    }
    this.#meter.restart(0);
  }

  async #single() {
    await this.#completing();
    const type = this.#file.type || "application/octet-stream";
    await this.#request(
      { method: "PUT", headers: { "Content-Type": type }, body: this.#file },
      this.#meter.track(),
    );
  }

  /** @param {number} leastPartSize */
  async #multipart(leastPartSize) {
    const { size, type } = this.#file;
    const { address } = this.#held();
    const object = `${address.Bucket}/${address.FileName}`;
    let saved = this.#checkpoint;
    if (!saved?.uploadId || saved.object !== object) {
      const headers = { "Content-Type": type || "application/octet-stream" };
      const begun = await this.#request({ method: "POST", query: "uploads", headers });
      const uploadId = element(begun.text, "UploadId");
      if (!uploadId) throw unexpected(begun.status, "storage");
      const partSize = Math.max(leastPartSize, Math.ceil(size / MOST_PARTS));
      // Images and attached media are not saved, but count their parts in the same way.
      saved = { ...(saved ?? this.#begun()), object, uploadId, partSize, parts: {} };
      if (this.#checkpoint) this.#checkpoint = saved;
      await this.#save();
    }
    const { uploadId = "", partSize = leastPartSize, parts = {} } = saved;
    const count = Math.ceil(size / partSize);
    const lengthOf = (/** @type {number} */ number) =>
      Math.min(partSize, size - (number - 1) * partSize);
    /** @type {number[]} */
    const missing = [];
    let arrived = 0;
    for (let number = 1; number <= count; number++) {
      if (parts[number]) arrived += lengthOf(number);
      else missing.push(number);
    }
    this.#meter.restart(arrived);

    const failed = new AbortController(); // one part failed: the others stop
    const worker = async () => {
      for (let number; (number = missing.shift()) !== undefined; ) {
        const start = (number - 1) * partSize;
        const body = this.#file.slice(start, start + lengthOf(number));
        const query = `partNumber=${number}&uploadId=${uploadId}`;
        const headers = { "Content-Type": "application/octet-stream" };
        const part = { method: "PUT", query, headers, body };
        const answer = await this.#request(part, this.#meter.track(), failed.signal);
        const tag = answer.header("ETag");
        if (!tag) throw new VodpassError({ ...ETAG_NOT_EXPOSED, status: answer.status });
        parts[number] = tag;
        await this.#save();
      }
    };
    const workers = Array.from({ length: this.#options.parallel ?? 3 }, () =>
      worker().catch((error) => {
        failed.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(workers);
    failed.signal.throwIfAborted();

    await this.#completing();
    const listed = Object.entries(parts).map(
      ([number, tag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag></Part>`,
    );
    const xml = `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`;
    await this.#request({
      method: "POST",
      query: `uploadId=${uploadId}`,
      headers: { "Content-Type": "application/xml" },
      body: new Blob([xml]),
    });
  }

  /**
   * Sends one request to the storage. Refreshes the credential at 90 % of its life and when it has
   * expired, waits while paused, repeats after temporary faults.
   *
   * @param {StorageRequest} request
   * @param {(bytes: number) => void} [onSent]
   * @param {AbortSignal} [failed]
   * @returns {Promise<Answer>}
   */
  async #request(request, onSent = () => {}, failed) {
    let clockSet = false;
    for (let failures = 0; ; ) {
      while (this.#pausing) await this.#pausing;
      this.#ended.signal.throwIfAborted();
      failed?.throwIfAborted();
      await this.#refreshInTime();
      const used = this.#held();
      const running = this.#running.signal;
      const signals = failed ? [running, failed] : [running];
      try {
        const signed = await signRequest(used, request, this.#tools.clock);
        const answer = await sendToStorage({ ...request, ...signed, signals, onSent });
        if (answer.status >= 300) throw storageError(answer);
        this.#fruitless = 0;
        onSent(request.body?.size ?? 0);
        return answer;
      } catch (error) {
        onSent(0);
        this.#ended.signal.throwIfAborted();
        failed?.throwIfAborted();
        if (running.aborted) continue; // paused
        if (hasCode(error, EXPIRED) && this.#checkpoint) {
          await this.#replace(used, error);
        } else if (hasCode(error, ["RequestTimeTooSkewed"]) && !clockSet) {
          clockSet = true; // storageError has read the server's time
          this.#tools.clock.set(/** @type {any} */ (error).serverTime);
        } else if (isRepeated(error) && failures < (this.#options.retries ?? 5)) {
          await sleep(delay(error, failures++), this.#ended.signal);
        } else {
          throw error;
        }
      }
    }
  }

  /** Refreshes a credential that is near its end. */
  async #refreshInTime() {
    const used = this.#held();
    if (!this.#checkpoint || performance.now() < used.refreshAt) return;
    try {
      await this.#renew();
    } catch (error) {
      // The present credential still works for a while.
      if (!isRetriable(error) || performance.now() > used.expiresAt) throw error;
    }
  }

  /**
   * A new credential in place of `used`, which OSS refused.
   * @param {Credential} used
   * @param {unknown} refusal
   */
  async #replace(used, refusal) {
    if (this.#credential !== used) return; // another part's request has replaced it
    if (!this.#refreshing && ++this.#fruitless > MAX_FRUITLESS) throw notAccepted(refusal);
    await this.#renew();
  }

  /** A new credential for the same object. Calls at the same time share one request. */
  #renew() {
    this.#refreshing ??= this.#issue("refresh", { body: { VideoId: this.#videoId } })
      .then(() => {})
      .finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /**
   * Asks vodpass for a credential and keeps it.
   * @param {"upload" | "refresh"} name
   * @param {object} request
   */
  async #issue(name, request) {
    while (this.#pausing) await this.#pausing;
    this.#ended.signal.throwIfAborted();
    const asked = performance.now();
    const issued = await this.#tools.call(name, { ...request, signal: this.#ended.signal });
    const life = issued.ExpiresIn * 1000;
    this.#credential = {
      auth: decode(issued.UploadAuth),
      address: decode(issued.UploadAddress),
      refreshAt: asked + life * SHARE_OF_LIFE,
      expiresAt: asked + life,
    };
    return issued;
  }

  /** @returns {Credential} */
  #held() {
    if (!this.#credential) throw new Error("there is no credential yet");
    return this.#credential;
  }

  /** @param {string} [idempotencyKey] @returns {Checkpoint} */
  #begun(idempotencyKey = this.#options.idempotencyKey ?? crypto.randomUUID()) {
    return { version: 1, file: identity(this.#file), idempotencyKey };
  }

  async #save() {
    if (this.#checkpoint) await this.#tools.checkpoints.save(this.#file, this.#checkpoint);
  }

  async #completing() {
    if (!this.#checkpoint) return;
    this.#checkpoint.completing = true;
    await this.#save();
  }

  /** After a cancellation. What it cannot delete, OSS and VOD clean up by their own rules. */
  async #discard() {
    await this.#tools.checkpoints.remove(this.#file);
    const uploadId = this.#checkpoint?.uploadId;
    if (!uploadId || !this.#credential) return;
    const request = { method: "DELETE", query: `uploadId=${uploadId}`, headers: {} };
    try {
      const signed = await signRequest(this.#credential, request, this.#tools.clock);
      await sendToStorage({ ...request, ...signed, signals: [] });
    } catch {
      // The parts stay until they are cleaned up.
    }
  }

  /** @param {UploadState} state */
  #enter(state) {
    if (this.#state === state || (this.#state === "cancelled" && state !== "cancelled")) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #progress() {
    if (this.#state !== "uploading") return;
    const left = (this.#credential?.expiresAt ?? 0) - performance.now();
    this.#options.onProgress?.({
      ...this.#meter.read(),
      credentialSecondsLeft: Math.max(0, Math.floor(left / 1000)),
      VideoId: this.#videoId,
    });
  }
}

/** Counts the bytes that have been sent, and their speed. @internal */
class Meter {
  #total;
  #changed;
  #base = 0;
  /** @type {Map<object, number>} */
  #tracks = new Map();
  /** @type {{ at: number, loaded: number }[]} */
  #samples = [];

  /** @param {number} total @param {() => void} changed */
  constructor(total, changed) {
    this.#total = total;
    this.#changed = changed;
  }

  get #loaded() {
    let sum = this.#base;
    for (const bytes of this.#tracks.values()) sum += bytes;
    return Math.min(sum, this.#total);
  }

  /** Starts the speed anew; with `base`, also the count. @param {number} [base] */
  restart(base) {
    if (base !== undefined) {
      this.#base = base;
      this.#tracks.clear();
    }
    this.#samples = [];
    this.#sample();
  }

  /** @returns {(bytes: number) => void} Takes the bytes of one request. */
  track() {
    const track = {};
    return (bytes) => {
      this.#tracks.set(track, bytes);
      this.#sample();
    };
  }

  finish() {
    this.restart(this.#total);
  }

  #sample() {
    const at = performance.now();
    this.#samples.push({ at, loaded: this.#loaded });
    while (this.#samples.length > 2 && this.#samples[0].at < at - SPEED_WINDOW) {
      this.#samples.shift();
    }
    this.#changed();
  }

  read() {
    const loaded = this.#loaded;
    const [first] = this.#samples;
    const seconds = first ? (performance.now() - first.at) / 1000 : 0;
    const moved = first ? loaded - first.loaded : 0;
    const bytesPerSecond = seconds > 0 && moved > 0 ? moved / seconds : undefined;
    const secondsLeft =
      bytesPerSecond === undefined ? undefined : (this.#total - loaded) / bytesPerSecond;
    return { loaded, total: this.#total, bytesPerSecond, secondsLeft };
  }
}

/** Checkpoints in a storage. A storage that fails is treated as an empty one. @internal */
class Checkpoints {
  #storage;
  #prefix;

  /** @param {CheckpointStorage | null} storage @param {string} url */
  constructor(storage, url) {
    this.#storage = storage;
    this.#prefix = `vodpass ${url} `;
  }

  /** @param {{ name?: string, size: number, lastModified?: number }} file */
  #key(file) {
    const { name, size, lastModified } = identity(file);
    return `${this.#prefix}${JSON.stringify([name, size, lastModified])}`;
  }

  /**
   * @param {File | Blob} file
   * @returns {Promise<Checkpoint | undefined>}
   */
  async load(file) {
    try {
      return parsed(await this.#storage?.getItem(this.#key(file)));
    } catch {
      return undefined;
    }
  }

  /** @param {File | Blob} file @param {Checkpoint} checkpoint */
  async save(file, checkpoint) {
    try {
      await this.#storage?.setItem(this.#key(file), JSON.stringify(checkpoint));
    } catch {
      // It is full or forbidden: the upload works, but cannot continue after a reload.
    }
  }

  /** @param {{ name?: string, size: number, lastModified?: number }} file */
  async remove(file) {
    try {
      await this.#storage?.removeItem(this.#key(file));
    } catch {
      // As in save.
    }
  }

  /** @returns {Promise<Checkpoint[]>} */
  async all() {
    const storage = /** @type {Partial<Storage> | null} */ (/** @type {unknown} */ (this.#storage));
    if (!storage?.key || storage.length === undefined) return [];
    const found = [];
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index);
      if (!key?.startsWith(this.#prefix)) continue;
      const checkpoint = parsed(storage.getItem?.(key));
      if (checkpoint) found.push(checkpoint);
    }
    return found;
  }
}

/** The server's time. The device's clock may be wrong, and OSS allows 15 minutes. @internal */
class ServerClock {
  #offset = 0; // ms to add to the device's clock

  /** @param {{ ExpireUTCTime?: string, ExpiresIn?: number }} issued An answer of a function. */
  learn({ ExpireUTCTime = "", ExpiresIn = 0 }) {
    this.set(Date.parse(ExpireUTCTime) - ExpiresIn * 1000);
  }

  /** @param {number} now The server's time, in ms since 1970. */
  set(now) {
    if (Number.isFinite(now)) this.#offset = now - Date.now();
  }

  now() {
    return new Date(Date.now() + this.#offset);
  }
}

const ETAG_NOT_EXPOSED = /** @type {const} */ ({
  Code: "ETagNotExposed",
  detail: "The CORS rule of the bucket must expose ETag.",
  source: "storage",
});

/** @param {unknown} [cause] */
function notAccepted(cause) {
  const detail = "The storage refused three new credentials.";
  return new VodpassError({ Code: "CredentialNotAccepted", detail, source: "storage" }, { cause });
}

function notAHeader() {
  const detail = "The token must be printable ASCII without blanks.";
  return new VodpassError({ Code: "ClientError", detail, source: "client" });
}

/** @param {number} status @param {"vodpass" | "storage"} source */
function unexpected(status, source) {
  const detail = `The answer with status ${status} has an unexpected form.`;
  const retriable = status < 400 || status === 429 || status >= 500;
  return new VodpassError({ Code: "UnexpectedAnswer", status, detail, retriable, source });
}

/** @param {unknown} error @returns {VodpassError} */
function asVodpassError(error) {
  if (error instanceof VodpassError) return error;
  const detail = error instanceof Error ? error.message : undefined;
  return new VodpassError({ Code: "ClientError", detail, source: "client" }, { cause: error });
}

/** @param {unknown} error @param {readonly string[]} codes */
function hasCode(error, codes) {
  return error instanceof VodpassError && codes.includes(error.Code);
}

/** @param {unknown} error */
function isRetriable(error) {
  return error instanceof VodpassError && error.retriable;
}

/** @param {unknown} error */
function isRepeated(error) {
  return isRetriable(error) && (/** @type {VodpassError} */ (error).retryAfter ?? 0) <= LONGEST_PAUSE;
}

/**
 * How long to wait before a repeat: as the server says, or 0.5 s, 1 s, 2 s, … up to 30 s.
 * @param {unknown} error
 * @param {number} failures
 */
function delay(error, failures) {
  const asked = error instanceof VodpassError ? error.retryAfter : undefined;
  if (asked !== undefined) return asked * 1000;
  return Math.min(500 * 2 ** failures, 30_000) * (0.75 + Math.random() / 2);
}

/**
 * The content of a function's answer. Throws VodpassError for a refusal: problem+json of vodpass,
 * or another form of Function Compute.
 * @param {Answer} answer
 * @returns {any}
 */
function read({ status, text, header }) {
  /** @type {any} */
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw unexpected(status, "vodpass");
  }
  if (status < 300 && content && typeof content === "object") return content;
  if (typeof content?.Code !== "string") throw unexpected(status, "vodpass");
  const seconds = Number.parseInt(header("Retry-After") ?? "", 10);
  const ours = content.status === status;
  throw new VodpassError({
    Code: content.Code,
    status,
    detail: ours ? content.detail : undefined,
    RequestId: content.RequestId ?? header("x-fc-request-id") ?? undefined,
    retryAfter: Number.isNaN(seconds) ? undefined : seconds,
    errors: content.errors,
    Status: content.Status,
    // 500 of vodpass is Misconfigured: only the operator can fix it.
    retriable: status === 429 || status > 500 || (status === 500 && !ours),
    source: "vodpass",
  });
}

/** The refusal in an answer of OSS. @param {Answer} answer */
function storageError({ status, text }) {
  const error = new VodpassError({
    Code: element(text, "Code") ?? "UnexpectedAnswer",
    status,
    detail: `The storage answered with status ${status}.`,
    RequestId: element(text, "RequestId"),
    retriable: status === 429 || status >= 500 || text.includes("<Code>RequestTimeout</Code>"),
    source: "storage",
  });
  const serverTime = Date.parse(element(text, "ServerTime") ?? "");
  return Object.defineProperty(error, "serverTime", { value: serverTime });
}

/** @param {string} xml @param {string} name */
function element(xml, name) {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** UploadAddress and UploadAuth are base64 of JSON in UTF-8. @param {string} text */
function decode(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * URL and headers of a request to OSS, with signature version 1.
 * @param {Credential} credential
 * @param {StorageRequest} request
 * @param {ServerClock} clock
 */
async function signRequest({ auth, address }, { method, query, headers }, clock) {
  const { Bucket: bucket, FileName: key } = address;
  const date = clock.now().toUTCString(); // in x-oss-date, because a browser cannot set Date
  const resource = `/${bucket}/${key}${query ? `?${query}` : ""}`;
  const text =
    `${method}\n\n${headers["Content-Type"] ?? ""}\n${date}\n` +
    `x-oss-date:${date}\nx-oss-security-token:${auth.SecurityToken}\n${resource}`;
  const signature = await hmac(auth.AccessKeySecret, text);
  return {
    url: objectUrl(address) + (query ? `?${query}` : ""),
    headers: {
      ...headers,
      Authorization: `OSS ${auth.AccessKeyId}:${signature}`,
      "x-oss-date": date,
      "x-oss-security-token": auth.SecurityToken,
    },
  };
}

/** @param {{ Endpoint: string, Bucket: string, FileName: string }} address */
function objectUrl({ Endpoint: endpoint, Bucket: bucket, FileName: key }) {
  const url = new URL(/^https?:/.test(endpoint) ? endpoint : `https://${endpoint}`);
  const path = key.split("/").map(encodeURIComponent).join("/");
  // A named host takes the bucket in front. An IP address cannot: there it is in the path.
  const isAddress = /^[\d.]+$|^\[/.test(url.hostname);
  if (!isAddress) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = isAddress ? `/${bucket}/${path}` : `/${path}`;
  return url.href;
}

/** base64 of HMAC-SHA1. @param {string} secret @param {string} text */
async function hmac(secret, text) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    const detail = "WebCrypto is missing: serve the page by https or from localhost.";
    throw new VodpassError({ Code: "InsecureContext", detail, source: "client" });
  }
  const bytes = (/** @type {string} */ value) => new TextEncoder().encode(value);
  const algorithm = { name: "HMAC", hash: "SHA-1" };
  const key = await subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  return btoa(String.fromCharCode(...new Uint8Array(await subtle.sign("HMAC", key, bytes(text)))));
}

/**
 * @typedef {object} Sent
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob | string} [body]
 * @property {AbortSignal[]} signals Each of them ends the request; it rejects with the reason.
 * @property {(bytes: number) => void} [onSent]
 */

/** By XMLHttpRequest if there is one: only it reports progress. @param {Sent} sent */
function sendToStorage(sent) {
  return "XMLHttpRequest" in globalThis ? sendByXhr(sent) : sendByFetch(sent, globalThis.fetch);
}

/** @param {Sent} sent @param {typeof globalThis.fetch} fetch @returns {Promise<Answer>} */
async function sendByFetch({ method, url, headers, body, signals }, fetch) {
  const ended = new AbortController();
  const release = onAbort(signals, () => ended.abort());
  const timer = setTimeout(() => ended.abort(), body instanceof Blob ? 10 * STALLED : STALLED);
  try {
    // No redirects: one could carry the token to another host.
    /** @type {RequestInit} */
    const options = { method, headers, body, signal: ended.signal, redirect: "error" };
    const answer = await fetch(url, options);
    const text = await answer.text();
    return { status: answer.status, text, header: (name) => answer.headers.get(name) };
  } catch (cause) {
    for (const signal of signals) signal.throwIfAborted();
    throw networkError(method, cause);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** @param {Sent} sent @returns {Promise<Answer>} */
function sendByXhr({ method, url, headers, body, signals, onSent }) {
  return new Promise((resolve, reject) => {
    const already = signals.find((signal) => signal.aborted); // while the request was signed
    if (already) return reject(already.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      alive();
      onSent?.(event.loaded);
    };
    request.onprogress = alive;
    request.onloadend = () => {
      clearTimeout(timer);
      release();
      const ended = signals.find((signal) => signal.aborted);
      if (ended) return reject(ended.reason);
      if (request.status === 0) return reject(networkError(method));
      const header = (/** @type {string} */ name) => request.getResponseHeader(name);
      resolve({ status: request.status, text: request.responseText, header });
    };
    const release = onAbort(signals, abort);
    alive();
    request.send(body);
  });
}

/** @param {string} method @param {unknown} [cause] */
function networkError(method, cause) {
  const Code = "NetworkError";
  const detail = `${method}: no answer, or one without CORS headers.`;
  return new VodpassError({ Code, detail, retriable: true, source: "client" }, { cause });
}

/**
 * Calls `act` when one of the signals aborts, at once if one has. Returns how to stop that.
 * @param {AbortSignal[]} signals
 * @param {() => void} act
 */
function onAbort(signals, act) {
  for (const signal of signals) signal.addEventListener("abort", act);
  if (signals.some((signal) => signal.aborted)) act();
  return () => {
    for (const signal of signals) signal.removeEventListener("abort", act);
  };
}

/**
 * Rejects with the signal's reason when it aborts.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/**
 * The body of `/upload`.
 * @param {File | Blob} file
 * @param {MediaFields} fields
 * @returns {Record<string, unknown>}
 */
function described(file, fields) {
  const FileName = fields.FileName ?? ("name" in file ? file.name : undefined);
  const extension = /\.([^./\\]+)$/.exec(FileName ?? "")?.[1].toLowerCase();
  /** @type {Record<string, unknown>} */
  const derived = { FileName, FileSize: file.size };
  if (fields.MediaType === "image") derived.ImageType = "default";
  if (fields.MediaType === "image") derived.ImageExt = extension;
  if (fields.MediaType === "attached") derived.MediaExt = extension;
  return { ...derived, ...fields };
}

/** @param {Record<string, unknown>} body */
function isVideo({ MediaType = "video" }) {
  return MediaType === "video";
}

/** @param {{ name?: string, size: number, lastModified?: number }} file */
function identity({ name = "", size, lastModified = 0 }) {
  return { name, size, lastModified };
}

/** @param {string | null | undefined} text @returns {Checkpoint | undefined} */
function parsed(text) {
  try {
    const value = JSON.parse(text ?? "null");
    return value?.version === 1 && typeof value.idempotencyKey === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {CheckpointStorage | null} */
function defaultStorage() {
  try {
    // Not in Node, where the mere name may print a warning.
    return typeof document === "undefined" ? null : globalThis.localStorage;
  } catch {
    return null; // the browser forbids it
  }
}

/**
 * The official SDK keeps its checkpoints in localStorage, under a key of the file's properties.
 * @param {OfficialFile} info
 */
function forgetOfficialCheckpoint(info) {
  const { lastModified, name, size } = info.file;
  globalThis.localStorage?.removeItem(`upload_${lastModified}_${name}_${size}`);
  info.checkpoint = undefined;
  info.videoId = "";
}
