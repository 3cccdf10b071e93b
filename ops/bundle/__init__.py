"""Builds the deployed bundle: one folder for each function, which becomes its `/code`.

python -m ops.bundle --python 3.10 --out build
"""
