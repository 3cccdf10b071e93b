// The official uploader with vodpass. docs/clients.md shows everything below the dashed line.
// ---
function startUploader({ vodpass, token, told }) {
  const ask = async (path, body) => {
    const answer = await fetch(vodpass + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const content = await answer.json();
    if (!answer.ok) throw new Error(`${content.Code}: ${content.detail ?? content.Message}`);
    return content;
  };
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
        // After a reload the uploader remembers the video: continue that upload.
        const issued = info.videoId
          ? await ask("/refresh", { VideoId: info.videoId })
          : await ask("/upload", { FileName: info.file.name, FileSize: info.file.size });
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
