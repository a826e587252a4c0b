"""Fixtures shared by all layers of tests; qgis is imported inside them, so core runs without it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# In a virtual environment Debian's pyproj looks for its data in the wrong prefix.
if Path("/usr/share/proj/proj.db").is_file():
    os.environ.setdefault("PROJ_LIB", "/usr/share/proj")

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project_root():
    """The root of the source tree."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real open data; the test is skipped where it isn't there."""
    folder = PROJECT_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real open data not available beside the project (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def shared_domain():
    """The folder of the domain's source tables; the test is skipped where it isn't there."""
    folder = PROJECT_ROOT.parent / "shared" / "domain"
    if not folder.is_dir():
        pytest.skip("domain tables not available beside the project (../shared/domain)")
    return folder


@pytest.fixture(scope="session")
def postgis_server():
    """A PostGIS server of our own; the test is skipped, with the reason, where it can't run."""
    from tests.postgis import NotHere, running_server

    try:
        with running_server() as server:
            yield server
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgis(postgis_server):
    """An empty database with PostGIS, for one test: see ``tests.postgis.Database``."""
    database = postgis_server.new_database()
    yield database
    postgis_server.drop(database)


@pytest.fixture
def pgrouting(postgis_server, postgis):
    """As ``postgis``, with pgRouting."""
    if not postgis_server.has_extension("pgrouting"):
        pytest.skip("pgRouting is not installed (postgresql-15-pgrouting)")
    postgis.run("CREATE EXTENSION pgrouting")
    return postgis


@pytest.fixture
def sttm_provider(qgis_processing):
    """The provider, registered for one test."""
    from qgis.core import QgsApplication

    from sttm_plugin.provider import SttmProvider

    provider = SttmProvider()
    registry = QgsApplication.processingRegistry()
    assert registry.addProvider(provider)
    yield provider
    registry.removeProvider(provider)


def pytest_sessionfinish(session, exitstatus):
    """Keep the exit status for the very end."""
    session.config.sttm_exit_status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave without tearing QGIS down: it may crash while Python still holds layers."""
    status = getattr(config, "sttm_exit_status", None)
    if status is not None and "qgis._core" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
