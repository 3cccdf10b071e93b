"""The errors of VOD, as VOD spells them (error table of 2021, the last published one)."""

from __future__ import annotations

from fakealiyun.openapi.types import ApiError


def illegal_extension() -> ApiError:
    """The file name has no allowed extension."""
    return ApiError(
        400, "InvalidFileName.Extension", "The specified FileName's extension is illegal."
    )


def illegal_characters(parameter: str) -> ApiError:
    """The text contains emoji or control characters."""
    return ApiError(
        400,
        "IllegalCharacters",
        f"The specified {parameter} contains illegal emoticon or special characters.",
    )


def too_long(parameter: str, most: int) -> ApiError:
    """The text has more bytes than the field allows."""
    return ApiError(
        400,
        "LengthExceededMax",
        f"The specified {parameter} length has exceeded {most} bytes.",
    )


def too_many_tags() -> ApiError:
    """There are more than 16 tags."""
    return ApiError(400, "TagsExceededMax", "The specified Tags count has exceeded 16.")


def template_group_not_found() -> ApiError:
    """The account does not have this TemplateGroupId."""
    return ApiError(404, "InvalidTemplateGroupId.NotFound", "The TemplateGroupId does not exist.")


def storage_not_found() -> ApiError:
    """The account does not have this StorageLocation in this region, or no storage at all."""
    return ApiError(403, "InvalidStorage.NotFound", "The storageLocation does not exist.")


def service_not_open() -> ApiError:
    """The account has not activated VOD. The status is a guess."""
    return ApiError(404, "UserNotFound", "Your VOD service has not opened.")


def not_found(parameter: str) -> ApiError:
    """The account does not have this WorkflowId, AppId or CateId.

    The real codes are not documented. These follow the pattern of the documented codes.
    """
    return ApiError(404, f"Invalid{parameter}.NotFound", f"The {parameter} does not exist.")


def suspended() -> ApiError:
    """The account's VOD is suspended, for example for an overdue bill."""
    return ApiError(403, "OperationDenied.Suspended", "Your VOD service is suspended.")


def applications_not_open() -> ApiError:
    """The account has not opened multiple applications."""
    return ApiError(403, "OperationDenied.NotOpenAppService", "The app service is not open.")


def operate_app() -> ApiError:
    """The identity has no policy of the application that allows this."""
    return ApiError(403, "Forbidden.OperateApp", "User not authorized to operate app.")


def application_name_taken() -> ApiError:
    """Another application has this name."""
    return ApiError(409, "AlreadyExist.AppName", "The specified AppName has already exist.")


def too_many_applications(most: int) -> ApiError:
    """The account has as many applications as it can have."""
    return ApiError(400, "LimitExceeded.AppCount", f"App Count has exceeded {most}.")


def application_not_empty(app_id: str) -> ApiError:
    """The application has media."""
    return ApiError(
        403, "Forbidden.ResourceNotEmpty", f"The App: {app_id} has resource, can not be deleted."
    )


def identity_not_found(kind: str) -> ApiError:
    """RAM has no such user or role. The real code is not documented; this is RAM's pattern."""
    entity = kind.removeprefix("Ram")
    return ApiError(404, f"EntityNotExist.{entity}", f"The {entity.lower()} does not exist.")


def reference_id_taken() -> ApiError:
    """Another video has this ReferenceId.

    The real status, code and text are not documented. They are only defined here, and VodSettings
    can replace them.
    """
    return ApiError(
        400, "InvalidReferenceId.Duplicated", "The specified ReferenceId already exists."
    )


def video_not_found() -> ApiError:
    """The video does not exist."""
    return ApiError(404, "InvalidVideo.NotFound", "The video does not exist.")


def video_not_found_for_refresh() -> ApiError:
    """The video does not exist: the text of RefreshUploadVideo."""
    return ApiError(404, "InvalidVideo.NotFound", "The video not exist.")


def video_damaged() -> ApiError:
    """The creation of the upload went wrong, or the video is damaged. A new upload is needed."""
    return ApiError(400, "InvalidVideo.Damaged", "The video has been Damaged.")


def image_not_found() -> ApiError:
    """The image does not exist. The real code and text are not documented."""
    return ApiError(404, "InvalidImage.NotFound", "The image does not exist.")


def illegal_status() -> ApiError:
    """The error of GetVideoPlayAuth if the video is not Normal."""
    return ApiError(403, "Forbidden.IllegalStatus", "Status of the video is illegal.")


def illegal_status_now(status: str) -> ApiError:
    """The error of GetPlayInfo if the video is not Normal."""
    return ApiError(
        403,
        "Forbidden.IllegalStatus",
        f"Status of the video is illegal. Current Status is {status}.",
    )


def no_stream() -> ApiError:
    """No stream has the requested formats, definitions and types."""
    return ApiError(404, "InvalidVideo.NoneStream", "The video has no stream to play.")


def video_ids_exceeded() -> ApiError:
    """The call has too many ids."""
    return ApiError(400, "VideoIdsExceededMax", "The VideoIds exceeded maximum.")


def video_list_exceeded() -> ApiError:
    """The page is after the first 5000 matches."""
    return ApiError(400, "VideoListExceededMax", "The video list exceeded maximum.")


def auth_info_expired() -> ApiError:
    """The AuthInfoTimeout of the PlayAuth is over."""
    return ApiError(
        400,
        "InvalidAuthInfo.ExpireTime",
        "The specified parameter AuthInfo has expired.",
    )


def auth_info_of_another_video() -> ApiError:
    """The PlayAuth was issued for another video."""
    return ApiError(
        400,
        "InvalidAuthInfo.MediaId",
        "The specified parameter AuthInfo does not match the VideoId.",
    )


def auth_info_signature() -> ApiError:
    """VOD did not issue this AuthInfo, or not for these keys. The real code is not known."""
    return ApiError(
        400,
        "InvalidAuthInfo.Signature",
        "The signature of the specified parameter AuthInfo is not matched.",
    )
