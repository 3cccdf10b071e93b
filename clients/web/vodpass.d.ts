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
    constructor(members: ErrorMembers, options?: ErrorOptions);
    /** Read this, not `message`. */
    Code: string;
    /** The HTTP status; 0 if there was no answer. */
    status: number;
    /** For the operator's log. @type {string | undefined} */
    RequestId: string | undefined;
    /** Seconds after which to ask again. @type {number | undefined} */
    retryAfter: number | undefined;
    /** Fields that are wrong. @type {FieldError[]} */
    errors: FieldError[];
    /** The video's status, with `VideoNotReady`. @type {string | undefined} */
    Status: string | undefined;
    /** Whether the same request may succeed later. */
    retriable: boolean;
    /** Who refused. */
    source: "client" | "storage" | "vodpass";
}
/** Uploads and plays for one user. */
export class Vodpass {
    /** @param {VodpassOptions} options */
    constructor({ url, token, storage, fetch }: VodpassOptions);
    /**
     * Starts to upload a file. If the storage has a checkpoint of the same file (by name, size and
     * `lastModified`), the upload continues there.
     *
     * @param {File | Blob} file A Blob needs `fields.FileName`.
     * @param {UploadOptions} [options]
     * @returns {Upload} Await its `done`.
     */
    upload(file: File | Blob, options?: UploadOptions): Upload;
    /**
     * Gets a PlayAuth. While VOD processes the video, it asks again by `Retry-After`.
     *
     * @param {string} videoId
     * @param {PlayOptions} [options]
     * @returns {Promise<PlayResult>} Rejects with VodpassError, or with the signal's reason.
     */
    play(videoId: string, { AuthInfoTimeout, longestWait, onWait, signal }?: PlayOptions): Promise<PlayResult>;
    /**
     * The unfinished uploads in the storage. Empty if the storage cannot be listed.
     * @returns {Promise<PendingUpload[]>}
     */
    pending(): Promise<PendingUpload[]>;
    /**
     * Forgets the checkpoint of a file, so that the next upload of it begins anew.
     * @param {{ name: string, size: number, lastModified: number }} file
     */
    forget(file: {
        name: string;
        size: number;
        lastModified: number;
    }): Promise<void>;
    /**
     * Callbacks for the official web upload SDK: spread them into the options of
     * `new AliyunUpload.Vod(…)`.
     *
     * @param {() => OfficialUploader} uploader Returns the uploader that they belong to.
     * @param {UploaderCallbacksOptions} [options]
     * @returns {UploaderCallbacks}
     */
    uploaderCallbacks(uploader: () => OfficialUploader, { fields, onProgress, onSucceed, onFail }?: UploaderCallbacksOptions): UploaderCallbacks;
    #private;
}
/** One upload. Made by `Vodpass.upload`, and running at once. */
export class Upload {
    /**
     * @internal
     * @param {File | Blob} file
     * @param {UploadOptions} options
     * @param {Tools} tools
     */
    constructor(file: File | Blob, options: UploadOptions, tools: Tools);
    /**
     * Resolves when the storage has the file. Rejects with VodpassError, or, after a cancellation,
     * with its reason (by default a DOMException named `AbortError`).
     * @type {Promise<UploadResult>}
     */
    done: Promise<UploadResult>;
    /** @returns {UploadState} */
    get state(): UploadState;
    /** The video's id, once it is known. @returns {string | undefined} */
    get VideoId(): string | undefined;
    /** Stops sending. Finished parts stay. Does nothing if the upload is not running. */
    pause(): void;
    /** Continues after a pause. */
    resume(): void;
    /**
     * Ends the upload, removes its checkpoint, and deletes the parts that have arrived.
     * @param {unknown} [reason] What `done` rejects with.
     */
    cancel(reason?: unknown): void;
    #private;
}
export type Sent = {
    method: string;
    url: string;
    headers: Record<string, string>;
    body?: string | Blob | undefined;
    /**
     * Each of them ends the request; it rejects with the reason.
     */
    signals: AbortSignal[];
    onSent?: ((bytes: number) => void) | undefined;
};
export type FunctionUrls = {
    upload: string;
    refresh: string;
    play: string;
};
export type VodpassOptions = {
    /**
     * The base URL of the functions, or the URL of each one.
     */
    url: string | FunctionUrls;
    /**
     * Returns the user's token.
     * `renew` is true after a 401: then return a new token, not a stored one.
     */
    token: (why: {
        renew: boolean;
    }) => string | Promise<string>;
    /**
     * Keeps checkpoints, so that an upload continues
     * after a reload. Default: `localStorage`, if there is one. `null` keeps nothing.
     */
    storage?: CheckpointStorage | null | undefined;
    /**
     * Sends the calls to the functions.
     */
    fetch?: typeof fetch | undefined;
};
/**
 * Where checkpoints are kept: a part of the interface of `localStorage`. The methods may return
 * promises.
 */
export type CheckpointStorage = {
    getItem: (key: string) => string | null | Promise<string | null>;
    setItem: (key: string, value: string) => void | Promise<void>;
    removeItem: (key: string) => void | Promise<void>;
};
/**
 * Fields of `POST /upload` besides `FileName` and `FileSize`, which come from the file.
 */
export type MediaFields = {
    /**
     * Default: `video`.
     */
    MediaType?: "video" | "image" | "attached" | undefined;
    /**
     * Default: the file's name.
     */
    FileName?: string | undefined;
    Title?: string | undefined;
    Description?: string | undefined;
    Tags?: string | string[] | undefined;
    /**
     * For a video.
     */
    CoverURL?: string | undefined;
    /**
     * For an image. Default: `default`.
     */
    ImageType?: "default" | "cover" | undefined;
    /**
     * For an image. Default: the extension of the file's name.
     */
    ImageExt?: string | undefined;
    /**
     * For attached media; required.
     */
    BusinessType?: "watermark" | "subtitle" | "material" | undefined;
    /**
     * For attached media. Default: the extension of the file's name.
     */
    MediaExt?: string | undefined;
};
export type UploadOptions = {
    fields?: MediaFields | undefined;
    onProgress?: ((progress: Progress) => void) | undefined;
    onState?: ((state: UploadState) => void) | undefined;
    /**
     * Cancels the upload.
     */
    signal?: AbortSignal | undefined;
    /**
     * For a video. Default: a new UUID, kept in the checkpoint.
     */
    idempotencyKey?: string | undefined;
    /**
     * Bytes of a part; at least 102400. Larger files go in parts. It
     * grows so that no file has more than 1000 parts. Default: 2 MiB.
     */
    partSize?: number | undefined;
    /**
     * Parts that are sent at the same time. Default: 3.
     */
    parallel?: number | undefined;
    /**
     * How often one request is repeated after a network error or a
     * temporary fault. Default: 5.
     */
    retries?: number | undefined;
};
export type UploadState = "uploading" | "paused" | "succeeded" | "failed" | "cancelled";
export type Progress = {
    /**
     * Bytes that have been sent.
     */
    loaded: number;
    /**
     * Bytes of the file.
     */
    total: number;
    /**
     * Speed of the last 5 seconds, once it is known.
     */
    bytesPerSecond: number | undefined;
    /**
     * Remaining time at that speed.
     */
    secondsLeft: number | undefined;
    /**
     * Remaining life of the credential.
     */
    credentialSecondsLeft: number;
    VideoId: string | undefined;
};
/**
 * The ids and URLs of an upload. A video has `VideoId`, an image `ImageId` and `ImageURL`, an
 * attached medium `MediaId` and `MediaURL`.
 */
export type UploadResult = {
    VideoId?: string | undefined;
    ImageId?: string | undefined;
    MediaId?: string | undefined;
    ImageURL?: string | undefined;
    MediaURL?: string | undefined;
    FileURL?: string | undefined;
    /**
     * Whether it continued an earlier upload.
     */
    resumed: boolean;
};
export type PlayOptions = {
    /**
     * Seconds that the PlayAuth lives; at least 100.
     */
    AuthInfoTimeout?: number | undefined;
    /**
     * Seconds to wait at most for the video to become playable.
     * Default: 3600. 0 asks once.
     */
    longestWait?: number | undefined;
    onWait?: ((wait: {
        seconds: number;
        Status: string | undefined;
    }) => void) | undefined;
    signal?: AbortSignal | undefined;
};
export type PlayResult = {
    PlayAuth: string;
    VideoMeta: Record<string, unknown>;
    /**
     * For the player's `playConfig`, if the deployment
     * names a domain for playback.
     */
    PlayConfig?: {
        PlayDomain: string;
    } | undefined;
    ExpireUTCTime: string;
    /**
     * Seconds from the answer.
     */
    ExpiresIn: number;
    RequestId: string;
};
/**
 * An upload that the storage knows and that has not finished.
 */
export type PendingUpload = {
    name: string;
    size: number;
    lastModified: number;
    VideoId: string | undefined;
    /**
     * Bytes in finished parts.
     */
    loaded: number;
};
export type ErrorMembers = {
    Code: string;
    status?: number | undefined;
    detail?: string | undefined;
    RequestId?: string | undefined;
    retryAfter?: number | undefined;
    errors?: FieldError[] | undefined;
    Status?: string | undefined;
    retriable?: boolean | undefined;
    source: "vodpass" | "storage" | "client";
};
export type FieldError = {
    pointer: string;
    reason: string;
};
/**
 * What `uploaderCallbacks` needs of the official upload SDK.
 */
export type OfficialUploader = {
    listFiles: () => OfficialFile[];
    cancelFile: (index: number) => unknown;
    setUploadAuthAndAddress: (info: any, auth: string, address: string, id: string) => unknown;
    resumeUploadWithAuth: (auth: string) => unknown;
};
export type OfficialFile = {
    file: File;
    videoId?: string | undefined;
    checkpoint?: unknown;
};
export type UploaderCallbacksOptions = {
    fields?: ((file: File) => MediaFields) | undefined;
    /**
     * `fraction` is 0 to 1.
     */
    onProgress?: ((file: File, fraction: number) => void) | undefined;
    onSucceed?: ((file: File, videoId: string) => void) | undefined;
    /**
     * Also for refusals.
     */
    onFail?: ((file: File, error: VodpassError) => void) | undefined;
};
export type UploaderCallbacks = {
    onUploadstarted: (info: OfficialFile) => Promise<void>;
    onUploadTokenExpired: (info: OfficialFile) => Promise<void>;
    onUploadProgress: (info: OfficialFile, bytes: number, fraction: number) => void;
    onUploadSucceed: (info: OfficialFile) => void;
    onUploadFailed: (info: OfficialFile, code: string, message: string) => void;
};
export type Checkpoint = {
    version: 1;
    file: {
        name: string;
        size: number;
        lastModified: number;
    };
    idempotencyKey: string;
    VideoId?: string | undefined;
    /**
     * Bucket and key of the multipart upload.
     */
    object?: string | undefined;
    uploadId?: string | undefined;
    partSize?: number | undefined;
    /**
     * Part number to ETag.
     */
    parts?: Record<number, string> | undefined;
    /**
     * Whether the last request of the upload has been sent.
     */
    completing?: boolean | undefined;
};
export type Credential = {
    auth: {
        AccessKeyId: string;
        AccessKeySecret: string;
        SecurityToken: string;
    };
    address: {
        Endpoint: string;
        Bucket: string;
        FileName: string;
    };
    /**
     * On the clock of `performance.now()`.
     */
    refreshAt: number;
    /**
     * The same.
     */
    expiresAt: number;
};
export type Answer = {
    status: number;
    text: string;
    header: (name: string) => string | null;
};
export type StorageRequest = {
    method: string;
    query?: string | undefined;
    headers: Record<string, string>;
    body?: Blob | undefined;
};
export type CallOptions = {
    method?: string | undefined;
    query?: URLSearchParams | undefined;
    body?: object | undefined;
    idempotencyKey?: string | undefined;
    signal?: AbortSignal | undefined;
};
/**
 * What an Upload needs of its client.
 */
export type Tools = {
    call: (name: "upload" | "refresh", request: CallOptions) => Promise<any>;
    checkpoints: Checkpoints;
    clock: ServerClock;
};
/** Checkpoints in a storage. A storage that fails is treated as an empty one. @internal */
declare class Checkpoints {
    /** @param {CheckpointStorage | null} storage @param {string} url */
    constructor(storage: CheckpointStorage | null, url: string);
    /**
     * @param {File | Blob} file
     * @returns {Promise<Checkpoint | undefined>}
     */
    load(file: File | Blob): Promise<Checkpoint | undefined>;
    /** @param {File | Blob} file @param {Checkpoint} checkpoint */
    save(file: File | Blob, checkpoint: Checkpoint): Promise<void>;
    /** @param {{ name?: string, size: number, lastModified?: number }} file */
    remove(file: {
        name?: string;
        size: number;
        lastModified?: number;
    }): Promise<void>;
    /** @returns {Promise<Checkpoint[]>} */
    all(): Promise<Checkpoint[]>;
    #private;
}
/** The server's time. The device's clock may be wrong, and OSS allows 15 minutes. @internal */
declare class ServerClock {
    /** @param {{ ExpireUTCTime?: string, ExpiresIn?: number }} issued An answer of a function. */
    learn({ ExpireUTCTime, ExpiresIn }: {
        ExpireUTCTime?: string;
        ExpiresIn?: number;
    }): void;
    /** @param {number} now The server's time, in ms since 1970. */
    set(now: number): void;
    now(): Date;
    #private;
}
export {};
