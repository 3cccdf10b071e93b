// @alicloud/sts-sdk, which knows HTTPS alone, and @alicloud/sts20150401.
// sts-sdk does not escape `*` as its signature needs it. So its policy has none.
const StsClient = require("@alicloud/sts-sdk");
const newer = require("@alicloud/sts20150401");
const { Config } = require("@alicloud/openapi-client");
const { endpoint, key, role, tell, run } = require("./common.cjs");

const statement = { Effect: "Allow", Action: "vod:GetVideoInfo", Resource: "acs:vod:::x" };
const policy = (action) =>
  JSON.stringify({ Version: "1", Statement: [{ ...statement, ...action }] });

run(async () => {
  const sts = new StsClient({ ...key, endpoint: process.env.TLS_ENDPOINT });
  const one = await sts.assumeRole(role, "sts-sdk", policy({}), 900);
  const who = await sts.getCallerIdentity();
  const absent = await sts.assumeRole(`${role}-none`, "sts-sdk");

  const client = new newer.default(new Config({ ...key, endpoint, protocol: "http" }));
  const request = new newer.AssumeRoleRequest({
    roleArn: role,
    roleSessionName: "sts20150401",
    durationSeconds: 900,
    policy: policy({ Action: "vod:*", Resource: "*" }),
  });
  const two = (await client.assumeRole(request)).body;
  const identity = (await client.getCallerIdentity()).body;
  tell({
    keys: [one.Credentials.AccessKeyId, two.credentials.accessKeyId],
    who: [who.IdentityType, identity.identityType],
    absent: absent.Code,
  });
});
