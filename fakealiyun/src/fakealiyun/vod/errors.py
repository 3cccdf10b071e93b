"""VOD's own errors, in its spelling (error table of 2021, the last that was published)."""

from __future__ import annotations

from fakealiyun.openapi.types import ApiError


def illegal_extension() -> ApiError:
    """A file name without an extension of the list."""
    return ApiError(
        400, "InvalidFileName.Extension", "The specified FileName's extension is illegal."
    )


def illegal_characters(parameter: str) -> ApiError:
    """Emoji or control characters."""
    return ApiError(
        400,
        "IllegalCharacters",
        f"The specified {parameter} contains illegal emoticon or special characters.",
    )


def too_long(parameter: str, most: int) -> ApiError:
    """More bytes than the field takes."""
    return ApiError(
        400,
        "LengthExceededMax",
        f"The specified {parameter} length has exceeded {most} bytes.",
    )


def too_many_tags() -> ApiError:
    """More than 16 tags."""
    return ApiError(400, "TagsExceededMax", "The specified Tags count has exceeded 16.")


def template_group_not_found() -> ApiError:
    """A TemplateGroupId the account does not have."""
    return ApiError(404, "InvalidTemplateGroupId.NotFound", "The TemplateGroupId does not exist.")


def storage_not_found() -> ApiError:
    """A StorageLocation the account does not have in this region."""
    return ApiError(404, "InvalidStorage.NotFound", "The StorageLocation does not exist.")


def not_found(parameter: str) -> ApiError:
    """A WorkflowId, AppId or CateId the account does not have. The real codes are not documented;
    these follow the pattern of the documented ones."""
    return ApiError(404, f"Invalid{parameter}.NotFound", f"The {parameter} does not exist.")


def reference_id_taken() -> ApiError:
    """A ReferenceId that another video has. The real status, code and text are not documented
    anywhere: this is the one place that spells them (VodSettings can put another in its place)."""
    return ApiError(
        400, "InvalidReferenceId.Duplicated", "The specified ReferenceId already exists."
    )


def video_not_found() -> ApiError:
    """No such video."""
    return ApiError(404, "InvalidVideo.NotFound", "The video does not exist.")


def video_not_found_for_refresh() -> ApiError:
    """No such video, in the words of RefreshUploadVideo."""
    return ApiError(404, "InvalidVideo.NotFound", "The video not exist.")


def image_not_found() -> ApiError:
    """No such image. The real code and text are not documented."""
    return ApiError(404, "InvalidImage.NotFound", "The image does not exist.")


def illegal_status() -> ApiError:
    """GetVideoPlayAuth of a video that is not Normal."""
    return ApiError(403, "Forbidden.IllegalStatus", "Status of the video is illegal.")


def illegal_status_now(status: str) -> ApiError:
    """GetPlayInfo of a video that is not Normal."""
    return ApiError(
        403,
        "Forbidden.IllegalStatus",
        f"Status of the video is illegal. Current Status is {status}.",
    )


def no_stream() -> ApiError:
    """No stream of the formats, definitions and types that were asked for."""
    return ApiError(404, "InvalidVideo.NoneStream", "The video has no stream to play.")


def video_ids_exceeded() -> ApiError:
    """More ids than one call takes."""
    return ApiError(400, "VideoIdsExceededMax", "The VideoIds exceeded maximum.")


def video_list_exceeded() -> ApiError:
    """A page beyond the first 5000 matches."""
    return ApiError(400, "VideoListExceededMax", "The video list exceeded maximum.")


def auth_info_expired() -> ApiError:
    """A PlayAuth after its AuthInfoTimeout."""
    return ApiError(
        400,
        "InvalidAuthInfo.ExpireTime",
        "The specified parameter AuthInfo has expired.",
    )


def auth_info_of_another_video() -> ApiError:
    """A PlayAuth redeemed for a video it was not issued for."""
    return ApiError(
        400,
        "InvalidAuthInfo.MediaId",
        "The specified parameter AuthInfo does not match the VideoId.",
    )


def auth_info_signature() -> ApiError:
    """An AuthInfo that VOD did not write, or not for these keys. The real code is not known."""
    return ApiError(
        400,
        "InvalidAuthInfo.Signature",
        "The signature of the specified parameter AuthInfo is not matched.",
    )
