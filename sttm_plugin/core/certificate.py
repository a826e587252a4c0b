"""The conservation certificate: features and m² in = out + rejected (PDS_SCHEMA §2.8)."""

from __future__ import annotations

import math

# A repair that changes an area by more than the larger of these is listed.
REPAIR_SHARE = 0.01
REPAIR_MQ = 1.0


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

    def document(self, after, rejected, outputs, fids, ids) -> dict:
        """Return the ``certificato`` block of the log.

        Args:
            after: {row: m²} of the written areas. rejected: the rows rejected.
            outputs: {output: how many records}, the rejected among them.
            fids, ids: of each row.
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
