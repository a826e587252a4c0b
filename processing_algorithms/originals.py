"""Services read with the words of their source, and the profile that tells which columns speak."""

from __future__ import annotations

from ..core import schema

_READ = (
    *("id_servizio", "denominazione", "codice_sttm", "categoria", "macrocategoria"),
    *("confidenza", "attributi_origine"),
)
TEXT_FIELDS = tuple(field for field in schema.SERVICES if field.name in _READ)


class ServiceTexts:
    """Parameters and reading that two algorithms share; see ``SttmAlgorithm`` for the rest."""

    SERVICES, PROFILE = "SERVICES", "PROFILE"

    def define_services(self):
        """Add SERVICES."""
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Layer e tabelle di servizi prodotti da «Importa servizi»: punti, aree e servizi "
            "senza posizione anche insieme.",
        )

    def add_profile(self, help_text):
        """Add PROFILE."""
        self.add_file(self.PROFILE, "Profilo dell'importazione", help_text, "Profilo (*.json)")

    def read_texts(self, parameters, context, feedback):
        """Return [(layer, rows)], None when the user stopped the run."""
        from ..qgis_io.tables import read_rows

        layers = self.layers(
            parameters,
            self.SERVICES,
            context,
            schema.SERVICES_NEEDED,
            "un layer di servizi",
            feedback,
        )
        tables = []
        for layer in layers:
            rows = read_rows(layer, TEXT_FIELDS, feedback, "id_servizio")
            if rows is None:
                return None
            tables.append((layer, rows))
        return tables

    def profile(self, parameters, context, pack):
        """Return (path, ``core.profile.Profile``) of PROFILE, ("", None) when it is empty.

        Raises:
            SttmError: it can't be read, or isn't a profile.
        """
        from ..core.profile import read_profile

        path = self.parameterAsFile(parameters, self.PROFILE, context)
        if not path:
            return "", None
        return path, read_profile(path, pack.versione, schema.names(schema.SERVICES))

    def type_columns(self, parameters, context, pack) -> tuple:
        """Return the columns of the source that give the category, by the profile."""
        from ..core.profile import rule_fields

        _, profile = self.profile(parameters, context, pack)
        return () if profile is None else tuple(rule_fields(profile.columns.get("codice_sttm", {})))
