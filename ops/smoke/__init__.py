"""`python -m ops.smoke URL`: upload and play one video through a deployment, then delete it.

It does what a client does, with the official clients and a token of one of the app's users: issue,
upload in parts, refresh in the middle, play, redeem. The operator's own key deletes the video.
"""
