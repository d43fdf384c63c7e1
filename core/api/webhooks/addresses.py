"""Which addresses may be written to: https, of names that lead out of this network, each looked up once."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app

from core.contract.words import _
from core.data.errors import Refused

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PRINTED = re.compile(r"[!-~]{1,500}")


@dataclass(frozen=True)
class Address:
    """An address in its parts: `target` is path and query."""

    host: str
    port: int
    target: str
    tls: bool


class Forbidden(Exception):
    """A name leads to an address of this network, or to none."""


def judged(url: str) -> Address:
    """Return an address in its parts; Refused where nothing may be written to it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not PRINTED.fullmatch(url) or not HOST.fullmatch(host) or "@" in parts.netloc or parts.fragment:
        raise Refused(_("Write an address like https://example.org/amagara, without user name or #."), "url")
    if parts.scheme != "https" and not (parts.scheme == "http" and current_app.debug):
        raise Refused(_("The address begins with https:// so that nobody on the way can read what is sent."), "url")
    literal = _literal(host)
    if literal is not None and not allowed(literal):
        raise Refused(_("This address lies in a private network: the server does not write there."), "url")
    tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(host, port or (443 if tls else 80), target, tls)


def resolved(address: Address) -> list[str]:
    """Return the IP addresses that are connected to, one after the other; Forbidden where any of them may not be.

    They are looked up here alone: who answers for the name cannot lead elsewhere afterwards.
    """
    try:
        rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"{address.host} is not known: {error}") from None
    found = [str(row[4][0]) for row in rows]
    for each in found:
        if not allowed(ipaddress.ip_address(each.partition("%")[0])):
            raise Forbidden(f"{address.host} leads to {each}, an address of a private network")
    return list(dict.fromkeys(found))


def _literal(host: str) -> IP | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def allowed(ip: IP) -> bool:
    """Return whether an IP address may be written to: a public one, or one of this network where the server's settings
    say so; never one of the link alone, where the data of cloud machines are, nor one of many receivers."""
    ip = _within(ip)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return bool(ip.is_global or current_app.config["WEBHOOKS_PRIVATE"])


def _within(ip: IP) -> IP:
    """Return the IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
