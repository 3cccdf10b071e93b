"""Resource Access Management: the policy grammar, its evaluation, users and roles.

Import the module that holds what is needed; this package imports none of them.
"""
