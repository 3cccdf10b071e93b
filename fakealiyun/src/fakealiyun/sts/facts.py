"""What the fake knows about STS 2015-04-01, and how."""

from __future__ import annotations

from fakealiyun.fact import (
    DOCUMENTED,
    EXPLICIT,
    GUESSED,
    IDENTITY,
    RECORDED,
    ROLE,
    SEEN,
    WAIT,
    Fact,
)

_API = "STS API reference"
_NO_SOURCE = "no source found"

FACTS = (
    Fact(
        "sts.answer",
        "AssumeRole answers AssumedRoleUser and Credentials; the Arn is "
        "`acs:ram::<account>:role/<role>/<session>`.",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sts.identity_fields",
        "GetCallerIdentity answers IdentityType, AccountId, PrincipalId, Arn, and UserId or "
        "RoleId.",
        RECORDED,
        "recorded answers; STS API reference",
        "2026",
        operations=("GetCallerIdentity",),
        probe="sts.identity_fields",
    ),
    Fact(
        "sts.identity_of_a_role",
        "The Arn of a session is `…:assumed-role/<role>/<session>`, its PrincipalId "
        "`<roleId>:<session>`.",
        RECORDED,
        "recorded answers",
        "2026",
        operations=("GetCallerIdentity",),
        no_probe=SEEN,
    ),
    Fact(
        "sts.identity_of_upload_credential",
        "The AccessKey of an UploadAuth or a PlayAuth, which VOD issued in its own name, is "
        "refused.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("GetCallerIdentity",),
        probe="sts.identity_of_upload_credential",
    ),
    Fact(
        "sts.durations",
        "DurationSeconds is 900 to the role's maximum, 3600 by default. The text of the refusal "
        "always says 1hr.",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sts.session_name",
        "RoleSessionName has 2 to 64 of `A-Za-z0-9.@-_`.",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sts.role_arn_form",
        "An ARN of another form is InvalidParameter.RoleArn.",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        probe="sts.role_arn_form",
    ),
    Fact(
        "sts.role_absent",
        "An absent role is EntityNotExist.Role with status 404: “The specified Role not exists .”",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        probe="sts.role_absent",
    ),
    Fact(
        "sts.session_name_before_role",
        "The form of RoleSessionName is checked before the role.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        probe="sts.session_name_before_role",
    ),
    Fact(
        "sts.short_duration_before_role",
        "The least DurationSeconds is checked before the role.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        probe="sts.short_duration_before_role",
    ),
    Fact(
        "sts.long_duration_before_role",
        "The greatest DurationSeconds is checked after the role, because roles differ.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        probe="sts.long_duration_before_role",
    ),
    Fact(
        "sts.policy_grammar_before_role",
        "The grammar of Policy is checked before the role.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        probe="sts.policy_grammar_before_role",
    ),
    Fact(
        "sts.permission_before_parameters",
        "The caller's permission is checked before the parameters other than RoleArn.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        no_probe=IDENTITY,
    ),
    Fact(
        "sts.trust_before_duration",
        "The trust policy is checked before the role's own maximum.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        no_probe=ROLE,
    ),
    Fact(
        "sts.policy_unit",
        "Policy is limited to 2048 bytes. The parameter table says characters, the error says "
        "bytes.",
        GUESSED,
        _API,
        "2025",
        operations=("AssumeRole",),
        probe="sts.policy_unit",
    ),
    Fact(
        "sts.source_identity_form",
        "A SourceIdentity of another form is InvalidParameter.SourceIdentity.",
        GUESSED,
        "STS API reference has the form, but no code",
        "2025",
        operations=("AssumeRole",),
        probe="sts.source_identity_form",
    ),
    Fact(
        "sts.source_identity_kept",
        "A SourceIdentity other than that of the caller's session is NoPermission.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        no_probe=ROLE,
    ),
    Fact(
        "sts.chained_session",
        "A role session that assumes a role gets at most 3600 seconds.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        no_probe=ROLE,
    ),
    Fact(
        "sts.child_session",
        "A child session does not end when its parent's credential expires.",
        GUESSED,
        _NO_SOURCE,
        "2026-11",
        operations=("AssumeRole",),
        no_probe=WAIT,
    ),
    Fact(
        "sts.root_refused",
        "The account itself cannot assume a role: NoPermission, “Roles may not be assumed by root "
        "accounts.”",
        DOCUMENTED,
        _API,
        "2025",
        operations=("AssumeRole",),
        no_probe=EXPLICIT,
    ),
    Fact(
        "sts.one_text_for_two_causes",
        "NoPermission has the same text if the caller's policy refuses and if the trust policy "
        "refuses.",
        RECORDED,
        "answers in issues of hashicorp/vault and terraform-provider-alicloud",
        "2021",
        operations=("AssumeRole",),
        no_probe=SEEN,
    ),
)

LIMITS = ("AssumeRoleWithOIDC and AssumeRoleWithSAML do not exist.",)
"""What the fake leaves out or refuses, whatever the real service does."""
