# STTM 2: `make help` lists what can be asked.
SHELL := /bin/bash
PYTHON := /usr/bin/python3
QGIS_PYTHON := QT_QPA_PLATFORM=offscreen PYTHONPATH=/usr/share/qgis/python:/usr/share/qgis/python/plugins $(PYTHON)
PROFILE ?= $(HOME)/.local/share/QGIS/QGIS3/profiles/default
INPUT ?=
COMUNE ?=
OUTPUT ?= build/demo
LETTURA2 ?= build/lettura2

.DEFAULT_GOAL := help
.PHONY: help demo test test-core test-algorithms test-gui test-endtoend lint package security \
	deploy styles model screenshots accessibility-map acceptance lettura2 benchmark \
	benchmark-classification benchmark-reconciliation benchmark-intake benchmark-checkplan \
	system dev clean test-matrix

help: ## elenca i comandi
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-31s %s\n", $$1, $$2}'
	@echo "  make demo INPUT=<cartella>    la stessa verifica sui propri layer (vedi README)"

demo: system ## comune dimostrativo: tutta la verifica, risultati in build/demo
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo $(QGIS_PYTHON) -m demo.run \
		--output "$(OUTPUT)" $(if $(INPUT),--input "$(INPUT)") $(if $(COMUNE),--comune "$(COMUNE)"); status=$$?; rm -rf $$runtime; exit $$status

test: dev ## tutte le prove (quattro livelli), poi lint e sicurezza del pacchetto
	@tools/run_tests.sh core algorithms gui endtoend
	@$(MAKE) --no-print-directory lint security
	@.venv/bin/python tools/count_tests.py build/test

test-core test-algorithms test-gui test-endtoend: test-%: dev ## un solo livello di prove
	@tools/run_tests.sh $*

test-matrix: ## prove su QGIS più recenti (chroot di Debian trixie e sid, come root)
	@tools/test_matrix.sh

lint: dev ## controlla lo stile del codice
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .

package: dev ## build/sttm_plugin.zip, da installare in QGIS
	@tools/package.sh

security: package ## bandit e detect-secrets su ciò che si distribuisce
	@.venv/bin/bandit -q -r build/sttm_plugin
	@.venv/bin/python tools/check_secrets.py build/sttm_plugin

deploy: package ## copia il plugin nel profilo di QGIS (PROFILE=<cartella>)
	@mkdir -p "$(PROFILE)/python/plugins" && rm -rf "$(PROFILE)/python/plugins/sttm_plugin"
	@cp -r build/sttm_plugin "$(PROFILE)/python/plugins/" && echo "Copiato in $(PROFILE)/python/plugins"

screenshots: dev ## immagini del pannello e della mappa in docs/immagini
	@tools/screenshots.sh

.PHONY: accessibility-map
accessibility-map: system ## mappa dell'accessibilità di un luogo reale, in docs/immagini
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo $(QGIS_PYTHON) -m tools.accessibility_map; \
	status=$$?; rm -rf $$runtime; exit $$status

acceptance: dev ## comuni reali dai dati aperti in ../shared/data
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo $(QGIS_PYTHON) -m acceptance.run; \
	status=$$?; rm -rf $$runtime; exit $$status

lettura2: system ## Lettura 2 della provincia 015 dai dati aperti, in build/lettura2
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo CPL_LOG=/dev/null \
		$(QGIS_PYTHON) -m acceptance.lettura2 --output "$(LETTURA2)"; \
	status=$$?; rm -rf $$runtime; exit $$status

benchmark: system ## il motore di rete a confronto con QGIS, scipy e C: benchmarks/RESULTS.md
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo $(QGIS_PYTHON) -m benchmarks; \
	status=$$?; rm -rf $$runtime; exit $$status

benchmark-classification: dev ## precisione e richiamo della classificazione sui dati aperti
	@.venv/bin/python -m benchmarks.classification

benchmark-reconciliation: system ## precisione e richiamo della riconciliazione sui dati reali
	@$(QGIS_PYTHON) -m benchmarks.reconciliation

benchmark-intake: system ## importazione a confronto con la conversione di GDAL
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime QGIS_CUSTOM_CONFIG_PATH=$$runtime/profilo $(QGIS_PYTHON) -m benchmarks.intake \
		--report benchmarks/INTAKE.md; status=$$?; rm -rf $$runtime; exit $$status

benchmark-checkplan: system ## verifica di 20.000, 40.000 e 60.000 servizi: benchmarks/CHECKPLAN.md
	@runtime=$$(mktemp -d) && chmod 700 $$runtime && \
	XDG_RUNTIME_DIR=$$runtime $(QGIS_PYTHON) -m benchmarks.checkplan; \
	status=$$?; rm -rf $$runtime; exit $$status

styles: system ## rigenera styles/*.qml
	@QT_HASH_SEED=0 $(QGIS_PYTHON) tools/build_styles.py

model: system ## rigenera il modello verifica_completa.model3
	@$(QGIS_PYTHON) tools/build_model.py

.PHONY: manual
manual: dev ## manuale in linea (HTML) da docs/manuale, in sttm_plugin/resources/manuale
	@tools/manual.sh

system: ## installa QGIS e le librerie, se mancano
	@tools/setup.sh system

dev: ## prepara .venv per prove e pacchetto
	@tools/setup.sh dev

clean: ## cancella build/
	@rm -rf build zip_build
