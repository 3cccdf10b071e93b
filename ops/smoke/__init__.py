"""`python -m ops.smoke URL`: one upload and one playback against a deployment, and nothing left.

Issue, upload by multipart, refresh in the middle, play, redeem, delete: what a client does, by the
official clients, with a token of one of the app's users and the operator's own key to clean up.
"""
