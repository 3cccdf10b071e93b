"""`python -m ops.doctor`: what is wrong with a deployment, before its users find out.

Reads only. Settings are read as the functions read them, the account through the official
clients, the functions by requests that cannot have an effect even where one is wrongly admitted.
No output holds a secret, a token, or the value of a setting that may be one.
"""
