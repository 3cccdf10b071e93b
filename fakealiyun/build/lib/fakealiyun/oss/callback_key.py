"""The RSA key that signs upload callbacks: MD5 with PKCS #1 v1.5, as the real service signs.

Each cloud makes its own key, so nobody can take a callback of the fake for a real one. It proves
nothing: it is short, and whoever reads the memory of the test has it. So it needs no library.
"""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
import threading

_BITS = 1024
_EXPONENT = 65537
_ROUNDS = 40  # of Miller-Rabin
_SMALL_PRIMES = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2)))
_MD5_INFO = bytes.fromhex("3020300c06082a864886f70d020505000410")
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")


class CallbackKey:
    """A key that is made at its first use. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: tuple[int, int] | None = None

    def _modulus_and_secret(self) -> tuple[int, int]:
        with self._lock:
            if self._numbers is None:
                self._numbers = _make()
            return self._numbers

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        modulus, secret = self._modulus_and_secret()
        digest = _MD5_INFO + hashlib.md5(message, usedforsecurity=False).digest()
        size = _BITS // 8
        padded = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
        return pow(int.from_bytes(padded, "big"), secret, modulus).to_bytes(size, "big")

    def public_pem(self) -> str:
        """The public key in PEM (SubjectPublicKeyInfo)."""
        modulus, _ = self._modulus_and_secret()
        numbers = _der(0x30, _integer(modulus) + _integer(_EXPONENT))
        info = _der(0x30, _RSA_ALGORITHM + _der(0x03, b"\0" + numbers))
        text = base64.b64encode(info).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def _make() -> tuple[int, int]:
    while True:
        p, q = _prime(), _prime()
        order = (p - 1) * (q - 1)
        if p != q and math.gcd(_EXPONENT, order) == 1:
            return p * q, pow(_EXPONENT, -1, order)


def _prime() -> int:
    """A random prime of half the bits. Its two highest bits are set, so a product has all bits."""
    half = _BITS // 2
    while True:
        found = secrets.randbits(half) | (3 << (half - 2)) | 1
        if all(found % small for small in _SMALL_PRIMES) and _is_probably_prime(found):
            return found


def _is_probably_prime(number: int) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
