#!/usr/bin/env bash
# Deploys the plugin into build/sttm_plugin and zips it as build/sttm_plugin.zip.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf build/sttm_plugin build/sttm_plugin.zip zip_build sttm_plugin.zip
mkdir -p build
tools/manual.sh >build/manual.log 2>&1 || { cat build/manual.log >&2; exit 1; }
.venv/bin/pb_tool deploy -y >build/package.log 2>&1 || { cat build/package.log >&2; exit 1; }
find build/sttm_plugin -name __pycache__ -prune -exec rm -rf {} +
cp CHANGELOG.md build/sttm_plugin/ 2>/dev/null || true
.venv/bin/pb_tool zip -q >>build/package.log 2>&1 || { cat build/package.log >&2; exit 1; }
# Some versions of pb_tool write beside us, others into zip_build/.
if [ -f zip_build/sttm_plugin.zip ]; then
    mv zip_build/sttm_plugin.zip build/
    rm -rf zip_build
else
    mv sttm_plugin.zip build/
fi
# pb_tool stamps the commit into metadata.txt: a hash detect-secrets takes for a secret, and a
# date that makes two builds differ.
sed -i -E '/^(commitSha1|commitNumber|dateTime) *=/d' build/sttm_plugin/metadata.txt
(cd build && zip -q sttm_plugin.zip sttm_plugin/metadata.txt)
# Two folders where a plugin should be mean that the package itself was left out.
test -f build/sttm_plugin/metadata.txt && test -f build/sttm_plugin/resources/manuale/index.html || { echo "Il pacchetto è incompleto." >&2; exit 1; }
echo "build/sttm_plugin.zip ($(du -k build/sttm_plugin.zip | cut -f1) KiB)"
