// A component of Serverless Devs for tests: it makes two calls, and writes down what it saw.
"use strict";

const fs = require("fs");
const path = require("path");

async function seen(command, inputs) {
  const known = await fetch("https://fcv3.cn-shanghai.aliyuncs.com/2023-03-30/functions");
  const unknown = await fetch("https://unknown.example.com/path?token=secret").then(
    () => "answered",
    (error) => error.cause.code,
  );
  const found = {
    command,
    known: { status: known.status, code: (await known.json()).Code },
    unknown,
    credentials: await inputs.getCredential(),
    props: inputs.props,
    environment: process.env,
  };
  fs.writeFileSync(path.join(path.dirname(inputs.yaml.path), "seen.json"), JSON.stringify(found));
}

module.exports.default = class {
  async deploy(inputs) {
    await seen("deploy", inputs);
  }

  async remove(inputs) {
    await seen("remove", inputs);
  }
};
