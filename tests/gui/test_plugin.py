"""The plugin in a window: the action shows and hides the dock, and nothing is left behind."""

from __future__ import annotations

import pytest

ACTIONS = ["SttmVerificationAction", "SttmImportAction", "SttmReconciliationAction"]

DOCKS = ["SttmVerificationDock", "SttmReconciliationDock"]


@pytest.fixture
def plugin(window, qgis_processing):
    import sttm_plugin

    made = sttm_plugin.classFactory(window)
    made.initGui()
    yield made
    made.unload()


def docks(window):
    from qgis.PyQt.QtCore import QCoreApplication, QEvent
    from qgis.PyQt.QtWidgets import QDockWidget

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return [dock.objectName() for dock in window.window.findChildren(QDockWidget)]


def providers():
    from qgis.core import QgsApplication

    return [provider.id() for provider in QgsApplication.processingRegistry().providers()]


def test_the_action_shows_and_hides_the_dock(window, plugin, qtbot):
    assert docks(window) == DOCKS
    assert not plugin.dock.isVisible()
    plugin.action.trigger()
    assert plugin.dock.isVisible()
    plugin.action.trigger()
    assert not plugin.dock.isVisible()
    assert not plugin.action.icon().isNull()


def test_unloading_leaves_no_provider_dock_or_action(window, plugin):
    from qgis.core import QgsProject

    before = QgsProject.instance().receivers(QgsProject.instance().readProject)
    plugin.unload()
    assert docks(window) == []
    assert window.bar.actions() == []
    assert window.menu.actions() == []
    assert "sttm" not in providers()
    assert QgsProject.instance().receivers(QgsProject.instance().readProject) == before - 2


def test_reloading_twice_has_one_of_each(window, plugin):
    for _ in range(2):
        plugin.unload()
        plugin.initGui()
    assert docks(window) == DOCKS
    assert [action.objectName() for action in window.bar.actions()] == ACTIONS
    assert [action.objectName() for action in window.menu.actions()] == ACTIONS
    assert providers().count("sttm") == 1


def test_the_second_action_opens_the_import_and_unloading_closes_it(window, plugin):
    from qgis.PyQt.QtCore import QCoreApplication, QEvent
    from qgis.PyQt.QtWidgets import QDialog

    window.bar.actions()[1].trigger()
    assert plugin.dock.import_dialog.isVisible()
    plugin.unload()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.window.findChildren(QDialog) == []


def test_every_algorithm_has_an_icon_of_its_own(project_root):
    from sttm_plugin.processing_algorithms import ALGORITHMS

    icons = project_root / "sttm_plugin" / "resources" / "icone"
    for name in (*ALGORITHMS, "sttm"):
        assert (icons / f"{name}.svg").is_file(), name


def test_the_dock_fits_a_small_screen(window, plugin):
    plugin.dock.show()
    size = plugin.dock.minimumSizeHint()
    # 1366 × 768, less the window's title, menu, two bars and the status line.
    assert size.height() <= 560
    assert size.width() <= 480
