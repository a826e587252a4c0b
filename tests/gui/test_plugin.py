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

ARRANGED = "sttm/pannelli_disposti"

DOCKS = [
    "SttmVerificationDock",
    "SttmServicesDock",
    "SttmReconciliationDock",
    "SttmLumDock",
    "SttmDeliveryDock",
]


@pytest.fixture
def plugin(window, qgis_processing):
    from qgis.core import QgsSettings

    import sttm_plugin

    QgsSettings().remove(ARRANGED)
    made = sttm_plugin.classFactory(window)
    made.initGui()
    yield made
    made.unload()
    QgsSettings().remove(ARRANGED)


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


RELOADED = """
import sys
import qgis.utils

qgis.utils.plugin_paths = [sys.argv[1]]
qgis.utils.updateAvailablePlugins()


def loaded():
    assert qgis.utils.loadPlugin("sttm_plugin")
    from sttm_plugin.core.checks import engine
    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.processing_algorithms import algorithm_classes

    named = {check.prova for check in load_pack().controlli if check.prova}
    return len(named & set(engine.tests())), algorithm_classes()


before, old = loaded()
qgis.utils._unloadPluginModules("sttm_plugin")
after, new = loaded()
print(before, after, len(set(old) & set(new)))
"""


def test_a_plugin_that_is_loaded_again_has_every_check_and_no_module_of_before(project_root):
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", RELOADED, str(project_root)],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    before, after, same = done.stdout.split()[-3:]
    assert int(before) > 60
    assert (after, same) == (before, "0")


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

    from sttm_plugin.gui import manual_page as shared
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


def beside_the_first(window, plugin):
    """Return the names of the docks of the right side that are in tabs with the first of them."""
    from qgis.PyQt.QtCore import Qt

    right = [d for d in plugin.docks.values() if d.AREA == Qt.DockWidgetArea.RightDockWidgetArea]
    for dock in right:
        dock.show()
    found = [one.NAME for one in window.window.tabifiedDockWidgets(right[0])]
    for dock in right:
        dock.hide()
    return found


def test_docks_of_one_side_share_the_height(window, plugin):
    assert beside_the_first(window, plugin) == ["Services", "Lum", "Delivery"]
    plugin.unload()
    plugin.initGui()
    assert beside_the_first(window, plugin) == ["Services", "Lum", "Delivery"]


def test_a_first_start_arranges_the_docks_and_the_next_leaves_them_where_they_were_put(
    window, plugin
):
    from qgis.core import QgsSettings
    from qgis.PyQt.QtCore import Qt

    plugin.unload()
    QgsSettings().remove(ARRANGED)
    window.window.hide()
    plugin.initGui()
    # QGIS lays its window out: what it does not know comes one above the other.
    for dock in plugin.docks.values():
        window.window.addDockWidget(dock.AREA, dock)
    window.window.show()
    assert beside_the_first(window, plugin) == []
    window.initializationCompleted.emit()
    assert beside_the_first(window, plugin) == ["Services", "Lum", "Delivery"]

    apart = plugin.docks["Lum"]
    window.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, apart)
    window.initializationCompleted.emit()
    assert beside_the_first(window, plugin) == ["Services", "Delivery"]


def test_every_link_of_a_guide_does_what_the_panel_does(window, plugin, monkeypatch):
    import re

    from qgis.PyQt.QtCore import QUrl

    from sttm_plugin.processing_algorithms import ALGORITHMS

    asked, opened = [], []
    for dock in plugin.docks.values():
        monkeypatch.setattr(dock, "create_workspace", lambda name=dock.NAME: asked.append(name))
        guide = getattr(dock, "guide", None)
        if guide is None:
            guides = [dock.panel.tabs.widget(at) for at in range(dock.panel.tabs.count())]
            guide = next((one for one in guides if hasattr(one, "anchorClicked")), None)
        if guide is None:
            continue
        names = set(re.findall(r'href="sttm:(\w+)"', guide.toHtml()))
        assert names <= set(ALGORITHMS), dock.NAME
        opened += [(dock, name) for name in names]
    for dock, name in opened:
        if name == "createworkspace":
            dock.follow_link(QUrl("sttm:createworkspace"))
            assert asked.pop() == dock.NAME
        if name == "importservices":
            dock.follow_link(QUrl("sttm:importservices"))
            assert plugin.dock.import_dialog.isVisible(), dock.NAME
            plugin.dock.import_dialog.done(0)
    assert {dock.NAME for dock, name in opened if name == "importservices"} >= {
        "Verification",
        "Services",
        "Lum",
    }
