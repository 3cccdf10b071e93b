"""`python -m ops.doctor`: find the faults of a deployment before its users do.

It only reads. It parses the settings as the functions do, calls the account with the official
clients, and sends the functions requests that have no effect, even if a function wrongly accepts
one. No output holds a secret, a token, or the value of a setting that may be secret.
"""
