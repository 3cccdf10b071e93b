"""What is not certain about the real service, as `docs/coverage.md` tells it."""

from __future__ import annotations

DOUBTS = (
    "Order of the checks: Authorization, version, date, AccessKey, signature, token, host,"
    " Content-MD5, operation, permission, queue, body; of messages sent, the form of the body comes"
    " with the operation. The live order is not documented.",
    "No page has the codes for a bad token: InvalidSecurityToken and SecurityTokenExpired (403),"
    " and InvalidAccessKeyId where there is none. MissingVersionHeader and InvalidVersionHeader"
    " come from the official Go client.",
    "Another account's or region's host: AccessDenied, as for a missing permission; the page about"
    " that code names both causes.",
    "The status of TimeExpired is 408 by the table of errors, 400 by the page on signing: 408.",
    "The newer signature (HMAC-SHA256, for one region) is refused: InvalidAuthorizationHeader.",
    "A queue's name has 1 to 120 characters, by the page of CreateQueue; the table of errors says"
    " 256, and that it begins with a letter: a digit is taken too, as by the page.",
    "MessageRetentionPeriod counts from the sending, as documented, also for a delayed message: one"
    " whose delay is as long as that is deleted before anybody can receive it.",
    "DelaySeconds 0 in a message takes the queue's delay: by the page on delayed messages the"
    " message's own counts where it is greater than 0.",
    "The receipt handle of a delayed message deletes it until it becomes Active;"
    " ChangeMessageVisibility refuses it, as its page speaks of Inactive messages. Batches answer"
    " none.",
    "A handle that does not hold any more is MessageNotExist, one of another form"
    " ReceiptHandleError.",
    "BatchSendMessage takes all messages or none. What BatchDeleteMessage answers when it fails in"
    " part has the status of its first error.",
    "Messages are received by priority, then by age; the real order is not strict, and the real"
    " counts are approximate.",
    "SetQueueAttributes changes no message that is in the queue already.",
    "LoggingEnabled is kept and answered; no log is written anywhere.",
    "A queue that was just deleted can be made again at once (QueueDeletedRecently is never said).",
    "A trigger of the gateway reads a queue that was deleted again as soon as it is made again.",
    "MessageGroupId and properties of messages: 501 NotImplemented, as for topics and accounts.",
)
