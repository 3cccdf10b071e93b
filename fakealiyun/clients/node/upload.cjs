// @alicloud/pop-core and ali-oss: a server creates an upload, the credential's holder sends the file.
const OSS = require("ali-oss");
const RPCClient = require("@alicloud/pop-core");
const { url, key, role, film, PART, tell, run } = require("./common.cjs");

const method = process.env.METHOD;
const decode = (text) => JSON.parse(Buffer.from(text, "base64").toString());

run(async () => {
  const vod = new RPCClient({ ...key, endpoint: url, apiVersion: "2017-03-21" });
  const ask = (action, fields) => vod.request(action, fields, { method });
  const title = "电影 *~'()! a+b";
  const created = await ask("CreateUploadVideo", { Title: title, FileName: "film.mp4" });
  const VideoId = created.VideoId;
  const address = decode(created.UploadAddress);
  const auth = decode((await ask("RefreshUploadVideo", { VideoId })).UploadAuth);
  const client = new OSS({
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    stsToken: auth.SecurityToken,
    refreshSTSToken: async () => decode((await ask("RefreshUploadVideo", { VideoId })).UploadAuth),
    region: `oss-${auth.Region}`,
    endpoint: address.Endpoint,
    bucket: address.Bucket,
  });
  await client.multipartUpload(address.FileName, film, { partSize: PART });
  const { Video } = await ask("GetVideoInfo", { VideoId });
  const { PlayAuth } = await ask("GetVideoPlayAuth", { VideoId });
  const { PlayInfoList } = await ask("GetPlayInfo", { VideoId });
  const file = await (await fetch(PlayInfoList.PlayInfo[0].PlayURL)).arrayBuffer();
  await ask("DeleteVideo", { VideoIds: VideoId });
  const absent = await ask("GetVideoInfo", { VideoId }).catch((error) => error.code);

  const sts = new RPCClient({ ...key, endpoint: url, apiVersion: "2015-04-01" });
  const { Credentials } = await sts.request("AssumeRole", {
    RoleArn: role,
    RoleSessionName: "pop-core",
  });
  const session = new RPCClient({
    accessKeyId: Credentials.AccessKeyId,
    accessKeySecret: Credentials.AccessKeySecret,
    securityToken: Credentials.SecurityToken,
    endpoint: url,
    apiVersion: "2015-04-01",
  });
  const identity = await session.request("GetCallerIdentity", {}, { method });
  tell({
    title: Video.Title === title,
    status: Video.Status,
    playAuth: Object.keys(decode(PlayAuth)).length,
    size: file.byteLength,
    absent,
    identity: identity.IdentityType,
  });
});
