"""What vodpass is measured against: `floor` uses no package, `plain_*` follow the documentation.

Each file is a whole function, deployed alone. So they share no code.
"""
