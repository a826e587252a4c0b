#!/usr/bin/env bash
# Installs what is missing: `system` = QGIS and the libraries it uses (apt), `dev` = also the venv.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=/usr/bin/python3
PACKAGES=(qgis python3-qgis qgis-providers python3-geopandas python3-jinja2 python3-venv
    python3-pip xvfb xauth imagemagick zip fonts-dejavu-core)
# What tests compare with (Debian 12 names); where one is missing its tests are skipped, and say so.
ORACLES=(postgresql-15-postgis-3 postgresql-15-pgrouting python3-scipy python3-matplotlib
    python3-psycopg2)

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

oracles_are_ready() {
    "$PYTHON" -c "import matplotlib, psycopg2, scipy" 2>/dev/null &&
        compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null &&
        compgen -G "/usr/share/postgresql/*/extension/postgis.control" >/dev/null &&
        compgen -G "/usr/share/postgresql/*/extension/pgrouting.control" >/dev/null
}

# Tests run without them, so nothing here stops the setup.
install_oracles() {
    oracles_are_ready && return
    local sudo="" package
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
    if command -v apt-get >/dev/null && { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
        echo "Installazione di PostGIS, pgRouting e scipy per i confronti (solo la prima volta)…"
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true
        # One at a time: a name that this release lacks must not hold back the others.
        for package in "${ORACLES[@]}"; do
            $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                --no-install-recommends "$package" </dev/null >/dev/null 2>&1 || true
        done
    fi
    oracles_are_ready ||
        echo "Mancano alcuni fra ${ORACLES[*]}: le prove che li usano saranno saltate." >&2
}

install_dev() {
    local wanted
    install_oracles
    wanted="$(cat requirements-dev.txt requirements-oracles.txt | sha256sum | cut -d' ' -f1)"
    [ "$(cat .venv/.ready 2>/dev/null)" = "$wanted" ] && return
    [ -x .venv/bin/python ] || "$PYTHON" -m venv --system-site-packages .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
        -r requirements-oracles.txt
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
