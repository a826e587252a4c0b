#!/usr/bin/env bash
# Opens the demonstration in a real QGIS window (Xvfb, clean profile) and takes docs/immagini/*.png.
# Fails when the panel or the message log has an error of the plugin.
set -euo pipefail
cd "$(dirname "$0")/.."

TARGET="${1:-docs/immagini}"
for tool in xvfb-run import qgis; do
    command -v "$tool" >/dev/null && continue
    echo "Manca «$tool»: apt-get install --no-install-recommends qgis xvfb imagemagick" >&2
    exit 2
done
QGIS=/usr/bin/qgis.bin
[ -x "$QGIS" ] || QGIS=qgis

tools/package.sh >/dev/null
[ -f build/demo/verifica.qgz ] || make --no-print-directory demo >/dev/null

# Not below /tmp: QGIS would mark the layers there as temporary.
work="$PWD/build/screenshots"
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work" "${runtime:-}"' EXIT
plugins="$work/profiles/default/python/plugins"
mkdir -p "$plugins" "$work/profiles/default/QGIS" "$TARGET"
runtime="$(mktemp -d)"
chmod 700 "$runtime"
cp -r build/sttm_plugin "$plugins/"
cp -r build/demo "$work/demo"
cat >"$work/profiles/default/QGIS/QGIS3.ini" <<'INI'
[PythonPlugins]
sttm_plugin=true
processing=true

[locale]
overrideFlag=true
userLocale=it

[app]
checkVersion=false

[qgis]
showTips=false
checkVersion=false
newsFeed\disabled=true

[core]
NewsFeed\httpsfeedqgisorg\disabled=true
INI

unset QGIS_CUSTOM_CONFIG_PATH QGIS_PLUGINPATH SOURCE_DATE_EPOCH
export QT_QPA_PLATFORM=xcb
export STTM_ROOT="$PWD" STTM_DEMO="$work/demo" STTM_PICTURES="$(realpath "$TARGET")" STTM_LOG="$work/log.txt"
export XDG_RUNTIME_DIR="$runtime" PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
timeout 700 xvfb-run -a -s "-screen 0 1680x1000x24" "$QGIS" --nologo --noversioncheck \
    --profiles-path "$work" --code tools/screenshots.py >"$work/out.txt" 2>&1 || true

if [ ! -f "$STTM_LOG" ]; then
    echo "QGIS non ha finito:" >&2
    tail -30 "$work/out.txt" >&2
    exit 1
fi
cat "$STTM_LOG"
! grep -q "^ERRORE" "$STTM_LOG"
