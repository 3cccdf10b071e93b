"""Resource Access Management: users, roles, the policy grammar and its evaluation.

This package imports none of its modules. Import the one that you need.
"""
