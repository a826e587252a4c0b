#!/usr/bin/env bash
# Installs what is missing: `system` = QGIS and the libraries it uses (apt), `dev` = also the venv.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=/usr/bin/python3
PACKAGES=(qgis python3-qgis qgis-providers python3-geopandas python3-jinja2 python3-venv
    python3-pip xvfb xauth imagemagick zip fonts-dejavu-core)

system_is_ready() {
    QT_QPA_PLATFORM=offscreen "$PYTHON" -c \
        "import geopandas, jinja2, processing.core.Processing, qgis.core, venv, ensurepip" \
        2>/dev/null && command -v qgis_process >/dev/null
}

# PyQGIS finds the bundled plugins (processing) here.
export PYTHONPATH="/usr/share/qgis/python/plugins:/usr/share/qgis/python${PYTHONPATH:+:$PYTHONPATH}"

install_system() {
    system_is_ready && command -v zip >/dev/null && command -v xvfb-run >/dev/null &&
        command -v import >/dev/null && return
    local sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Servono i permessi di amministratore: rieseguire come root o installare sudo." >&2
            exit 1
        }
        sudo="sudo"
    fi
    command -v apt-get >/dev/null || {
        echo "Manca QGIS e non c'è apt: installare QGIS (>= 3.22) e GeoPandas, poi riprovare." >&2
        exit 1
    }
    echo "Installazione di QGIS e delle librerie (alcuni minuti, solo la prima volta)…"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${PACKAGES[@]}" </dev/null >/dev/null
    system_is_ready || {
        echo "QGIS è installato ma non si importa da $PYTHON: controllare PYTHONPATH." >&2
        exit 1
    }
}

install_dev() {
    local wanted
    wanted="$(sha256sum requirements-dev.txt | cut -d' ' -f1)"
    [ "$(cat .venv/.ready 2>/dev/null)" = "$wanted" ] && return
    [ -x .venv/bin/python ] || "$PYTHON" -m venv --system-site-packages .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
    echo "$wanted" >.venv/.ready
}

case "${1:-dev}" in
    system) install_system ;;
    dev)
        install_system
        install_dev
        ;;
    *)
        echo "Uso: tools/setup.sh [system|dev]" >&2
        exit 2
        ;;
esac
