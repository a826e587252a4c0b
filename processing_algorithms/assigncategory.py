"""assigncategory: one decision for every service that has the same text, kept in the profile."""

from __future__ import annotations

from ..core.errors import SttmError
from .base import Cancelled, SttmAlgorithm, or_cancelled
from .originals import TEXT_FIELDS, ServiceTexts


class AssignCategory(ServiceTexts, SttmAlgorithm):
    """Texts and a category in; services and profile brought up to date."""

    NAME = "assigncategory"
    DISPLAY_NAME = "Assegna la categoria"
    GROUP = "1 – Dati"
    HELP = (
        "Dà una categoria della tassonomia a tutti i servizi da classificare che hanno lo stesso "
        "testo, come li elenca «Elenca i servizi da classificare», e aggiorna i layer in una sola "
        "operazione: o tutti o nessuno. I servizi che una categoria l'hanno già non cambiano. Con "
        "il profilo dell'importazione la decisione si ricorda: alla prossima importazione della "
        "stessa fonte quei testi avranno la categoria da soli. Parametri: SERVICES, TEXTS, CODE, "
        "PROFILE, CRITERIA; risultati ASSIGNED e REMEMBERED."
    )
    TAGS = ("categoria", "tassonomia", "da classificare", "assegna", "profilo", "decisione")

    TEXTS, CODE = "TEXTS", "CODE"

    def define(self):
        self.define_services()
        self.add_text(
            self.TEXTS,
            "Testi",
            "I testi da classificare, uno per riga, come stanno nel campo «testo» dell'elenco.",
            optional=False,
            multiline=True,
        )
        self.add_text(
            self.CODE,
            "Codice della categoria",
            "Codice della tassonomia STTM 2, per esempio CUL.01.",
            optional=False,
        )
        self.add_profile(
            "Il profilo salvato importando la fonte: la decisione vi si aggiunge. Vuoto: la "
            "decisione vale solo per i servizi di adesso."
        )
        self.add_criteria()
        self.add_numbers(
            {"ASSIGNED": "Servizi classificati", "REMEMBERED": "Testi ricordati nel profilo"}
        )

    def check(self, parameters, context):
        if not self._texts(parameters, context):
            raise SttmError("Indicare almeno un testo da classificare, uno per riga.")

    def compute(self, parameters, context, feedback):
        from ..core.unclassified import assigned
        from ..qgis_io.tables import update_tables

        self.check(parameters, context)
        stages = self.stages(feedback, "Lettura dei servizi", "Assegnazione")
        stages.next()
        pack = self.pack(parameters, context)
        path, profile = self.profile(parameters, context, pack)
        columns = self.type_columns(parameters, context, pack)
        tables = or_cancelled(self.read_texts(parameters, context, feedback))
        stages.next()
        rows = [row for _, read in tables for row in read]
        code = self.text(parameters, self.CODE, context).upper()
        after, wanted = assigned(rows, self._texts(parameters, context), code, pack, columns)
        content = None if profile is None else _remembered(path, profile, wanted, code)
        if feedback.isCanceled():
            raise Cancelled
        changes, start = [], 0
        for layer, read in tables:
            changes.append((layer, read, after[start : start + len(read)]))
            start += len(read)
        update_tables(changes, TEXT_FIELDS)
        if content is not None:
            from ..core.documents import write_bytes_whole

            write_bytes_whole(path, content)
        count = sum(old is not new for old, new in zip(rows, after))
        feedback.pushInfo(f"{count} servizi classificati come {code}.")
        if content is not None:
            feedback.pushInfo(f"Decisione ricordata nel profilo {profile.file_name}.")
        return {"ASSIGNED": count, "REMEMBERED": 0 if content is None else len(wanted)}

    def _texts(self, parameters, context):
        text = self.text(parameters, self.TEXTS, context)
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _remembered(path, profile, wanted, code) -> bytes:
    """Return the profile's new content.

    Raises:
        SttmError: it comes with the plugin, or has no place for the decision.
    """
    import json
    from pathlib import Path

    from ..core.profile import rule_fields
    from ..core.unclassified import remembered

    if profile.bundled or not Path(path).is_file():
        raise SttmError(
            f"Il profilo «{profile.file_name}» è fra quelli del plugin e non si modifica: indicare "
            "il profilo salvato con l'importazione (.json)."
        )
    content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    names = rule_fields(profile.columns.get("denominazione", {}))
    content = remembered(content, wanted, code, names[0] if names else "")
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
