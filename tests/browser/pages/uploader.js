// The official uploader with vodpass behind it, as docs/clients.md shows it.

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

  const uploader = new AliyunUpload.Vod({
    userId: "1", // must not be empty; vodpass does not use it
    region: "cn-shanghai",
    partSize: 102400,
    parallel: 1,

    onUploadstarted: async (info) => {
      // After a reload the uploader remembers the video: then carry on, do not create another.
      const issued = info.videoId
        ? await ask("/refresh", { VideoId: info.videoId })
        : await ask("/upload", { FileName: info.file.name, FileSize: info.file.size });
      uploader.setUploadAuthAndAddress(
        info,
        issued.UploadAuth,
        issued.UploadAddress,
        issued.VideoId,
      );
    },

    onUploadTokenExpired: async (info) => {
      told("expired", info.videoId);
      const { UploadAuth } = await ask("/refresh", { VideoId: info.videoId });
      uploader.resumeUploadWithAuth(UploadAuth);
    },

    onUploadProgress: (info, total, fraction) => told("progress", fraction),
    onUploadSucceed: (info) => told("succeeded", info.videoId),
    onUploadFailed: (info, code, message) => told("failed", `${code}: ${message}`),
  });
  return uploader;
}
