// @alicloud/mns: a queue's life and its messages, one and many.
const MNSClient = require("@alicloud/mns");
const { url, key, account, tell, run } = require("./common.cjs");

run(async () => {
  const client = new MNSClient(account, { ...key, endpoint: url });
  const queue = "made-by-node";
  const codes = [];
  const code = (answer) => {
    codes.push(answer.code);
    return answer.body;
  };
  code(await client.createQueue(queue));
  code(await client.setQueueAttributes(queue, { VisibilityTimeout: 60 }));
  const { VisibilityTimeout } = code(await client.getQueueAttributes(queue));
  code(await client.sendMessage(queue, { MessageBody: "电影" }));
  const peeked = code(await client.peekMessage(queue));
  const one = code(await client.receiveMessage(queue, 1));
  const longer = code(await client.changeMessageVisibility(queue, one.ReceiptHandle, 60));
  code(await client.deleteMessage(queue, longer.ReceiptHandle));
  code(await client.batchSendMessage(queue, [{ MessageBody: "one" }, { MessageBody: "two" }]));
  const many = code(await client.batchReceiveMessage(queue, 16, 1));
  code(await client.batchDeleteMessage(queue, many.map((message) => message.ReceiptHandle)));
  const empty = await client.receiveMessage(queue, 0).catch((error) => error.name);
  code(await client.deleteQueue(queue));
  tell({
    codes,
    VisibilityTimeout,
    bodies: [peeked, one, ...many].map((message) => message.MessageBody),
    empty,
  });
});
