"""Whether an IP address belongs to a host of the public internet.

The lists of `ipaddress` differ between versions of Python, and miss some forms. So the networks
that are refused here are named: those of IANA's registries of special-purpose addresses.
"""

from __future__ import annotations

import functools
import ipaddress

_REFUSED_V4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
)
# Only 2000::/3 is in use as public. Outside are, among others, addresses that hold one of IPv4
# (mapped, compatible, NAT64), link-local, site-local, unique local and multicast ones.
_PUBLIC_V6 = "2000::/3"
_REFUSED_V6 = (
    "2001::/23",  # Teredo, benchmarks, ORCHID
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "3fff::/20",  # documentation
)


def is_public(address: str) -> bool:
    """Whether an address, as `getaddrinfo` gives it, is public."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _networks(_REFUSED_V4))
    # ISATAP: the last 32 bits are an address of IPv4.
    if (int(parsed) >> 32) & 0xFDFF_FFFF == 0x0000_5EFE or parsed.scope_id is not None:
        return False
    public = parsed in ipaddress.ip_network(_PUBLIC_V6)
    return public and not any(parsed in network for network in _networks(_REFUSED_V6))


@functools.cache
def _networks(
    listed: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in listed)
