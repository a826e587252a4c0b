"""Signed envelopes, made with openssl as Italian offices' programs make them."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest

from sttm_plugin.core.cms import DetachedSignatureError, Signer, unwrap
from sttm_plugin.core.errors import SttmError

CONTENT = b"PK\x03\x04 il pacchetto"

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the signatures of these tests"
)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)  # noqa: S607


@pytest.fixture(scope="module")
def sign(tmp_path_factory):
    """Sign bytes as one of two people: a certificate of a qualified issuer, with the tax code."""
    folder = tmp_path_factory.mktemp("firma")
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/ca.key",
        "-out", f"{folder}/ca.pem", "-days", "3650",
        "-subj", "/C=IT/O=Certificatore di prova S.p.A./CN=CA di prova",
    )  # fmt: skip
    for number, name in enumerate(("Anna Bianchi", "RSSMRA80A01F205X Mario Rossi")):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/{number}.key",
            "-out", f"{folder}/{number}.csr",
            "-subj", f"/C=IT/CN={name}/serialNumber=TINIT-RSSMRA80A01F205X",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", f"{folder}/{number}.csr", "-CA", f"{folder}/ca.pem",
            "-CAkey", f"{folder}/ca.key", "-set_serial", str(7 + number), "-days", "365",
            "-out", f"{folder}/{number}.pem",
        )  # fmt: skip

    def run(content, who=0, form="DER", detached=False):
        (folder / "dentro").write_bytes(content)
        openssl(
            "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-in", f"{folder}/dentro",
            "-signer", f"{folder}/{who}.pem", "-inkey", f"{folder}/{who}.key",
            "-outform", form, "-out", f"{folder}/fuori", *([] if detached else ["-nodetach"]),
        )  # fmt: skip
        return (folder / "fuori").read_bytes()

    return run


def test_the_signer_is_shown_with_the_issuer_and_the_validity(sign):
    envelope = unwrap(sign(CONTENT))

    (signer,) = envelope.signers
    assert (envelope.content, envelope.intact) == (CONTENT, True)
    assert (signer.nome, signer.emittente) == ("Anna Bianchi", "Certificatore di prova S.p.A.")
    assert int(signer.al[:4]) - int(signer.dal[:4]) == 1
    assert str(signer) == (
        "Anna Bianchi, certificato di Certificatore di prova S.p.A. "
        f"valido dal {signer.dal} al {signer.al}"
    )


def test_the_tax_code_is_not_shown(sign):
    (signer,) = unwrap(sign(CONTENT, who=1)).signers

    assert signer.nome == "[omesso] Mario Rossi"
    assert "RSSMRA" not in str(signer)


def test_every_form_of_an_envelope_is_opened(sign):
    whole = sign(CONTENT)

    for written in (
        sign(CONTENT, form="PEM"),
        base64.b64encode(whole),
        base64.encodebytes(whole),
    ):
        assert unwrap(written)[0] == CONTENT


def test_an_envelope_in_an_envelope_shows_both_signers(sign):
    envelope = unwrap(sign(sign(CONTENT), who=1))

    assert (envelope.content, envelope.intact) == (CONTENT, True)
    assert [signer.nome for signer in envelope.signers] == ["[omesso] Mario Rossi", "Anna Bianchi"]


def test_a_signature_kept_beside_is_read_with_what_it_signs(sign):
    signature = sign(CONTENT, detached=True)

    with pytest.raises(DetachedSignatureError, match="mettere accanto il file firmato"):
        unwrap(signature)
    assert unwrap(signature, CONTENT).intact is True
    assert unwrap(signature, CONTENT + b".").intact is False
    assert unwrap(signature, CONTENT).signers[0].nome == "Anna Bianchi"


def test_a_changed_content_is_seen(sign):
    assert unwrap(sign(CONTENT).replace(b"pacchetto", b"pacchett0")).intact is False


def test_a_truncated_envelope_is_a_sentence(sign):
    whole = sign(CONTENT)

    for end in range(2, len(whole), 7):
        with pytest.raises(SttmError, match="non è una busta firmata leggibile"):
            unwrap(whole[:end])


def test_a_damaged_envelope_is_opened_or_refused_with_a_sentence(sign):
    whole = bytearray(sign(CONTENT))

    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        try:
            envelope = unwrap(bytes(damaged))
        except SttmError as error:
            assert str(error).endswith(".")
        else:
            assert all(isinstance(signer, Signer) for signer in envelope.signers)
