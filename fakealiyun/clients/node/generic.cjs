// @alicloud/openapi-client: VOD by generic calls, because npm has no VOD client of the newest kind.
const { default: Client, Config, OpenApiRequest, Params } = require("@alicloud/openapi-client");
const { default: OpenApiUtil } = require("@alicloud/openapi-util");
const { RuntimeOptions } = require("@alicloud/tea-util");
const { endpoint, key, tell, run } = require("./common.cjs");

run(async () => {
  const client = new Client(new Config({ ...key, endpoint, protocol: "http" }));
  const ask = async (action, fields) => {
    const params = new Params({
      action,
      version: "2017-03-21",
      protocol: "HTTP",
      method: "POST",
      authType: "AK",
      style: "RPC",
      pathname: "/",
      reqBodyType: "formData",
      bodyType: "json",
    });
    const request = new OpenApiRequest({ query: OpenApiUtil.query(fields) });
    return (await client.callApi(params, request, new RuntimeOptions({}))).body;
  };
  const { VideoId } = await ask("CreateUploadVideo", { Title: "generic", FileName: "film.mp4" });
  const { Video } = await ask("GetVideoInfo", { VideoId });
  const refused = await ask("GetVideoPlayAuth", { VideoId }).catch((error) => error.code);
  await ask("DeleteVideo", { VideoIds: VideoId });
  tell({ status: Video.Status, refused });
});
