"""The packaged plugin in a profile of its own, driven through qgis_process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class QgisProcess:
    """Runs qgis_process in one profile and returns what it said."""

    def __init__(self, binary, home):
        self._binary = binary
        runtime = home / "runtime"
        runtime.mkdir(mode=0o700)
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            "QGIS_CUSTOM_CONFIG_PATH": str(home / "profile"),
            "QGIS_PLUGINPATH": str(home / "plugins"),
            "XDG_RUNTIME_DIR": str(runtime),
            "QT_QPA_PLATFORM": "offscreen",
            "SOURCE_DATE_EPOCH": "1735689600",
        }

    def call(self, *arguments):
        """Return the finished process."""
        return subprocess.run(
            [self._binary, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def run(self, algorithm, **parameters):
        """Run an algorithm and return its results; a list is a repeated parameter."""
        done = self.call("run", "--json", f"sttm:{algorithm}", "--", *_written(parameters))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return json.loads(done.stdout)["results"]

    def refuse(self, algorithm, **parameters):
        """Run an algorithm that must fail and return everything it said."""
        done = self.call("run", f"sttm:{algorithm}", "--", *_written(parameters))
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "Traceback" not in said
        return said


def _written(parameters):
    for name, value in parameters.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield f"{name}={each}"


@pytest.fixture(scope="session")
def plugin_zip():
    """The zip that is distributed, made from the sources as they are."""
    done = subprocess.run(
        [str(PROJECT_ROOT / "tools" / "package.sh")],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return PROJECT_ROOT / "build" / "sttm_plugin.zip"


@pytest.fixture(scope="session")
def qgis_process(plugin_zip, tmp_path_factory):
    """qgis_process with the plugin installed from its zip into a clean profile."""
    # On Debian the wrapper may stop with "Command --noversioncheck not known!".
    binary = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if binary is None:
        pytest.skip("qgis_process is not installed on this machine")
    home = tmp_path_factory.mktemp("qgis")
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(home / "plugins")
    process = QgisProcess(binary, home)
    enabled = process.call("plugins", "enable", "sttm_plugin")
    assert enabled.returncode == 0, enabled.stdout + enabled.stderr
    return process


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder of the demonstration comune."""
    from demo.generator import generate

    folder = tmp_path_factory.mktemp("comune")
    generate(folder)
    return folder
