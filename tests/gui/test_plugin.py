"""The plugin in a window: the action shows and hides the dock, and nothing is left behind."""

from __future__ import annotations

import pytest

ACTIONS = [
    "SttmVerificationAction",
    "SttmImportAction",
    "SttmCriteriaAction",
    "SttmServicesAction",
    "SttmReconciliationAction",
    "SttmLumAction",
    "SttmDeliveryAction",
]

DOCKS = [
    "SttmVerificationDock",
    "SttmServicesDock",
    "SttmReconciliationDock",
    "SttmLumDock",
    "SttmDeliveryDock",
]


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
    action = plugin.actions[0]
    action.trigger()
    assert plugin.dock.isVisible()
    action.trigger()
    assert not plugin.dock.isVisible()
    assert not action.icon().isNull()


def test_unloading_leaves_no_provider_dock_or_action(window, plugin):
    from qgis.core import QgsProject

    before = QgsProject.instance().receivers(QgsProject.instance().readProject)
    plugin.unload()
    assert docks(window) == []
    assert window.bar.actions() == []
    assert window.menu.actions() == []
    assert "sttm" not in providers()
    assert QgsProject.instance().receivers(QgsProject.instance().readProject) == before - len(DOCKS)


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


def test_every_dock_fits_a_small_screen_and_has_its_help(window, plugin):
    from qgis.PyQt.QtCore import Qt

    assert len(plugin.docks) == len(DOCKS)
    for dock in plugin.docks.values():
        dock.show()
        size = dock.minimumSizeHint()
        # 1366 × 768, less the window's title, menu, two bars and the status line.
        assert size.height() <= 560, dock.objectName()
        wide = dock.AREA == Qt.DockWidgetArea.BottomDockWidgetArea
        assert size.width() <= (700 if wide else 480), dock.objectName()
        assert dock.help_button.isVisibleTo(dock), dock.objectName()


def test_the_help_button_and_f1_open_the_page_of_the_panel(
    window, plugin, qtbot, monkeypatch, tmp_path
):
    from types import SimpleNamespace

    from qgis.PyQt.QtCore import Qt

    from sttm_plugin.gui import dock as shared
    from sttm_plugin.processing_algorithms import manual

    opened = []
    fake = SimpleNamespace(openUrl=lambda url: opened.append(url.fileName()))
    monkeypatch.setattr(shared, "QDesktopServices", fake)
    monkeypatch.setattr(manual, "FOLDER", tmp_path)
    wanted = []
    for dock in plugin.docks.values():
        name = type(dock).__module__.rpartition(".")[2]
        page = tmp_path / "pannelli" / f"{name}.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text("<p>pagina</p>")
        dock.show()
        dock.help_button.click()
        qtbot.keyClick(dock, Qt.Key.Key_F1)
        wanted += [page.name, page.name]

    assert opened == wanted


def test_docks_of_one_side_share_the_height(window, plugin):
    from qgis.PyQt.QtCore import Qt

    right = [d for d in plugin.docks.values() if d.AREA == Qt.DockWidgetArea.RightDockWidgetArea]
    for dock in right:
        dock.show()
    together = window.window.tabifiedDockWidgets(right[0])
    assert {one.objectName() for one in together} == {one.objectName() for one in right[1:]}
