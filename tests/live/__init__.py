"""The spine of vodpass against a deployment in a real account: `make test-live`.

The tests are in `live_*.py`, which `make test` does not collect. `test_rehearsal.py` runs them
against a deployment on this machine.
"""
