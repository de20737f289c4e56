"""A look at the collector's own certificate: whether it and its key can be used, and for how long it is valid.

The two ends of a handshake are both here, in memory: no port is opened, nobody is asked. The other end trusts this one certificate
and nothing else, so who has signed it does not matter here.
"""

import ssl
from pathlib import Path

from shared.findings import Finding, certificate_finding
from shared.instants import SECOND

_STEPS = 4
"""Of a handshake, from both ends; TLS 1.3 takes two."""


def look_at_certificate(certificate: Path, key: Path | None, *, now: int) -> Finding:
    """Return whether a certificate and its key can be used, and how many days are left."""
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname = False
    theirs.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        ours.load_cert_chain(certificate, key, password="")
        theirs.load_verify_locations(certificate)
        version, ends_at = _shake_hands(ours, theirs)
    except ssl.SSLCertVerificationError as error:
        return Finding("tls", f"{certificate}: {error.verify_message}: renew it", 2)
    except (OSError, ValueError) as error:
        return Finding("tls", f"{certificate} cannot be used, with its key: {error}", 2)
    return certificate_finding(version=version, seconds_left=ends_at - now / SECOND, where=certificate.name)


def _shake_hands(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> tuple[str, float]:
    """Return the version of TLS, and when the certificate ends, in seconds of Unix time."""
    to_us, to_them = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(to_us, to_them, server_side=True)
    client = theirs.wrap_bio(to_them, to_us)
    for _ in range(_STEPS):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    told = client.getpeercert()
    if not told:
        raise ValueError("it names no end of its validity")
    return client.version() or "TLS", float(ssl.cert_time_to_seconds(str(told["notAfter"])))
