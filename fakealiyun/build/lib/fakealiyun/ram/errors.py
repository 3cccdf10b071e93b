"""The errors of RAM's API, with codes, statuses and texts from its page of errors."""

from __future__ import annotations

from fakealiyun.openapi import ApiError

NOT_AUTHORIZED = ("NoPermission", "You are not authorized to do this action.")


def invalid_chars(name: str) -> ApiError:
    """A name has a character that it may not have."""
    return ApiError(
        400,
        f"InvalidParameter.{name}.InvalidChars",
        f'The parameter - "{name}" contains invalid chars.',
    )


def too_long(name: str) -> ApiError:
    """A value is longer than it may be."""
    return ApiError(
        400,
        f"InvalidParameter.{name}.Length",
        f'The parameter - "{name}" beyond the length limit.',
    )


def wrong_format(name: str) -> ApiError:
    """A value has another form than it must have."""
    return ApiError(
        400,
        f"InvalidParameter.{name}.Format",
        f'The format of the parameter - "{name}" is incorrect.',
    )


def incorrect(name: str) -> ApiError:
    """A value is not one of those that are allowed."""
    return ApiError(400, f"InvalidParameter.{name}", f'The parameter - "{name}" is incorrect.')


def not_offered(name: str) -> ApiError:
    """The fake does not have this parameter. The code is a guess."""
    return ApiError(
        400, "InvalidParameter", f"The parameter {name} is invalid: the fake does not support it."
    )


def malformed(reason: str) -> ApiError:
    """The document is no policy. The real text names the place too."""
    return ApiError(400, "MalformedPolicyDocument", reason)


def absent_role() -> ApiError:
    """No role has this name."""
    return ApiError(404, "EntityNotExist.Role", "The role does not exist.")


def absent_policy() -> ApiError:
    """No policy of this type has this name."""
    return ApiError(404, "EntityNotExist.Policy", "The policy does not exist.")


def absent_version() -> ApiError:
    """The policy has no such version."""
    return ApiError(404, "EntityNotExist.Policy.Version", "The policy version does not exist.")


def not_attached() -> ApiError:
    """The policy is not attached to the role."""
    return ApiError(
        404,
        "EntityNotExist.Role.Policy",
        "The indicate policy attached to the role does not exist.",
    )


def role_exists() -> ApiError:
    """A role has this name already."""
    return ApiError(409, "EntityAlreadyExists.Role", "The role does already EXIST.")


def policy_exists() -> ApiError:
    """A custom policy has this name already."""
    return ApiError(409, "EntityAlreadyExists.Policy", "The policy does already EXIST.")


def attached_already() -> ApiError:
    """The policy is attached to the role already."""
    return ApiError(
        409,
        "EntityAlreadyExists.Role.Policy",
        "The role has already been attached this policy.",
    )


def role_has_policies() -> ApiError:
    """A role with attached policies cannot be deleted."""
    return ApiError(
        409,
        "DeleteConflict.Role.Policy",
        "The role CAN NOT has any attached policy while deleting the role.",
    )


def policy_has_roles() -> ApiError:
    """A policy that is attached to a role cannot be deleted."""
    return ApiError(
        409,
        "DeleteConflict.Policy.Role",
        "The policy cannot be attached to any role when you delete it.",
    )


def policy_has_versions() -> ApiError:
    """A policy with further versions cannot be deleted."""
    return ApiError(
        409,
        "DeleteConflict.Policy.Version",
        "The policy CAN NOT has any version except the default version.",
    )


def default_version() -> ApiError:
    """The default version cannot be deleted."""
    return ApiError(
        409,
        "DeleteConflict.Policy.Version.Default",
        "The default policy version CAN NOT been deleted directly.",
    )


def linked_role() -> ApiError:
    """A service-linked role changes and goes through its service alone."""
    return ApiError(
        403,
        "NoPermission.ServiceLinkedRole",
        "The operation on a service-linked role is not allowed.",
    )


def limit(what: str, counted: str) -> ApiError:
    """There are as many as there may be. `what` is the end of the code."""
    return ApiError(
        409, f"LimitExceeded.{what}", f"The count of {counted} beyond the current limits."
    )
