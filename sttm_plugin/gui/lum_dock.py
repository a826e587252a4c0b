"""The dock "LUM e accessibilità": what the LUM serve, host and miss, and who reaches what."""

from __future__ import annotations

from html import escape

from qgis.core import (
    QgsExpression,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication, QTimer

from .category_choice import known_categories
from .dock import SttmDock
from .explanation import number
from .guidance import lum_guide_html
from .map_focus import show_on_map
from .project_state import recall, remember
from .result_layers import is_result, result_layer
from .rows_model import FilteredRows, layer_of, rows_of, select_row, set_up_table
from .shared_inputs import (
    SharedInputs,
    criteria_parameters,
    has_service_fields,
    layer_parameters,
)

DATA, NETWORK, LUM, ACCESSIBILITY, GUIDE = range(5)
_Filter = QgsMapLayerProxyModel.Filter
_FOLLOW_PAUSE_MS = 200
# The layer has them all: a list of more is not read.
_MOST_ISSUES = 5000
# How the layers of each kind are often called, for «Riconosci i layer».
_LIKELY = {
    "STOPS": ("fermate", "nodi", "stops", "stazioni"),
    "NETWORK": ("rete", "strade", "grafo"),
    "POPULATION": ("popolazione", "sezioni", "censimento"),
    "COMUNI": ("confini", "comuni"),
}
_THRESHOLDS = ("500,1000,1500", "5,10,15")


class SharesModel(FilteredRows):
    """How many inhabitants each category serves."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("nome_letto", _tr("Categoria")),
                ("soglia", _tr("Soglia")),
                ("servita", _tr("Serviti")),
                ("quota_letta", _tr("Quota (%)")),
            ],
            parent,
        )

    def shown(self, row, key):
        if key == "quota_letta" and row[key] is not None:
            return f"{row[key]:.1f}".replace(".", ",")
        return super().shown(row, key)


class LumDock(SttmDock):
    """Choose stops, network and people; compute; read each LUM and what it reaches."""

    NAME, TITLE, ICON, FORM = "Lum", "LUM e accessibilità", "lumcatchment", "lum_panel"

    def __init__(self, iface, parent=None):
        super().__init__(iface, parent)
        self._set_up_inputs()
        self._set_up_network()
        self._set_up_lum()
        self._set_up_accessibility()
        self.add_guide(lum_guide_html())
        project = QgsProject.instance()
        self.watch(project.writeProject, self.remember_view)
        self.begin()

    # Set up -------------------------------------------------------------------------------

    def _set_up_inputs(self):
        panel, none = self.panel, self.tr("(nessuno)")
        self.inputs = SharedInputs(self)
        self.inputs.bind_comune(panel.comune, self.tr("nome o codice ISTAT"))
        self.inputs.bind_path("workspace", panel.workspace, "GeoPackage (*.gpkg)")
        for key, combo, kind in (
            ("STOPS", panel.stops, _Filter.PointLayer),
            ("NETWORK", panel.network, _Filter.LineLayer),
            ("POPULATION", panel.population, _Filter.VectorLayer),
            ("COMUNI", panel.boundaries, _Filter.PolygonLayer),
        ):
            self.inputs.bind_layer(key, combo, kind, none)
        self.inputs.bind_field("lum_id", panel.id_field, panel.stops, ("id_lum",))
        self.inputs.bind_field("lum_rango", panel.rank_field, panel.stops, ("rango",))
        self.inputs.bind_people_field(panel.people_field, panel.population)
        self.inputs.bind_services(panel.services)
        self.inputs.changed.connect(self._tell_data)
        panel.new_workspace.clicked.connect(self.create_workspace)
        panel.recognise.clicked.connect(self.recognise_layers)
        for layout in (panel.data_form, panel.network_form, panel.acc_form):
            layout.setRowWrapPolicy(layout.RowWrapPolicy.WrapLongRows)
            layout.setFieldGrowthPolicy(layout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    def _set_up_network(self):
        self.issues = FilteredRows(
            [
                ("tipo", self.tr("Difetto")),
                ("distanza_m", self.tr("Distanza (m)")),
                ("azione", self.tr("Che cosa è stato fatto")),
                ("fid_origine", self.tr("Elemento")),
            ],
            self,
        )
        set_up_table(self.panel.issues, self.issues, (14, 12, 24, 10))
        self._on_row(self.panel.issues, self.issues, self._show_issue)
        self.panel.check_network.clicked.connect(self.check_network)
        self.panel.use_network.clicked.connect(self.use_network)

    def _set_up_lum(self):
        panel = self.panel
        panel.method.addItems([self.tr("Lungo la rete"), self.tr("Cerchio")])
        panel.method.activated.connect(lambda at: remember("lum_metodo", str(at) if at else ""))
        self.lum = FilteredRows(
            [
                ("nome", self.tr("LUM")),
                ("rango", self.tr("Rango")),
                ("popolazione", self.tr("Abitanti")),
                ("n_servizi", self.tr("Servizi")),
                ("n_categorie", self.tr("Ospita")),
                ("n_mancanti", self.tr("Manca")),
            ],
            self,
        )
        set_up_table(panel.lum, self.lum, (17, 14, 9, 8, 8, 7))
        self.reached = FilteredRows(
            [
                ("denominazione", self.tr("Servizio raggiunto")),
                ("categoria", self.tr("Categoria")),
                ("stato", self.tr("Stato")),
                ("giudizio", self.tr("Per la matrice")),
            ],
            self,
        )
        set_up_table(panel.reached, self.reached, (24, 20, 10, 14))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_FOLLOW_PAUSE_MS)
        self._pause.timeout.connect(self.show_lum)
        panel.lum.selectionModel().currentRowChanged.connect(lambda *_: self._on_lum())
        panel.lum.activated.connect(lambda _: self.show_lum())
        self._on_row(panel.reached, self.reached, self._show_service)
        panel.show_lum.clicked.connect(self.show_lum)
        panel.run_lum.clicked.connect(self.compute)
        self._followed = None
        for at, share in enumerate((3, 2, 3)):
            panel.lum_splitter.setStretchFactor(at, share)

    def _set_up_accessibility(self):
        panel = self.panel
        panel.strategy.addItems([self.tr("metri"), self.tr("minuti a piedi")])
        for title, name in (
            (self.tr("Categoria (codice STTM 2)"), "codice_sttm"),
            (self.tr("Macrocategoria"), "macrocategoria"),
        ):
            panel.category_field.addItem(title, name)
        panel.strategy.currentIndexChanged.connect(self._on_strategy)
        self.shares = SharesModel(self)
        set_up_table(panel.shares, self.shares, (22, 8, 9, 9))
        panel.run_accessibility.clicked.connect(self.measure)
        panel.acc_hint.setText(
            self.tr(
                "Quanti abitanti raggiungono almeno un servizio, per categoria e soglia, e da ogni "
                "sezione quanto costa il più vicino. Servono popolazione e servizi."
            )
        )

    @staticmethod
    def _on_row(view, model, show):
        def follow(index, _before):
            row = model.row(index)
            if row is not None:
                show(row)

        view.selectionModel().currentRowChanged.connect(follow)

    # Data ---------------------------------------------------------------------------------

    def recognise_layers(self):
        """Choose the layers by how they are called, and tick those of the services."""
        layers = [
            layer
            for layer in QgsProject.instance().mapLayers().values()
            if hasattr(layer, "fields") and not is_result(layer)
        ]
        combos = {
            "STOPS": self.panel.stops,
            "NETWORK": self.panel.network,
            "POPULATION": self.panel.population,
            "COMUNI": self.panel.boundaries,
        }
        for key, combo in combos.items():
            offered = [combo.layer(at) for at in range(combo.count())]
            fits = [
                layer
                for beginning in _LIKELY[key]
                for layer in offered
                if layer is not None and layer.name().lower().startswith(beginning)
            ]
            if combo.currentLayer() is None and fits:
                remember(key, fits[0].id())
        if not self.inputs.services():
            self.inputs.tick([layer for layer in layers if has_service_fields(layer)])

    def missing(self) -> str:
        """Return the sentence on what is needed and isn't there, "" when all is."""
        if self.panel.stops.currentLayer() is None:
            return self.tr("Scegliere il layer delle fermate: da lì partono i LUM.")
        if self.panel.method.currentIndex() == 0 and self.panel.network.currentLayer() is None:
            return self.tr("Scegliere la rete, oppure il metodo «Cerchio» che ne fa a meno.")
        return ""

    def _tell_data(self, *_):
        known = layer_parameters(("STOPS", "NETWORK", "POPULATION", "COMUNI"))
        lacks = [
            (self.tr("fermate (Agenzia di bacino, Dati Lombardia)"), "STOPS"),
            (self.tr("rete (DBT comunale, OpenStreetMap): senza, solo cerchi"), "NETWORK"),
            (self.tr("popolazione (ISTAT, sezioni di censimento): senza, non si contano gli "
                     "abitanti"), "POPULATION"),
        ]  # fmt: skip
        said = [text for text, key in lacks if key not in known]
        if not self.inputs.services():
            said.append(self.tr("servizi: senza, non si dice che cosa un LUM ospita"))
        self.panel.data_hint.setText(
            self.tr("Manca: {}.").format("; ".join(said))
            if said
            else self.tr("C'è tutto: scheda LUM, «Calcola i bacini».")
        )
        has_network = self.panel.network.currentLayer() is not None
        self.panel.network_hint.setText(
            self.tr("Rete scelta: «{}».").format(self.panel.network.currentLayer().name())
            if has_network
            else self.tr("Scegliere la rete nella scheda Dati: DBT comunale o OpenStreetMap.")
        )
        self.on_busy(self.is_running())

    # Network ------------------------------------------------------------------------------

    def check_network(self):
        """Run ``sttm:preparenetwork`` on the chosen network."""
        layer = self.panel.network.currentLayer()
        if self.is_running():
            return
        if layer is None:
            self.panel.tabs.setCurrentIndex(DATA)
            self.warn(self.tr("Scegliere la rete da controllare."))
            return
        parameters = {
            "INPUT": layer.id(),
            "SNAP_GAPS": self.panel.snap_gaps.value(),
            "SPLIT_AT_CROSSINGS": self.panel.split.isChecked(),
            "OUTPUT": "TEMPORARY_OUTPUT",
            "ISSUES": "TEMPORARY_OUTPUT",
        }

        def on_checked(run, results):
            self.take(run, results.get("OUTPUT"), "rete", self.tr("Rete preparata"))
            self.take(run, results.get("ISSUES"), "difetti_rete", self.tr("Difetti della rete"))
            share = float(results["LARGEST_COMPONENT_SHARE"])
            said = self.tr("{} archi, {} nodi, {} parti separate; la maggiore ha il {} %.").format(
                number(int(results["EDGES"])),
                number(int(results["NODES"])),
                number(int(results["COMPONENTS"])),
                number(round(100 * share, 1)),
            )
            remember("esito_rete", said)
            self._show_issues()
            self.praise(self.tr("Rete controllata: {}.").format(self._counted_issues()))

        self.start("sttm:preparenetwork", parameters, on_checked)

    def use_network(self):
        """Choose the prepared network in the place of the one it was made from."""
        layer = result_layer("rete")
        if layer is None:
            self.warn(self.tr("Prima «Controlla la rete»."))
            return
        remember("NETWORK", layer.id())
        self.tell(self.tr("Ora si usa «{}».").format(layer.name()))

    def _show_issues(self):
        layer = result_layer("difetti_rete")
        rows = rows_of(layer, _MOST_ISSUES)
        self._issue_count = 0 if layer is None else layer.featureCount()
        for at, row in enumerate(rows):
            row["at"] = at
            row["tipo"] = str(row["tipo"] or "").replace("_", " ")
            row["fid_origine"] = str(row["fid_origine"])
        self.issues.set_rows(rows)
        said = recall("esito_rete")
        if said:
            said += " " + self.tr("In tutto {}.").format(self._counted_issues())
            if self._issue_count > len(rows):
                said += " " + self.tr("Elencati i primi {}.").format(number(len(rows)))
        self.panel.network_summary.setText(said)
        self.panel.use_network.setEnabled(result_layer("rete") is not None)

    def _counted_issues(self):
        count = self._issue_count
        if not count:
            return self.tr("nessun difetto")
        one = count == 1
        return self.tr("un difetto") if one else self.tr("{} difetti").format(number(count))

    def _show_issue(self, row):
        layer = result_layer("difetti_rete")
        if layer is None:
            return
        for at, feature in enumerate(layer.getFeatures()):
            if at == row["at"]:
                place = QgsGeometry(feature.geometry())
                show_on_map(self.iface.mapCanvas(), [(place, layer.crs())])
                return

    # LUM ----------------------------------------------------------------------------------

    def compute(self):
        """Run ``sttm:lumcatchment``, then ``sttm:lumservices`` where services are ticked."""
        if self.is_running():
            return
        missing = self.missing()
        if missing:
            self.panel.tabs.setCurrentIndex(DATA)
            self.warn(missing)
            return
        method = self.panel.method.currentIndex()
        parameters = {
            "METHOD": method,
            "OUTPUT": self.destination("lum", "(geom)"),
            **layer_parameters(("STOPS", "POPULATION", "COMUNI")),
        }
        if method == 0:
            parameters.update(layer_parameters(("NETWORK",)))
        for name, combo in (
            ("ID_FIELD", self.panel.id_field),
            ("RANK_FIELD", self.panel.rank_field),
        ):
            if combo.currentField():
                parameters[name] = combo.currentField()

        def on_drawn(run, results):
            layer = self.take(run, results["OUTPUT"], "bacini", self.tr("Bacini dei LUM"))
            self._follow_layer(layer)
            remember("LUM", layer.id())
            if self.inputs.services():
                self._ask_services(layer)
            else:
                self._show_lum()
                self._arrive(self.tr("{} LUM, senza servizi.").format(len(self.lum.rows)))

        self.start("sttm:lumcatchment", parameters, on_drawn)

    def _ask_services(self, layer):
        parameters = {
            "LUM": layer.id(),
            "SERVICES": [one.id() for one in self.inputs.services()],
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REACHED": "TEMPORARY_OUTPUT",
        }
        parameters.update(criteria_parameters())

        def on_asked(run, results):
            title = self.tr("Categorie dei LUM")
            self.take(run, results["OUTPUT"], "lum_categorie", title)
            title = self.tr("Servizi raggiunti dai LUM")
            self.take(run, results["REACHED"], "lum_raggiunti", title)
            self._show_lum()
            self._arrive(
                self.tr("{} LUM raggiungono {} servizi; {} categorie preferite mancano.").format(
                    *(
                        number(int(results[name]))
                        for name in ("LUM_COUNT", "REACHED_COUNT", "MISSING_COUNT")
                    )
                )
            )

        self.runs.start("sttm:lumservices", parameters, on_asked)

    def _arrive(self, said):
        self.panel.tabs.setCurrentIndex(LUM)
        if self.lum.rows:
            select_row(self.panel.lum, 0)
        self.panel.lum.setFocus()
        self.praise(said)

    def _show_lum(self):
        """Show the results that are in the project."""
        rows = rows_of(result_layer("lum_categorie"))
        if not rows:
            known: dict = {}
            for row in rows_of(result_layer("bacini")):
                # One row for each distance: that of the rank comes first.
                known.setdefault(row["id_lum"], row)
            rows = list(known.values())
        for row in rows:
            row["nome"] = row.get("nome") or row["id_lum"]
            if row.get("popolazione") is not None:
                row["popolazione"] = round(row["popolazione"])
        self.lum.set_rows(rows)
        tabs, title = self.panel.tabs, "LUM"
        tabs.setTabText(LUM, f"{title} ({len(rows)})" if rows else title)
        self.panel.lum_hint.setText(
            self.tr("Ogni LUM con ciò che serve. Un clic porta al LUM; sotto, i servizi raggiunti.")
            if rows
            else self.tr("I bacini non sono ancora calcolati: «Calcola i bacini» (F5).")
        )
        self._on_lum()

    def _current_lum(self):
        return self.lum.row(self.panel.lum.currentIndex())

    def _on_lum(self):
        row = self._current_lum()
        self.panel.show_lum.setEnabled(row is not None)
        if row is None:
            self.panel.lum_detail.clear()
            self.reached.set_rows([])
            return
        self.panel.lum_detail.setHtml(self._lum_html(row))
        self.reached.set_rows(self._reached_by(row["id_lum"]))
        if self.panel.follow.isChecked():
            # The map follows when the cursor rests, not through every row passed by.
            self._pause.start()

    @staticmethod
    def _reached_by(id_lum):
        layer = result_layer("lum_raggiunti")
        return [] if layer is None else rows_of(layer, request=_of("id_lum", id_lum))

    def _lum_html(self, row):
        head = " · ".join(
            str(part)
            for part in (
                row.get("rango"),
                row.get("stato"),
                row.get("contesto"),
                row.get("raggio_m") and self.tr("{} m").format(number(row["raggio_m"])),
            )
            if part
        )
        lines = [
            (self.tr("Abitanti nel bacino"), number(row.get("popolazione"))),
            (self.tr("Servizi"), self._counts(row)),
            (self.tr("Ospita"), row.get("ospita")),
            (self.tr("Manca, ed è preferita"), row.get("manca")),
            (self.tr("Ospita, ma non preferita"), row.get("categorie_non_preferite")),
        ]
        table = "".join(
            f"<tr><td><small>{escape(label)}</small>&nbsp;&nbsp;</td>"
            f"<td>{escape(str(text))}</td></tr>"
            for label, text in lines
            if text
        )
        note = self.tr("La matrice delle categorie è una proposta del progetto, non ufficiale.")
        return (
            f"<p><b>{escape(str(row['nome']))}</b><br><small>{escape(head)}</small></p>"
            f"<table cellspacing='0' cellpadding='2'>{table}</table>"
            f"<p><small>{escape(note)}</small></p>"
        )

    def _counts(self, row):
        if row.get("n_servizi") is None:
            return ""
        if not row["n_previsti"]:
            return number(row["n_servizi"])
        return self.tr("{}, di cui {} previsti").format(
            number(row["n_servizi"]), number(row["n_previsti"])
        )

    def show_lum(self):
        """Bring the chosen LUM into view and flash it."""
        row, layer = self._current_lum(), result_layer("bacini")
        if row is None or layer is None:
            return
        objects = [
            (QgsGeometry(feature.geometry()), layer.crs())
            for feature in layer.getFeatures(_of("id_lum", row["id_lum"]))
            if feature.hasGeometry()
        ]
        # Flashed, not selected: a selected area hides what lies in it.
        show_on_map(self.iface.mapCanvas(), objects)

    def _show_service(self, row):
        layer = result_layer("lum_raggiunti")
        if layer is None:
            return
        request = _of("id_servizio", row["id_servizio"]).setLimit(1)
        places = [(QgsGeometry(one.geometry()), layer.crs()) for one in layer.getFeatures(request)]
        show_on_map(self.iface.mapCanvas(), places)

    def _follow_layer(self, layer):
        """A LUM chosen on the map comes under the cursor."""
        if layer is self._followed:
            return
        if layer is not None:
            layer.selectionChanged.connect(self._on_selected)
        self._followed = layer

    def _on_selected(self, selected, _deselected, _clear):
        layer = result_layer("bacini")
        if layer is None or len(selected) != 1:
            return
        identifier = layer.getFeature(selected[0])["id_lum"]
        at = self.lum.place_of("id_lum", identifier)
        if at >= 0:
            select_row(self.panel.lum, at)

    # Accessibility ------------------------------------------------------------------------

    def _on_strategy(self, at):
        if self.panel.thresholds.text().strip() in ("", *_THRESHOLDS):
            self.panel.thresholds.setText(_THRESHOLDS[at])

    def measure(self):
        """Run ``sttm:accessibility`` from the population to the ticked services."""
        if self.is_running():
            return
        known = layer_parameters(("POPULATION", "NETWORK", "COMUNI"))
        services = [layer.id() for layer in self.inputs.services()]
        if "POPULATION" not in known or not services:
            self.panel.tabs.setCurrentIndex(DATA)
            self.warn(self.tr("Scegliere la popolazione e spuntare i servizi."))
            return
        parameters = {
            "ORIGINS": known.pop("POPULATION"),
            "STRATEGY": self.panel.strategy.currentIndex(),
            "THRESHOLDS": self.panel.thresholds.text().strip(),
            "CATEGORY_FIELD": self.panel.category_field.currentData(),
            "OUTPUT": "TEMPORARY_OUTPUT",
            "SUMMARY": "TEMPORARY_OUTPUT",
            **known,
        }
        self.message_bar.clearWidgets()
        self._filter_services(services, [], parameters)

    def _filter_services(self, left, kept, parameters):
        """Leave out what is not supply: ``sttm:accessibility`` takes whatever it is given."""
        if not left:
            self._measure({**parameters, "SERVICES": kept})
            return
        states = [
            "esistente",
            *(("previsto", "in_corso") if self.panel.planned.isChecked() else ()),
        ]
        listed = ", ".join(QgsExpression.quotedValue(state) for state in states)

        def on_filtered(run, results):
            layer = layer_of(run, results["OUTPUT"])
            kept.append(run.context.temporaryLayerStore().takeMapLayer(layer))
            self._filter_services(left[1:], kept, parameters)

        self.runs.start(
            "native:extractbyexpression",
            {
                "INPUT": left[0],
                "EXPRESSION": "coalesce(attribute($currentfeature, 'stato'), 'esistente') "
                f"IN ({listed})",
                "OUTPUT": "TEMPORARY_OUTPUT",
            },
            on_filtered,
        )

    def _measure(self, parameters):
        def on_measured(run, results):
            self.take(run, results["OUTPUT"], "accessibilita", self.tr("Accessibilità"))
            title = self.tr("Abitanti serviti")
            self.take(run, results["SUMMARY"], "abitanti_serviti", title)
            self._show_shares()
            self.praise(self.panel.acc_summary.text())

        self.runs.start("sttm:accessibility", parameters, on_measured)

    def _show_shares(self):
        rows = [
            row for row in rows_of(result_layer("abitanti_serviti")) if row["livello"] == "totale"
        ]
        known = known_categories() if rows else {}
        names = {code: f"{code} {name}" for code, (name, _) in known.items()}
        for row in rows:
            row["nome_letto"] = names.get(row["categoria"], row["categoria"])
            row["servita"] = (
                None if row["popolazione_servita"] is None else round(row["popolazione_servita"])
            )
            row["quota_letta"] = None if row["quota"] is None else round(100 * row["quota"], 1)
        self.shares.set_rows(rows)
        if not rows:
            self.panel.acc_summary.setText("")
            return
        self.panel.acc_summary.setText(
            self.tr("{} abitanti, {} categorie di servizi.").format(
                number(round(rows[0]["popolazione"] or 0)),
                number(len({row["categoria"] for row in rows})),
            )
        )

    # State --------------------------------------------------------------------------------

    def restore(self):
        """Show what the project remembers: choices, results, page."""
        self.inputs.restore()
        method, strategy = recall("lum_metodo"), recall("costo")
        self.panel.method.setCurrentIndex(int(method) if method.isdigit() else 0)
        self.panel.thresholds.setText("")
        at = int(strategy) if strategy.isdigit() else 1
        self.panel.strategy.setCurrentIndex(at)
        self.panel.thresholds.setText(recall("soglie") or _THRESHOLDS[at])
        self._follow_layer(result_layer("bacini"))
        self._show_issues()
        self._show_lum()
        self._show_shares()
        self._tell_data()
        page = recall("scheda_lum")
        first = DATA if recall("comune") or recall("STOPS") else GUIDE
        self.panel.tabs.setCurrentIndex(int(page) if page.isdigit() else first)

    def remember_view(self, *_):
        """Write page and choices of the view: when the project is saved, not at each click."""
        at, thresholds = self.panel.strategy.currentIndex(), self.panel.thresholds.text().strip()
        remember("costo", "" if at == 1 else str(at))
        remember("soglie", "" if thresholds == _THRESHOLDS[at] else thresholds)
        remember("scheda_lum", str(self.panel.tabs.currentIndex()))

    def on_told(self, key):
        """Follow a choice made in another panel."""
        self.inputs.follow(key)

    def on_results_gone(self, roles):
        """Show nothing of the layers that go."""
        if roles & {"bacini", "lum_categorie", "lum_raggiunti"}:
            self._followed = None
            self.lum.set_rows([])
            self._on_lum()
        if "difetti_rete" in roles:
            self.issues.set_rows([])
        if "abitanti_serviti" in roles:
            self.shares.set_rows([])

    def on_busy(self, busy):
        """While something runs nothing else can be started."""
        for button in (
            self.panel.new_workspace,
            self.panel.run_lum,
            self.panel.run_accessibility,
        ):
            button.setEnabled(not busy)
        ready = self.panel.network.currentLayer() is not None
        self.panel.check_network.setEnabled(ready and not busy)

    # Keys ---------------------------------------------------------------------------------

    def keys(self):
        """Return what the keys do here."""
        return {"F5": self._again}

    def _again(self):
        """Compute what the page shows."""
        page = self.panel.tabs.currentIndex()
        if page == NETWORK:
            self.check_network()
        elif page == ACCESSIBILITY:
            self.measure()
        else:
            self.compute()

    def close_down(self):
        """Follow no LUM any more."""
        self._pause.stop()
        layer = result_layer("bacini")
        if layer is not None and layer is self._followed:
            layer.selectionChanged.disconnect(self._on_selected)
        super().close_down()


def _of(field, value):
    request = QgsFeatureRequest()
    request.setFilterExpression(f'"{field}" = {QgsExpression.quotedValue(value)}')
    return request


def _tr(text):
    return QCoreApplication.translate("LumDock", text)
