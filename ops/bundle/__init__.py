"""Build what is deployed: one folder a function, exactly what it gets at `/code`.

python -m ops.bundle --python 3.10 --out build
"""
