// ali-oss: a bucket's life, objects, parts, copies, signed URLs, lists, a form, an STS token.
// FORM says which endpoint it gets: an IP address, or localhost with the bucket in the path.
const { createReadStream, readFileSync, writeFileSync } = require("node:fs");
const OSS = require("ali-oss");
const { url, key, role, film, PART, tell, run } = require("./common.cjs");

const forms = {
  address: { endpoint: url },
  path: { endpoint: url.replace("127.0.0.1", "localhost"), sldEnable: true },
};
const bucket = "made-by-ali-oss";
const settings = {
  ...key,
  bucket,
  region: "oss-cn-shanghai",
  authorizationV4: process.env.SIGNATURE === "v4",
  ...forms[process.env.FORM],
};
const name = "目录/a b+c.mp4";

run(async () => {
  const client = new OSS(settings);
  await client.putBucket(bucket);
  const location = (await client.getBucketLocation(bucket)).location;
  await client.put(name, Buffer.from("content"), { meta: { a: "1" } });
  const read = (await client.get(name)).content.toString();
  const head = await client.head(name);
  await client.putStream("stream", createReadStream(film));
  let told = 0;
  await client.multipartUpload("film", film, {
    partSize: PART,
    parallel: 2,
    progress: (fraction) => (told = fraction),
  });
  const got = await client.get("film");
  writeFileSync(`${film}.copy`, got.content);
  await client.copy("film-2", "film");
  const source = { sourceKey: "film", sourceBucketName: bucket };
  await client.multipartUploadCopy("film-3", source, { partSize: PART });
  const signed = await (await fetch(await client.signatureUrlV4("GET", 60, {}, name))).text();
  await client.putObjectTagging("film", { k: "v" });
  const tags = (await client.getObjectTagging("film")).tag;
  await client.putBucketCORS(bucket, [{ allowedOrigin: "*", allowedMethod: "PUT" }]);
  const rules = (await client.getBucketCORS(bucket)).rules.length;
  const keys = (await client.listV2({ "max-keys": 100 })).objects.map((found) => found.name);
  const stat = (await client.getBucketStat(bucket)).stat.ObjectCount;
  const absent = await client.get("none").catch((error) => [error.status, error.code]);
  await client.deleteMulti(keys);
  await client.deleteBucket(bucket);

  const sts = new OSS.STS({ ...key, endpoint: url });
  const { credentials } = await sts.assumeRole(role, "", 900, "ali-oss");
  const session = new OSS({
    ...settings,
    bucket: process.env.BUCKET,
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
    refreshSTSToken: async () => credentials,
  });
  await session.put("by-session", Buffer.from("content"));

  tell({
    location,
    read,
    head: [head.status, head.meta],
    told,
    same: readFileSync(`${film}.copy`).equals(readFileSync(film)),
    signed,
    tags,
    rules,
    keys,
    stat,
    absent,
  });
});
