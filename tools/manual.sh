#!/usr/bin/env bash
# Builds the manual where the plugin opens it. The algorithms are asked for their help: QGIS is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
runtime=$(mktemp -d)
trap 'rm -rf "$runtime"' EXIT
chmod 700 "$runtime"
XDG_RUNTIME_DIR="$runtime" QGIS_CUSTOM_CONFIG_PATH="$runtime/profilo" QT_QPA_PLATFORM=offscreen \
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="/usr/share/qgis/python:/usr/share/qgis/python/plugins" \
    .venv/bin/python -m tools.build_manual "$@"
