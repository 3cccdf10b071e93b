"""What is uncertain about the real SMQ, and what this fake does. Printed in `docs/coverage.md`."""

from __future__ import annotations

DOUBTS = (
    "Checks run in this order: Authorization, version, date, AccessKey, signature, token, host,"
    " Content-MD5, operation, permission, queue, body. For messages that are sent, the form of the"
    " body selects the operation. The order in the real service is not documented.",
    "The error codes for a bad token are not documented. This fake answers InvalidSecurityToken and"
    " SecurityTokenExpired (403), and InvalidAccessKeyId if the token is missing."
    " MissingVersionHeader and InvalidVersionHeader come from the official Go client.",
    "The host of another account or region is AccessDenied, like a missing permission. The page"
    " about that code names both causes.",
    "The status of TimeExpired is 408 in the table of errors and 400 on the page about signing."
    " This fake answers 408.",
    "The newer signature (HMAC-SHA256, for one region) is refused with InvalidAuthorizationHeader.",
    "A queue name has 1 to 120 characters, by the page of CreateQueue. The table of errors says 256"
    " characters and a letter at the start. This fake follows the page and accepts a digit at the"
    " start.",
    "MessageRetentionPeriod counts from the time of sending, as documented, also for a delayed"
    " message. If the delay is as long as that period, the message is deleted before anybody can"
    " receive it.",
    "DelaySeconds 0 in a message means the delay of the queue. The page about delayed messages says"
    " that the message's delay counts if it is greater than 0.",
    "The receipt handle of a delayed message deletes it until it becomes Active."
    " ChangeMessageVisibility refuses this handle, because its page is about Inactive messages."
    " BatchSendMessage returns no handles.",
    "A handle that is no longer valid is MessageNotExist. A handle of another form is"
    " ReceiptHandleError.",
    "BatchSendMessage accepts all messages or none. If BatchDeleteMessage fails for some messages,"
    " its answer has the status of the first error.",
    "Messages are received by priority, then by age. The real order is not strict, and the real"
    " counts are approximate.",
    "SetQueueAttributes does not change messages that are already in the queue.",
    "LoggingEnabled is stored and returned, but no log is written.",
    "A deleted queue can be created again at once. QueueDeletedRecently is never answered.",
    "After a queue is deleted and created again, a trigger of the gateway reads it again at once.",
    "MessageGroupId and message properties are 501 NotImplemented, like topics and accounts.",
)
