"""Signed envelopes (.p7m): what is inside a CMS SignedData, and who signed. Trust isn't judged."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from .errors import SttmError
from .personal import without_personal

SIGNED_DATA = "1.2.840.113549.1.7.2"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_COMMON_NAME = "2.5.4.3"
_ORGANIZATION = "2.5.4.10"
_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
# An octet string in pieces nests once or twice; a certificate a dozen levels.
_MAX_DEPTH = 32
_MAX_ENVELOPES = 3
_PEM = re.compile(
    rb"-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----(.*?)-----END [^-]+-----", re.DOTALL
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")


class DetachedSignatureError(SttmError):
    """The envelope holds a signature alone: what was signed lies beside it."""


class Signer(NamedTuple):
    """Who signed, as the certificate says: nobody has judged whether to trust it.

    Attributes:
        nome: common name, without the tax code that some certificates add to it. The serial
            number, where the tax code stands, is not read.
        emittente: organization that issued the certificate, else its common name.
        dal, al: the certificate's validity, ISO 8601 days; "" where it can't be read.
    """

    nome: str
    emittente: str = ""
    dal: str = ""
    al: str = ""

    def __str__(self):
        text = self.nome or "firmatario senza nome"
        if self.emittente:
            text += f", certificato di {self.emittente}"
        if self.dal and self.al:
            text += f" valido dal {self.dal} al {self.al}"
        return text


class Envelope(NamedTuple):
    """What a signed file holds.

    Attributes:
        content: the bytes inside, or those of the file beside.
        signers: ``Signer`` of each signature whose certificate is there.
        intact: False when a signer's digest is not that of the content; None when no digest
            could be compared.
    """

    content: bytes
    signers: tuple[Signer, ...]
    intact: bool | None


class _Node(NamedTuple):
    tag: int  # the first byte: class, constructed bit and number
    start: int  # of the contents
    end: int
    after: int  # of the whole element


class _Reader:
    """A reader of BER and DER: definite and indefinite lengths, strings in pieces."""

    def __init__(self, data: bytes):
        self.data = data

    def node(self, at: int, limit: int, depth: int = 0) -> _Node:
        """Return the element that begins at a place."""
        data = self.data
        if depth > _MAX_DEPTH or at + 2 > limit:
            raise _Broken
        tag = data[at]
        if tag & 0x1F == 0x1F:  # numbers above 30 don't occur in a CMS
            raise _Broken
        length = data[at + 1]
        start = at + 2
        if length == 0x80:
            if not tag & 0x20:
                raise _Broken
            end = start
            while data[end : end + 2] != b"\x00\x00":
                end = self.node(end, limit, depth + 1).after
            return _Node(tag, start, end, end + 2)
        if length & 0x80:
            count = length & 0x7F
            if count > 8 or start + count > limit:
                raise _Broken
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if start + length > limit:
            raise _Broken
        return _Node(tag, start, start + length, start + length)

    def children(self, node: _Node) -> list[_Node]:
        """Return the elements inside an element."""
        found = []
        at = node.start
        while at < node.end:
            child = self.node(at, node.end)
            found.append(child)
            at = child.after
        return found

    def octets(self, node: _Node, depth: int = 0) -> bytes:
        """Return the bytes of an octet string, whole or in pieces."""
        if depth > _MAX_DEPTH:
            raise _Broken
        if not node.tag & 0x20:
            return self.data[node.start : node.end]
        return b"".join(self.octets(child, depth + 1) for child in self.children(node))

    def oid(self, node: _Node) -> str:
        """Return an object identifier in dots."""
        if node.tag != 0x06:
            raise _Broken
        numbers, value = [], 0
        for byte in self.data[node.start : node.end]:
            value = (value << 7) | (byte & 0x7F)
            if not byte & 0x80:
                numbers.append(value)
                value = 0
        if not numbers:
            raise _Broken
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))

    def text(self, node: _Node) -> str:
        """Return a string of a name: BMPString in UTF-16, the others in UTF-8 or Latin 1."""
        raw = self.octets(node)
        if node.tag == 0x1E:
            return raw.decode("utf-16-be", errors="replace")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def raw(self, node: _Node) -> bytes:
        """Return the contents of an element as they are."""
        return self.data[node.start : node.end]


class _Broken(Exception):  # noqa: N818
    """Not the structure expected."""


def unwrap(data: bytes, beside: bytes | None = None) -> Envelope:
    """Return what a .p7m holds, through as many as three envelopes one in the other.

    Args:
        data: DER or BER, PEM, or base64 of them.
        beside: content of the file a detached signature belongs to.

    Raises:
        DetachedSignatureError: the content is kept outside and ``beside`` isn't given.
        SttmError: not a CMS SignedData, or truncated.
    """
    signers: list[Signer] = []
    intact = None
    for _ in range(_MAX_ENVELOPES):
        envelope = _open(_binary(data), beside)
        signers.extend(name for name in envelope.signers if name not in signers)
        if envelope.intact is not None:
            intact = envelope.intact if intact is None else intact and envelope.intact
        data = envelope.content
        if data[:2] == b"PK" or not _looks_signed(data):
            return Envelope(data, tuple(signers), intact)
    raise SttmError("Il file firmato contiene troppe buste una dentro l'altra: non viene aperto.")


def _binary(data: bytes) -> bytes:
    pem = _PEM.search(data) if data[:5] == b"-----" else None
    text = pem.group(1) if pem else data
    # In base64 a CMS begins with "M", never with the "0" (0x30) of DER.
    if pem or (data[:1] != b"\x30" and _BASE64.fullmatch(data)):
        try:
            return base64.b64decode(b"".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise SttmError("Il file .p7m è scritto in base64 ma è danneggiato.") from error
    return data


def _looks_signed(data: bytes) -> bool:
    try:
        _signed_data(_Reader(_binary(data)))
    except (_Broken, SttmError, IndexError):
        return False
    return True


def _signed_data(reader: _Reader) -> _Node:
    outer = reader.node(0, len(reader.data))
    parts = reader.children(outer)
    if outer.tag != 0x30 or len(parts) < 2 or reader.oid(parts[0]) != SIGNED_DATA:
        raise _Broken
    return reader.children(parts[1])[0]


def _open(data: bytes, beside: bytes | None) -> Envelope:
    reader = _Reader(data)
    try:
        signed = _signed_data(reader)
        parts = reader.children(signed)
        encapsulated = next(part for part in parts if part.tag == 0x30)
        inner = reader.children(encapsulated)
        content = reader.octets(reader.children(inner[1])[0]) if len(inner) > 1 else beside
        certificates = [
            certificate
            for part in parts
            if part.tag == 0xA0
            for certificate in reader.children(part)
            if certificate.tag == 0x30
        ]
        infos = reader.children(parts[-1]) if parts[-1].tag == 0x31 else []
        if content is None:
            raise DetachedSignatureError(
                "La busta .p7m contiene solo la firma, non il pacchetto: mettere accanto il file "
                "firmato, con lo stesso nome senza .p7m, oppure firmare con il contenuto incluso "
                "(CAdES «attached»)."
            )
        known = {}
        for certificate in certificates:
            serial, signer = _certificate(reader, certificate)
            known.setdefault(serial, signer)
        signers, intact = [], None
        for info in infos:
            serial, same = _signer(reader, info, content)
            signer = known.get(serial)
            if signer and signer not in signers:
                signers.append(signer)
            if same is not None:
                intact = same if intact is None else intact and same
        return Envelope(content, tuple(signers), intact)
    except (_Broken, StopIteration, IndexError, RecursionError) as error:
        raise SttmError(
            "Il file .p7m non è una busta firmata leggibile (CMS SignedData): è troncato o di "
            "un altro formato."
        ) from error


def _certificate(reader, certificate):
    """Return ((issuer, serial number) bytes, Signer) of a certificate."""
    body = reader.children(reader.children(certificate)[0])
    if body and body[0].tag == 0xA0:  # the version
        body = body[1:]
    key = (reader.raw(body[2]), reader.raw(body[0]))
    subject, issuer = _names(reader, body[4]), _names(reader, body[2])
    days = [_day(reader, moment) for moment in reader.children(body[3])[:2]]
    return key, Signer(
        _printable(subject.get(_COMMON_NAME, "")),
        _printable(issuer.get(_ORGANIZATION) or issuer.get(_COMMON_NAME, "")),
        *(days if len(days) == 2 else ("", "")),
    )


def _names(reader, name):
    """Return {OID: text} of a distinguished name."""
    found = {}
    for group in reader.children(name):
        for pair in reader.children(group):
            key, value = reader.children(pair)[:2]
            if reader.oid(key) in (_COMMON_NAME, _ORGANIZATION):
                found[reader.oid(key)] = reader.text(value)
    return found


def _printable(text):
    plain = "".join(sign if sign.isprintable() else " " for sign in text).strip()[:120]
    return without_personal(plain)


def _day(reader, moment):
    """Return the day of a UTCTime (two digits of the year: 50 is 1950) or GeneralizedTime."""
    digits = reader.raw(moment).decode("ascii", errors="replace")
    if moment.tag == 0x17:
        digits = ("20" if digits[:2] < "50" else "19") + digits
    day = digits[:8]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if re.fullmatch(r"\d{8}", day) else ""


def _signer(reader, info, content):
    """Return ((issuer, serial) bytes or None, whether the signed digest is that of the content)."""
    parts = reader.children(info)
    serial = None
    if parts[1].tag == 0x30:
        issuer_and_serial = reader.children(parts[1])
        serial = tuple(reader.raw(part) for part in issuer_and_serial[:2])
    algorithm = _DIGESTS.get(reader.oid(reader.children(parts[2])[0]))
    attributes = parts[3] if len(parts) > 3 and parts[3].tag == 0xA0 else None
    if algorithm is None or attributes is None:
        return serial, None
    for attribute in reader.children(attributes):
        key, values = reader.children(attribute)[:2]
        if reader.oid(key) == _MESSAGE_DIGEST:
            digest = reader.octets(reader.children(values)[0])
            # Compared, not trusted: SHA-1 envelopes of the past are read too.
            found = hashlib.new(algorithm, content, usedforsecurity=False).digest()
            return serial, digest == found
    return serial, None
