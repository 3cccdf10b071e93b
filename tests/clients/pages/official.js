// The official uploader with the client's callbacks. docs/clients/web.md shows it.
// ---
import { Vodpass } from "vodpass";

export function officialUploader({ url, token, told }) {
  const vodpass = new Vodpass({ url, token: () => token });
  const uploader = new AliyunUpload.Vod({
    userId: "1", // must not be empty; vodpass does not use it
    region: "cn-shanghai", // the region of VOD
    partSize: 1048576,
    parallel: 5,
    ...vodpass.uploaderCallbacks(() => uploader, {
      onProgress: (file, fraction) => told("progress", fraction),
      onSucceed: (file, videoId) => told("succeeded", videoId),
      onFail: (file, error) => told("failed", error.Code),
    }),
  });
  return uploader;
}
// ---
