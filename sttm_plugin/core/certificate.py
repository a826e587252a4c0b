"""The conservation certificate: features and m² in = out + rejected (PDS_SCHEMA §2.8)."""

from __future__ import annotations

import json
import math
from pathlib import Path

from .errors import SttmError

# A repair that changes an area by more than the larger of these is listed.
REPAIR_SHARE = 0.01
REPAIR_MQ = 1.0
# Repairs shown on the report's page; the others are in the log.
_SHOWN = 50
_OUTPUTS = (
    ("aree", "Servizi areali", "scritte"),
    ("punti", "Servizi puntuali", None),
    ("senza_localizzazione", "Servizi senza localizzazione", "senza_localizzazione"),
    ("scartati", "Scartati", "scartate"),
)


class Certificate:
    """Square metres followed from the source to the outputs, in the analysis CRS.

    ``read`` is told of every area before it is repaired; a record whose position can't be brought
    to the analysis CRS has no area that can be measured.
    """

    def __init__(self):
        self.before: dict = {}  # row → m² as read
        self.gross = self.net = 0.0

    def read(self, row, metres):
        """Take note of an area as read."""
        self.before[row] = float(metres)

    def ground(self, gross, net):
        """Take note of the written areas: their sum, and the ground they cover."""
        self.gross, self.net = float(gross), float(net)

    def document(self, after, rejected, outputs, fids, ids, split=0) -> dict:
        """Return the ``certificato`` block of the log.

        Args:
            after: {row: m²} of the written areas. rejected: the rows rejected.
            outputs: {output: how many records}, the rejected among them.
            fids, ids: of each row. split: how many rows are there because records were split;
                what is read is the source's records and these.
        """
        before = self.before
        hidden = [row for row in before if row not in after and row not in rejected]
        changed = []
        for row in sorted(after):
            difference = after[row] - before.get(row, 0.0)
            if abs(difference) > max(REPAIR_SHARE * before.get(row, 0.0), REPAIR_MQ):
                changed.append(
                    {
                        "fid": fids[row],
                        "id_servizio": ids.get(row),
                        "prima_mq": before.get(row, 0.0),
                        "dopo_mq": after[row],
                        "differenza_mq": difference,
                    }
                )
        read = math.fsum(before.values())
        written = math.fsum(after.values())
        lost = math.fsum(before[row] for row in before if row in rejected)
        unplaced = math.fsum(before[row] for row in hidden)
        repairs = math.fsum(after[row] - before.get(row, 0.0) for row in after)
        count = len(fids)
        sound = math.isclose(read + repairs, written + lost + unplaced, rel_tol=1e-9, abs_tol=1e-3)
        return {
            "elementi": {
                "letti": count,
                "della_fonte": count - split,
                "nati_dalla_divisione": split,
                "uscite": outputs,
                "torna": count == sum(outputs.values()),
            },
            "superfici_mq": {
                "lette": read,
                "scritte": written,
                "scartate": lost,
                "senza_localizzazione": unplaced,
                "differenza_delle_riparazioni": repairs,
                "torna": sound,
            },
            "suolo_mq": {
                "lordo": self.gross,
                "netto": self.net,
                "contato_piu_volte": max(self.gross - self.net, 0.0),
            },
            "riparazioni": changed,
        }


def read_log(path) -> dict:
    """Return the certificate of an import's log as the report shows it.

    Raises:
        SttmError: the file isn't the log of an import.
    """
    name = Path(path).name
    try:
        log = json.loads(Path(path).read_text(encoding="utf-8"))
        found = log["certificato"]
        items, metres, ground = found["elementi"], found["superfici_mq"], found["suolo_mq"]
        rows = [{"nome": "Letti", "elementi": items["letti"], "mq": _square(metres["lette"])}]
        split = items.get("nati_dalla_divisione", 0)
        if split:
            rows[0]["nome"] = "Letti, divisi i record in più parti"
            rows.insert(
                0, {"nome": "Record della fonte", "elementi": items["della_fonte"], "mq": ""}
            )
            rows.insert(1, {"nome": "Nati dalla divisione", "elementi": split, "mq": ""})
        for output, label, area in _OUTPUTS:
            mq = _square(metres[area]) if area else ""
            rows.append({"nome": label, "elementi": items["uscite"][output], "mq": mq})
        difference = _square(metres["differenza_delle_riparazioni"])
        rows.append({"nome": "Differenza delle riparazioni", "elementi": "", "mq": difference})
        repairs = [
            {
                "fid": one["fid"],
                "prima": _square(one["prima_mq"]),
                "dopo": _square(one["dopo_mq"]),
                "differenza": _square(one["differenza_mq"]),
            }
            for one in found["riparazioni"]
        ]
        sound = bool(items["torna"] and metres["torna"])
        twice = float(ground["contato_piu_volte"])
        layers = sorted({row["layer"] for row in log["righe"]})
        net, gross = _square(ground["netto"]), _square(ground["lordo"])
    except OSError as error:
        raise SttmError(f"Il registro «{name}» non si legge ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SttmError(
            f"«{name}» non è il registro di «Importa servizi»: manca il certificato di "
            "conservazione. Indicare il file JSON scritto dall'importazione."
        ) from error
    return {
        "layer": ", ".join(layers) or name,
        "righe": rows,
        "torna": sound,
        "frase": "I conti tornano: letto = scritto + scartato, negli elementi e nei m²."
        if sound
        else "I conti non tornano: rifare l'importazione prima di usare questi servizi.",
        "suolo": f"Le aree sommano {gross} m² e coprono {net} m² di suolo: "
        f"{_square(twice)} m² sono contati più volte, dove le aree si sovrappongono."
        if twice > 0.5
        else "",
        "riparazioni": repairs[:_SHOWN],
        "altre": max(len(repairs) - _SHOWN, 0),
    }


def _square(metres) -> str:
    """Return square metres as they are written in Italian: 12.345,6."""
    return f"{float(metres):,.1f}".replace(",", " ").replace(".", ",").replace(" ", ".")
