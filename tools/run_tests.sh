#!/usr/bin/env bash
# Runs the four layers of tests, or those named; leaves build/test/<layer>.xml beside each.
set -uo pipefail
cd "$(dirname "$0")/.."

LAYERS=("$@")
[ ${#LAYERS[@]} -gt 0 ] || LAYERS=(core algorithms gui endtoend)

# A profile of its own: nothing of the user's QGIS is read or written.
XDG_RUNTIME_DIR="$(mktemp -d)"
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
chmod 700 "$XDG_RUNTIME_DIR"
export XDG_RUNTIME_DIR QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH="/usr/share/qgis/python:/usr/share/qgis/python/plugins${PYTHONPATH:+:$PYTHONPATH}"

mkdir -p build/test
failed=()
for layer in "${LAYERS[@]}"; do
    echo "== tests/$layer"
    rm -f "build/test/$layer.xml"
    options=(--junitxml="build/test/$layer.xml" -q --timeout=600)
    # Without QGIS: the import itself is refused.
    [ "$layer" = core ] && options+=(-p tools.no_qgis -p no:pytest_qgis -p no:pytest-qt)
    .venv/bin/python -m pytest "tests/$layer" "${options[@]}" </dev/null || failed+=("$layer")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "Prove non riuscite: ${failed[*]}" >&2
    exit 1
fi
