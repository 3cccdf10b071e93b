// The official uploader with vodpass. docs/clients/web.md shows everything below the dashed line.
// ---
function startUploader({ vodpass, token, told }) {
  const ask = async (path, body, more) => {
    const answer = await fetch(vodpass + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...more },
      body: JSON.stringify(body),
    });
    const content = await answer.json();
    if (answer.ok) return content;
    const { Code, detail, Message } = content;
    throw Object.assign(new Error(`${Code}: ${detail ?? Message}`), { Code });
  };
  const keys = new WeakMap(); // one Idempotency-Key for each file
  const create = ({ file }) => {
    if (!keys.has(file)) keys.set(file, crypto.randomUUID());
    const body = { FileName: file.name, FileSize: file.size };
    return ask("/upload", body, { "Idempotency-Key": keys.get(file) });
  };
  // After a reload the uploader remembers the video. That upload may no longer continue.
  const stale = ["UploadFinished", "UploadWindowClosed", "VideoNotFound"];
  const proceed = (info) =>
    ask("/refresh", { VideoId: info.videoId }).catch((error) => {
      if (!stale.includes(error.Code)) throw error;
      return create(info);
    });
  // Without a credential the uploader waits forever, so cancel. (stopUpload would throw here.)
  const giveUp = (info, reason) => {
    uploader.cancelFile(uploader.listFiles().indexOf(info));
    told("refused", reason);
  };
  let expiries = 0; // in a row, without progress in between

  const uploader = new AliyunUpload.Vod({
    userId: "1", // must not be empty; vodpass does not use it
    region: "cn-shanghai", // the region of VOD
    partSize: 1048576,
    parallel: 5,

    onUploadstarted: async (info) => {
      try {
        const issued = await (info.videoId ? proceed(info) : create(info));
        const { UploadAuth, UploadAddress, VideoId } = issued;
        uploader.setUploadAuthAndAddress(info, UploadAuth, UploadAddress, VideoId);
      } catch (error) {
        giveUp(info, error.message);
      }
    },

    onUploadTokenExpired: async (info) => {
      // The uploader reports a bad signature as an expiry too. A new credential does not fix that.
      if (++expiries > 3) return giveUp(info, "the credential is not accepted");
      try {
        const { UploadAuth } = await ask("/refresh", { VideoId: info.videoId });
        uploader.resumeUploadWithAuth(UploadAuth);
      } catch (error) {
        giveUp(info, error.message);
      }
    },

    onUploadProgress: (info, bytes, fraction) => {
      expiries = 0;
      told("progress", fraction);
    },
    onUploadSucceed: (info) => told("succeeded", info.videoId),
    onUploadFailed: (info, code, message) => told("failed", `${code}: ${message}`),
  });
  return uploader;
}
// ---
