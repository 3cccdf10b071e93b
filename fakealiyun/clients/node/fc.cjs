// @alicloud/fc20230330: a function and its HTTP trigger, from creation to deletion.
const fc = require("@alicloud/fc20230330");
const { Config } = require("@alicloud/openapi-client");
const { endpoint, key, tell, run } = require("./common.cjs");

const name = "made-by-node";

run(async () => {
  const client = new fc.default(new Config({ ...key, endpoint, protocol: "http" }));
  const code = new fc.InputCodeLocation({ zipFile: process.env.ZIP });
  const body = new fc.CreateFunctionInput({
    functionName: name,
    runtime: "python3.10",
    handler: "index.handler",
    code,
  });
  const created = (await client.createFunction(new fc.CreateFunctionRequest({ body }))).body;
  const trigger = new fc.CreateTriggerInput({
    triggerName: "http",
    triggerType: "http",
    triggerConfig: JSON.stringify({ authType: "anonymous", methods: ["GET"] }),
  });
  await client.createTrigger(name, new fc.CreateTriggerRequest({ body: trigger }));
  const listed = (await client.listFunctions(new fc.ListFunctionsRequest({}))).body.functions;
  const triggers = (await client.listTriggers(name, new fc.ListTriggersRequest({}))).body.triggers;
  await client.deleteTrigger(name, "http");
  await client.deleteFunction(name);
  const absent = await client
    .getFunction(name, new fc.GetFunctionRequest({}))
    .catch((error) => error.code);
  tell({
    handler: created.handler,
    listed: listed.map((one) => one.functionName),
    triggers: triggers.map((one) => one.triggerName),
    absent,
  });
});
