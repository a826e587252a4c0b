"""What is checked on a package: by who writes it, and by who receives it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from . import layout
from .checks.engine import (
    MET,
    NOT_MET,
    OPEN,
    PACKAGE_CHECKS,
    Plan,
    counts_of,
    run_checks,
)
from .context import lum_frame
from .delivery import findings_table, merge_findings, not_to_be_located
from .deliverypage import delivery_sections
from .documents import canonical_json, head
from .findings import waive
from .gpkgschema import Problem
from .personal import without_personal
from .progress import asking
from .reference import comune_of
from .report import render, report_html, rilievi_document, rilievi_of

# What must not leave the office is told again on the way out.
_TO_HIDE = "STTM2-943"
_PRIVACY = ("STTM2-941", _TO_HIDE, "STTM2-944")


@dataclass
class Reviewed:
    """The findings of a package about to be written.

    Attributes:
        result: CheckResult: those of the checks run on what is written, and the given ones.
        blocking: a sentence for each finding that stops the delivery.
        privacy: sentences on what may be personal or must not be located.
        json, html: rilievi.json and rapporto.html.
    """

    result: object
    blocking: list
    privacy: list
    json: bytes
    html: str


def check_delivery(
    delivery, *, comune, pack, crs, day, lum=None, perimeters=None, comuni=None,
    regeneration=None, funding=None, given=None, waivers=None, picture=b"", certificate=None,
    keep_personal=False, on_progress=None,
):  # fmt: skip
    """Run the checks on what a package says and fill its ``esiti_controlli``.

    Args:
        delivery: ``core.delivery.Delivery``.
        lum, perimeters, comuni, regeneration, funding: as given to checkplan, or None.
        given: findings of checkplan, which only add: a check that could be tried here counts for
            what it finds here.
        day: date of the delivery.
        picture: PNG of the map, b"" without one.
        certificate: of the import (``core.certificate.read_log``), or None.
        keep_personal: leave in the texts what is found to be personal.

    Returns:
        Reviewed; None when stopped.
    """
    services = delivery.services.copy()
    hidden = not_to_be_located(services, pack)
    # A service that must not be located is delivered without a place, and rightly.
    spatial = services["_spatial"] if "_spatial" in services.columns else True
    services["_spatial"] = spatial
    services.loc[hidden, "_spatial"] = False
    services["_cod_zo"] = comune.codice_zo
    plan = Plan(
        services=services,
        comune=comune,
        pack=pack,
        crs=crs,
        oggi=day,
        comuni=comuni,
        lum=None if lum is None else lum_frame(lum, pack),
        lum_perimeters=perimeters,
        regeneration=regeneration,
        funding=funding,
        origins=delivery.tables["servizi_bacino"],
        waivers=waivers,
    )
    result = run_checks(plan, pack, on_progress)
    if result is None:
        return None
    if given is not None:
        # Distances and areas would say where a service that must not be located is.
        unplaced = set(services["id_servizio"][hidden])
        spatial = {one.codice for one in pack.controlli if one.legge_geometria}
        given = given[~(given["id_oggetto"].isin(unplaced) & given["codice"].isin(spatial))]
        # The delivery itself takes those places away; what is left of them was found again above.
        given = given[given["codice"] != _TO_HIDE]
        given = _justified_now(given, waivers)
    result = _with_given(result, given)
    if not keep_personal:
        result = _without_personal(result)
    delivery.tables["esiti_controlli"] = findings_table(result.findings, day)
    delivery.conteggi["esiti_controlli"] = len(delivery.tables["esiti_controlli"])
    still = result.findings[result.findings["stato"].isin(OPEN)]
    blocking = still[still["severita"] == "blocco"]
    private = still[still["codice"].isin(_PRIVACY)]
    return Reviewed(
        result=result,
        blocking=[f"{code}: {text}" for code, text in _told(blocking)],
        privacy=[
            f"{code}, da togliere prima di consegnare: {text}" for code, text in _told(private)
        ],
        json=rilievi_document(result, plan),
        html=report_html(
            result,
            plan,
            certificate=certificate,
            delivery=delivery_sections(delivery, comune, pack, picture, comuni is not None),
        ),
    )


def _justified_now(given, waivers):
    """Return given findings with the justifications they have now, where the waivers know them.

    One that was revoked after that run counts no longer.
    """
    if waivers is None or not len(waivers):
        return given
    answered = given["stato"].isin(("giustificato", "giustificazione_scaduta"))
    known = answered & given["id_rilievo"].isin(waivers["id_rilievo"])
    if not known.any():
        return given
    given = given.copy()
    given.loc[known, "stato"] = "aperto"
    given.loc[known, ["giustificazione", "autore", "data", "cambiato"]] = None
    return waive(given, waivers)[0]


def _without_personal(result):
    """Return the result with the planner's words and names freed of what may be personal."""
    findings = result.findings.copy()
    for name in ("descrizione", "valore", "giustificazione", "autore"):
        findings[name] = [
            without_personal(text) if isinstance(text, str) else text
            for text in asking(findings[name])
        ]
    return replace(result, findings=findings)


def _told(findings):
    return zip(findings["codice"], findings["descrizione"])


def _with_given(result, given):
    """Return the result with the findings that another run found with more data."""
    if given is None or not len(given):
        return result
    verdicts = dict(zip(result.checks["codice"], result.checks["verdetto"]))
    tried = {code for code, verdict in verdicts.items() if verdict in (MET, NOT_MET)}
    findings = merge_findings(result.findings, given, tried)
    checks = result.checks.copy()
    still = findings[findings["stato"].isin(OPEN)]
    known = still.groupby("codice")["id_oggetto"].nunique()
    for row, code in zip(checks.index, checks["codice"]):
        if code not in tried and code in known.index and code not in PACKAGE_CHECKS:
            checks.loc[row, "verdetto"] = NOT_MET
            checks.loc[row, "oggetti_non_conformi"] = float(known[code])
            checks.loc[row, "oggetti_provati"] = float(known[code])
            checks.loc[row, "dati_mancanti"] = None
    return replace(result, findings=findings, checks=checks, counts=counts_of(findings, checks))


# The receiving side ----------------------------------------------------------------------------


@dataclass
class Stage:
    """A stage of the validation: ``problems`` are ``core.gpkgschema.Problem``."""

    nome: str
    titolo: str
    eseguita: bool = False
    problems: list = field(default_factory=list)

    @property
    def esito(self) -> str:
        """Return how it ended: superata, non superata, non eseguita."""
        if not self.eseguita:
            return "non eseguita"
        return "non superata" if any(map(_stops, self.problems)) else "superata"


@dataclass
class Validation:
    """What the receiving side says of a package.

    Attributes:
        valid: no error of package or schema, and nothing that blocks.
        errors, warnings: how many, blocking findings among the errors.
    """

    nome: str
    valid: bool
    errors: int
    warnings: int
    stages: list
    result: object = None
    comune: object = None
    pack: object = None
    signed: bool = False
    signers: tuple = ()


_SCHEMA_CODES = ("STTM2-101", "STTM2-102", "STTM2-104", "STTM2-944")


def validate(name, opened, pack, tables=None, services=None, crs="", day=None, on_progress=None):
    """Return the validation of an opened package.

    Args:
        name: of the file. opened: ``core.package.Opened``. pack: the criteria to judge by.
        tables, services: of its GeoPackage, None where it was not opened.
        day: date of the validation.

    Returns:
        Validation; None when stopped.
    """
    package = Stage("pacchetto", "Pacchetto: nomi, dimensioni, impronte", True)
    schema = Stage("schema", "Schema: tabelle, campi, sistema di riferimento")
    content = Stage("contenuto", "Contenuto: controlli sui dati consegnati")
    for problem in opened.problems:
        (schema if problem.codice in _SCHEMA_CODES else package).problems.append(problem)
    schema.eseguita = opened.geopackage is not None
    istat = (opened.manifest or {}).get("istat")
    if services is not None and istat is None and len(services):
        istat = (
            services["istat"].dropna().mode().iloc[0] if services["istat"].notna().any() else None
        )
    comune = comune_of(istat) if istat else None
    result = None
    if services is not None and comune is not None and schema.esito == "superata":
        content.eseguita = True
        content.problems += list(_coherent(opened, tables, services, comune, pack))
        plan = Plan(
            services=services,
            comune=comune,
            pack=pack,
            crs=crs,
            oggi=day,
            lum_perimeters=tables.get("lum_perimetri"),
            regeneration=_filled(tables, "aree_opportunita"),
            funding=_filled(tables, "finanziamenti"),
            origins=tables.get("servizi_bacino"),
        )
        result = run_checks(plan, pack, on_progress)
        if result is None:
            return None
        result = _with_package_checks(result, package, schema, content)
        content.problems += list(_found(result, opened))
    elif services is not None and comune is None:
        text = f"Il comune «{istat or 'non indicato'}» non è della Città metropolitana di Milano."
        package.problems.append(Problem("errore", "STTM2-115", text))
    stages = [package, schema, content]
    problems = [problem for stage in stages for problem in stage.problems]
    return Validation(
        nome=name,
        valid=not opened.refused and content.eseguita and not any(map(_stops, problems)),
        errors=sum(problem.gravita == "errore" for problem in problems),
        warnings=sum(problem.gravita == "avviso" for problem in problems),
        stages=stages,
        result=result,
        comune=comune,
        pack=pack,
        signed=opened.signed,
        signers=opened.signers,
    )


def _filled(tables, name):
    """Return a table a comune may leave empty, None where it did."""
    frame = tables.get(name)
    return frame if frame is not None and len(frame) else None


# Findings that don't stop a delivery are told apart from the package's own errors.
_EXPLAINED = "rilievo:"


def _stops(problem) -> bool:
    return problem.gravita == "errore" and not problem.tabella.startswith(_EXPLAINED)


def _coherent(opened, tables, services, comune, pack):
    """Yield where the tables contradict one another or the manifest."""
    meta = tables.get("metadati_consegna")
    row = None if meta is None or not len(meta) else meta.iloc[0]
    if row is None:
        text = "metadati_consegna è vuota: mancano ente, data e versione dei criteri."
        yield Problem("errore", "STTM2-946", text, "metadati_consegna")
    else:
        for name in ("ente", "ruolo_responsabile", "data_consegna", "versione_criteri"):
            if not _given(row.get(name)):
                label = name.replace("_", " ")
                text = f"Metadati della consegna: manca {label}."
                yield Problem("avviso", "STTM2-946", text, "metadati_consegna")
        declared = (opened.manifest or {}).get("criteri") or {}
        stated = (row.get("versione_criteri"), row.get("impronta_criteri"))
        if not all(_given(one) for one in stated):
            text = "I metadati non dicono con quali criteri è stata prodotta la consegna."
            yield Problem("errore", "STTM2-947", text, "metadati_consegna")
        elif declared and stated != (declared.get("versione"), declared.get("sha256")):
            text = "I criteri dei metadati non sono quelli del manifest."
            yield Problem("errore", "STTM2-947", text, "metadati_consegna")
        elif not declared and stated[1] != pack.sha256:
            text = f"Criteri {stated[0]} non noti qui: il contenuto è letto con {pack.versione}."
            yield Problem("avviso", "STTM2-947", text, "metadati_consegna")
    other = services[services["istat"].notna() & (services["istat"] != comune.istat)]
    if len(other):
        text = f"{len(other)} servizi hanno il codice ISTAT di un altro comune."
        yield Problem("errore", "STTM2-115", text)
    ids = set(services["id_servizio"].dropna())
    for name in layout.CHILD_TABLES:
        frame = tables.get(name)
        if frame is not None and "id_servizio" in frame.columns:
            lost = int((~frame["id_servizio"].isin(ids)).sum())
            if lost:
                text = f"{name}: {lost} righe di servizi che non sono nel pacchetto."
                yield Problem("errore", "STTM2-103", text, name)
    yield from _domains(tables)
    counts = (opened.manifest or {}).get("conteggi")
    for name, frame in sorted(tables.items()):
        if isinstance(counts, dict) and counts.get(name) not in (None, len(frame)):
            text = f"{name}: il manifest dice {counts[name]} righe, ce ne sono {len(frame)}."
            yield Problem("errore", "PACCHETTO", text, name)


def _given(value) -> bool:
    return value is not None and value == value and str(value).strip() != ""


def _domains(tables):
    for name, frame in sorted(tables.items()):
        service = name in layout.SERVICE_TABLES
        for column in frame.columns:
            allowed = layout.TABLE_DOMAINS.get((name, column))
            if allowed is None and service:
                allowed = layout.PACKAGE_DOMAINS.get(column)
            if allowed is None:
                continue
            values = frame[column].dropna()
            wrong = sorted({str(value) for value in values[~values.isin(allowed)]})
            if wrong:
                text = f"{name}, {column}: valori non previsti ({', '.join(wrong[:5])})."
                yield Problem("errore", "STTM2-114", text, name)


def _with_package_checks(result, package, schema, content):
    """Return the result with the verdicts of the checks that belong to a package."""
    problems = [*package.problems, *schema.problems, *content.problems]
    checks = result.checks.copy()
    for row, code in zip(checks.index, checks["codice"]):
        if code in PACKAGE_CHECKS:
            bad = sum(problem.codice == code for problem in problems)
            checks.loc[row, "verdetto"] = NOT_MET if bad else MET
            checks.loc[row, "oggetti_provati"] = 1.0
            checks.loc[row, "oggetti_non_conformi"] = float(bool(bad))
    return replace(result, checks=checks, counts=counts_of(result.findings, checks))


def _found(result, opened):
    """Yield the findings of the content; those the comune explained are told as explained."""
    explained = {
        row.get("id_rilievo")
        for row in (opened.rilievi or {}).get("rilievi", ())
        if isinstance(row, dict) and row.get("stato") == "giustificato"
    }
    findings = result.findings
    for row in findings.itertuples():
        if row.severita == "info":
            continue
        if row.id_rilievo in explained and row.ammette_giustificazione:
            continue
        blocks = row.severita == "blocco"
        severity = "avviso" if row.severita == "avviso" else "errore"
        place = "" if blocks else f"{_EXPLAINED}{row.id_oggetto}"
        yield Problem(severity, row.codice, row.descrizione, place)


def validation_json(validation) -> bytes:
    """Return the report for machines, with the head and the keys of rilievi.json (INTERFACE §4)."""
    pack, result, comune = validation.pack, validation.result, validation.comune
    body = {
        "comune": None
        if comune is None
        else {
            "istat": comune.istat,
            "nome": comune.nome,
            "zona_omogenea": comune.zona_omogenea,
        },
        "file": validation.nome,
        "firma": {
            "presente": validation.signed,
            "firmatari": [signer._asdict() for signer in validation.signers],
        },
        "conteggi": {
            "VALID": validation.valid,
            "ERRORS": validation.errors,
            "WARNINGS": validation.warnings,
        },
        "fasi": [
            {
                "nome": stage.nome,
                "esito": stage.esito,
                "problemi": [
                    {
                        "codice": problem.codice,
                        "gravita": problem.gravita,
                        "messaggio": problem.messaggio,
                        "dove": problem.tabella.partition(_EXPLAINED)[2] or problem.tabella,
                    }
                    for problem in stage.problems
                ],
            }
            for stage in validation.stages
        ],
        **rilievi_of(result),
    }
    return canonical_json(
        {**head("sttm.rilievi/1", "validatesubmission", pack.as_reference()), **body}
    )


def validation_rows(validation) -> list:
    """Return what a validation found as a table, rows of ``schema.SUBMISSION_PROBLEMS``.

    A stage with nothing to say has one row, so that its outcome is there.
    """
    rows = []
    for stage in validation.stages:
        head = {"fase": stage.nome, "esito": stage.esito}
        rows += [
            {
                **head,
                "gravita": problem.gravita,
                "codice": problem.codice,
                "messaggio": problem.messaggio,
                "dove": problem.tabella.partition(_EXPLAINED)[2] or problem.tabella,
            }
            for problem in stage.problems
        ] or [{**head, "gravita": None, "codice": None, "messaggio": None, "dove": None}]
    return rows


def validation_html(validation) -> str:
    """Return the report for people; every text of the package is escaped."""
    return render(
        "validazione.html.j2",
        avvertenza=validation.pack.testi["avvertenza_rapporto"],
        nome=validation.nome,
        valida=validation.valid,
        comune=validation.comune,
        criteri=validation.pack,
        errori=validation.errors,
        avvisi=validation.warnings,
        firmato=validation.signed,
        firmatari=[str(signer) for signer in validation.signers],
        fasi=[
            {
                "titolo": stage.titolo,
                "esito": stage.esito,
                "problemi": _grouped(stage.problems),
            }
            for stage in validation.stages
        ],
    )


def _grouped(problems):
    """Return the problems, errors first, those of one check together."""
    order = sorted(problems, key=lambda one: (one.gravita != "errore", one.codice, one.messaggio))
    return [
        {"gravita": one.gravita, "codice": one.codice, "messaggio": one.messaggio} for one in order
    ]
