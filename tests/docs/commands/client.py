"""What stands in for a command: it asks the tests' process to run it, and prints what comes back.

Run as `client.py SOCKET NAME ARGUMENTS`. It must start quickly, so it imports little.
"""

import json
import os
import socket
import sys


def main() -> int:
    address, name, *arguments = sys.argv[1:]
    given = "" if sys.stdin.isatty() else sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    call = {
        "name": name,
        "arguments": arguments,
        "environ": dict(os.environ),
        "folder": os.getcwd(),
        "stdin": given,
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(json.dumps(call).encode())
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    answer = json.loads(b"".join(parts))
    sys.stdout.write(answer["out"])
    sys.stderr.write(answer["err"])
    return int(answer["code"])


if __name__ == "__main__":
    sys.exit(main())
