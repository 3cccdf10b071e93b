"""What the fake knows about RAM policies and identities, and how."""

from __future__ import annotations

from fakealiyun.fact import ACCOUNT, DOCUMENTED, EXPLICIT, GUESSED, IDENTITY, Fact

_DOCS = "RAM documentation of the policy language"
_API = "RAM API reference and the documentation of its SDK (2015-05-01)"
_ERRORS = "RAM API reference, page of error messages"
_LIMITS = "RAM documentation, page of limits"
_NO_SOURCE = "no source found"

_ROLES = ("CreateRole", "GetRole", "ListRoles", "UpdateRole", "DeleteRole")
_LINKED = ("CreateServiceLinkedRole", "DeleteServiceLinkedRole")
_POLICIES = (
    "CreatePolicy",
    "GetPolicy",
    "ListPolicies",
    "UpdatePolicyDescription",
    "DeletePolicy",
    "ListEntitiesForPolicy",
)
_VERSIONS = (
    "CreatePolicyVersion",
    "GetPolicyVersion",
    "ListPolicyVersions",
    "SetDefaultPolicyVersion",
    "DeletePolicyVersion",
)
_ATTACHMENTS = ("AttachPolicyToRole", "DetachPolicyFromRole", "ListPoliciesForRole")
_TAGS = ("TagResources", "UntagResources", "ListTagResources")

FACTS = (
    Fact(
        "ram.grammar",
        "A policy has Version 1 and statements with Effect, Action or NotAction, Resource, and "
        "Condition.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.deny_first",
        "An explicit Deny has priority over every Allow. Without Allow the answer is a refusal.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.session_policy",
        "A session has what the role's policies and the session policy both allow.",
        DOCUMENTED,
        "STS API reference",
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.action_case",
        "Actions are compared without regard to case; `*` stands for any characters.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.resource_wildcards",
        "In a Resource, `*` also matches `/`, and `?` is one character.",
        GUESSED,
        "RAM documentation of the policy language says this about StringLike",
        "2025",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.condition_operators",
        "The string, numeric, date, bool and IP operators; values of a key are alternatives, keys "
        "must all hold.",
        DOCUMENTED,
        _DOCS,
        "2025",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.negative_operator_without_key",
        "If the key of a negative operator is absent, the condition holds.",
        GUESSED,
        "no source found",
        "2026-11",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.condition_keys",
        "Keys that the fake does not know are treated as absent.",
        GUESSED,
        "RAM documentation of the policy language has no complete list",
        "2025",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.vod_resource",
        "VOD's operations can only be allowed for the resource `*`.",
        DOCUMENTED,
        "VOD page about RAM authorization",
        "2024",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.answers",
        "The members of the answers, and RPC parameters of which Tag, ResourceNames and "
        "TagKeys hold JSON.",
        DOCUMENTED,
        _API,
        "2026",
        operations=(*_ROLES, *_LINKED, *_POLICIES, *_VERSIONS, *_ATTACHMENTS, *_TAGS),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.absent",
        "EntityNotExist.Role, EntityNotExist.Policy and EntityNotExist.Policy.Version, with "
        "status 404.",
        DOCUMENTED,
        _ERRORS,
        "2025",
        operations=("GetRole", "GetPolicy", "GetPolicyVersion"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.taken",
        "EntityAlreadyExists.Policy and EntityAlreadyExists.Role.Policy, with status 409; "
        "public code shows EntityAlreadyExists.Role too.",
        DOCUMENTED,
        _ERRORS,
        "2025",
        operations=("CreateRole", "CreatePolicy", "AttachPolicyToRole"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.deletion_order",
        "A role with policies, a policy with further versions, and a default version cannot "
        "be deleted: DeleteConflict.Role.Policy, DeleteConflict.Policy.Version, "
        "DeleteConflict.Policy.Version.Default.",
        DOCUMENTED,
        _ERRORS,
        "2025",
        operations=("DeleteRole", "DeletePolicy", "DeletePolicyVersion"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.policy_of_a_role",
        "A policy that a role has is not deleted: DeleteConflict.Policy.Role.",
        DOCUMENTED,
        "ResourceManager API reference, page of error codes",
        "2025",
        operations=("DeletePolicy",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.not_attached",
        "To detach a policy that is not attached is EntityNotExist.Role.Policy.",
        GUESSED,
        "RAM API reference says this about users and groups",
        "2025",
        operations=("DetachPolicyFromRole",),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.limits",
        "1000 roles, 1500 custom policies, 5 versions, 10 custom and 20 system policies for a "
        "role, 6144 characters for a policy.",
        DOCUMENTED,
        _LIMITS,
        "2025-12",
        operations=("CreateRole", "CreatePolicy", "CreatePolicyVersion", "AttachPolicyToRole"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.rotate_strategy",
        "DeleteOldestNonDefaultVersionWhenLimitExceeded deletes the oldest version that is "
        "not the default, if there are five.",
        DOCUMENTED,
        _API,
        "2026",
        operations=("CreatePolicyVersion",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.malformed",
        "A document that follows no grammar is MalformedPolicyDocument; its message is not "
        "specified.",
        DOCUMENTED,
        _ERRORS,
        "2025",
        operations=("CreateRole", "UpdateRole", "CreatePolicy", "CreatePolicyVersion"),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.trust_names_existing",
        "A trust policy that names a role or user of the account that does not exist is "
        "MalformedPolicyDocument.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("CreateRole", "UpdateRole"),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.trust_length",
        "A trust policy may be as long as a policy.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("CreateRole", "UpdateRole"),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.resources",
        "The resources are `acs:ram::<account>:role/<name>` and `…:policy/<name>`; to attach "
        "and to detach needs permission for both.",
        DOCUMENTED,
        _API,
        "2025",
        operations=(*_ROLES, *_POLICIES, *_VERSIONS, *_ATTACHMENTS, *_TAGS),
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.linked_role",
        "A service-linked role has IsServiceLinkedRole, one system policy and a trust policy "
        "that names its service. EventBridge has AliyunServiceRoleForEventBridgeSendToFC for "
        "sendevent-fc.eventbridge.aliyuncs.com.",
        DOCUMENTED,
        "RAM API reference; EventBridge SDK; the deployment tool for Function Compute",
        "2026",
        operations=_LINKED,
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.linked_role_of_a_queue",
        "For a trigger that reads an MNS queue by EventBridge, the deployment tool asks "
        "ResourceManager for the roles of sendevent-fc.eventbridge.aliyuncs.com and "
        "sendevent-mns.eventbridge.aliyuncs.com, by CheckServiceLinkedRoleExistence, and creates "
        "those that are missing.",
        DOCUMENTED,
        "the deployment tool for Function Compute and its clients",
        "2026",
        no_probe=EXPLICIT,
    ),
    Fact(
        "ram.resource_manager_permission",
        "ResourceManager's two operations need `ram:<operation>` on `*`.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.linked_role_permissions",
        "What the system policies of service-linked roles allow.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=_LINKED,
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.linked_role_exists",
        "A second CreateServiceLinkedRole is EntityAlreadyExists.Role.",
        GUESSED,
        "CreateRole answers so",
        "2026-11",
        operations=("CreateServiceLinkedRole",),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.linked_role_locked",
        "DeleteRole, UpdateRole and AttachPolicyToRole of a service-linked role are refused "
        "with 403. The code is a guess.",
        GUESSED,
        "RAM documentation says that it cannot be changed",
        "2025",
        operations=("UpdateRole", "DeleteRole", "AttachPolicyToRole", "DetachPolicyFromRole"),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.linked_role_deletion",
        "DeleteServiceLinkedRole answers with DeletionTaskId. Here the role is gone at once; "
        "whether its service still uses it is not checked.",
        GUESSED,
        "The SDK has the member; no page says how long a task takes",
        "2026",
        operations=("DeleteServiceLinkedRole",),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.new_role_id",
        "A role that is created again has another RoleId, so sessions of the first one may do "
        "nothing.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("CreateRole",),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.at_once",
        "A change takes effect at once, also on sessions. The real RAM may take seconds.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=(*_ATTACHMENTS[:2], "SetDefaultPolicyVersion", "UpdateRole"),
        no_probe=IDENTITY,
    ),
    Fact(
        "ram.tag_form",
        "At most 20 tags; keys of 1 to 128 characters that do not begin with aliyun or acs:, "
        "values of at most 256. Another one is InvalidParameter.",
        GUESSED,
        "The documentation of the SDK has the lengths, and no code",
        "2026",
        operations=("CreateRole", "CreatePolicy", *_TAGS),
        no_probe=ACCOUNT,
    ),
    Fact(
        "ram.unknown_parameter",
        "A parameter that the operation does not have is InvalidParameter. The real RAM "
        "ignores most of them.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        no_probe=ACCOUNT,
    ),
)

LIMITS = (
    "Users, groups and AccessKeys have no API here. They come from Python.",
    "The only system policies are AdministratorAccess and those of two service-linked roles.",
    "AllowConsoleLogin and CustomSuffix are refused.",
    "Resource groups and multi-account control policies do not exist.",
)
"""What the fake leaves out or refuses, whatever the real service does."""
