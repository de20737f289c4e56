"""Where a request comes from and whether it came by TLS, as far as that can be trusted.

Anybody can write `X-Forwarded-For`. It is believed of the addresses in `trusted_proxies` alone, and of its entries the last
that none of those has written.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from collector.settings import Network

Address = IPv4Address | IPv6Address
_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


class Peers:
    """Judges requests by the proxies that are trusted."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def is_forwarded(self, request: web.Request) -> bool:
        """Say whether a trusted proxy has passed this request on for somebody."""
        return "X-Forwarded-For" in request.headers and self._is_trusted(_address(request.remote))

    @staticmethod
    def is_passed_on(request: web.Request) -> bool:
        """Say whether anything in a request says that it was passed on, be it by a proxy that nobody trusts."""
        return any(name in request.headers for name in _PASSED_ON)

    def is_secure(self, request: web.Request) -> bool:
        """Say whether whoever asks speaks TLS: with us, or with a trusted proxy."""
        if self._is_trusted(_address(request.remote)):
            return request.headers.get("X-Forwarded-Proto", request.scheme).strip().lower() == "https"
        return request.scheme == "https"

    def scheme_of(self, request: web.Request) -> str:
        """Return the scheme that whoever asks sees."""
        return "https" if self.is_secure(request) else "http"

    def address_of(self, request: web.Request) -> str:
        """Return the address of whoever asks; of a network's IPv6 addresses, which one machine has by the million, the network."""
        address = _address(request.remote)
        if self._is_trusted(address):
            written = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
            for entry in reversed(written):
                further = _address(entry.strip())
                if further is None:
                    break
                address = further
                if not self._is_trusted(further):
                    break
        return _counted(address)

    def counted_as(self, remote: str) -> str | None:
        """Return the address, or the network, of whoever has opened a connection; None: a proxy, behind which is everybody."""
        address = _address(remote)
        return None if self._is_trusted(address) else _counted(address)

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


PEERS = web.AppKey("peers", Peers)


def _counted(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
    return str(address)


def _address(text: str | None) -> Address | None:
    try:
        return None if text is None else ip_address(text.partition("%")[0])
    except ValueError:
        return None
