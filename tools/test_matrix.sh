#!/usr/bin/env bash
# Runs the algorithm and end-to-end tests on newer QGIS, each in a Debian chroot of its own.
# Usage (as root): tools/test_matrix.sh [suite …]; leaves build/matrix/<suite>/ and the table.
set -uo pipefail
cd "$(dirname "$0")/.."

SUITES=("$@")
[ ${#SUITES[@]} -gt 0 ] || SUITES=(trixie sid)
# Outside the tree: a chroot is large, and made once.
ROOTS="${STTM_MATRIX:-/var/tmp/sttm-matrix}"
PACKAGES=(qgis python3-qgis qgis-providers python3-geopandas python3-jinja2 python3-scipy
    python3-pyqt6 pyqt6-dev-tools python3-venv python3-pip xvfb xauth imagemagick zip fonts-dejavu-core
    ca-certificates procps make)
LAYERS=(algorithms endtoend)

[ "$(id -u)" -eq 0 ] || { echo "Le chroot di Debian si fanno da amministratore: rieseguire come root." >&2; exit 1; }
command -v debootstrap >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap </dev/null >/dev/null ||
    { echo "Manca debootstrap: apt-get install debootstrap." >&2; exit 1; }

mounted=()
unmount() {
    local place
    for place in "${mounted[@]}"; do umount -l "$place" 2>/dev/null; done
    mounted=()
}
trap unmount EXIT

mount_in() { # root, kind-or-source, place
    mkdir -p "$1/$3"
    mountpoint -q "$1/$3" && return
    if [ "$2" = proc ]; then mount -t proc proc "$1/$3"; else mount --bind "$2" "$1/$3"; fi &&
        mounted+=("$1/$3")
}

prepare() { # suite
    local root="$ROOTS/$1"
    mkdir -p "$ROOTS"
    [ -x "$root/bin/sh" ] || debootstrap --variant=minbase "$1" "$root" >"build/matrix/$1/debootstrap.log" 2>&1 ||
        { tail -5 "build/matrix/$1/debootstrap.log" >&2; return 1; }
    mount_in "$root" proc proc || return 1
    local wanted
    wanted="$(sha256sum requirements-dev.txt | cut -d' ' -f1) ${PACKAGES[*]}"
    [ "$(cat "$root/opt/.ready" 2>/dev/null)" = "$wanted" ] && return 0
    # Mirrors of the development suite may lag behind the date to which its index is valid.
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90lag"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # The certificates that this machine trusts: pip in the chroot goes the same way out.
    cp -L /etc/ssl/certs/ca-certificates.crt requirements-dev.txt "$root/opt/"
    chroot "$root" /usr/bin/env -i PATH="$PATH" DEBIAN_FRONTEND=noninteractive \
        PIP_CERT=/opt/ca-certificates.crt sh -ec "
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends ${PACKAGES[*]}
        python3 -m venv --system-site-packages /opt/venv
        /opt/venv/bin/pip install --quiet --disable-pip-version-check -r /opt/requirements-dev.txt
    " </dev/null >"build/matrix/$1/install.log" 2>&1 || { tail -5 "build/matrix/$1/install.log" >&2; return 1; }
    echo "$wanted" >"$root/opt/.ready"
}

run() { # suite
    local root="$ROOTS/$1" report="$PWD/build/matrix/$1"
    rm -rf "$root/srv/sttm/main" && mkdir -p "$root/srv/sttm/main"
    git ls-files -co --exclude-standard -z | tar --null -T - -c --ignore-failed-read 2>/dev/null |
        tar -x -C "$root/srv/sttm/main"
    ln -s /opt/venv "$root/srv/sttm/main/.venv"
    [ -d ../shared ] && mount_in "$root" "$(realpath ../shared)" srv/sttm/shared
    chroot "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 CI=true \
        sh -c "cd /srv/sttm/main && tools/run_tests.sh ${LAYERS[*]}" </dev/null >"$report/tests.log" 2>&1
    local failed=$?
    for layer in "${LAYERS[@]}"; do
        cp "$root/srv/sttm/main/build/test/$layer.xml" "$report/" 2>/dev/null
    done
    chroot "$root" sh -c "cd /srv/sttm/main && python3 tools/check_qt6.py" </dev/null >"$report/qt6.txt" 2>&1 ||
        { cat "$report/qt6.txt" >&2; failed=1; }
    chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' qgis python3 python3-numpy \
        python3-geopandas python3-shapely >"$report/versions.txt"
    [ $failed -eq 0 ] || tail -40 "$report/tests.log" >&2
    return $failed
}

status=0
for suite in "${SUITES[@]}"; do
    mkdir -p "build/matrix/$suite"
    echo "== $suite"
    prepare "$suite" && run "$suite" || { echo "$suite: non riuscita" >&2; status=1; }
    unmount
done
python3 tools/matrix_table.py "${SUITES[@]}"
exit $status
