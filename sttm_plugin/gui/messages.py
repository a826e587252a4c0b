"""Messages that can be read whole where there is little room for them."""

from __future__ import annotations

from html import escape

from qgis.core import Qgis
from qgis.PyQt.QtCore import QEvent, QObject, Qt, QTimer
from qgis.PyQt.QtWidgets import QTextBrowser

# A longer one is scrolled: the panel is for something else.
_MOST_LINES = 8


def push_message(bar, title, text, level, seconds):
    """Show a plain text in a message bar, as tall as it needs.

    QGIS gives a message two lines: in a narrow panel the rest would be behind a scroll bar.

    Args:
        level: name of a ``Qgis.MessageLevel``. seconds: how long it stays, 0 until it is closed.
    """
    bar.pushMessage(title, escape(text), getattr(Qgis.MessageLevel, level), seconds)
    item = bar.currentItem()
    browser = None if item is None else item.findChild(QTextBrowser)
    if browser is not None:
        browser.installEventFilter(_Fitting(browser))
        _fit(browser)


class _Fitting(QObject):
    """Fits a text again when its width has changed."""

    def eventFilter(self, browser, event):  # noqa: N802
        if event.type() == QEvent.Type.Resize and event.size().width() != event.oldSize().width():
            # Once it has been laid out at its new width; its owner may be gone by then.
            QTimer.singleShot(0, self._again)
        return False

    def _again(self):
        _fit(self.parent())


def _fit(browser):
    browser.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    needed = int(browser.document().size().height()) + 2
    most = browser.fontMetrics().lineSpacing() * _MOST_LINES
    if needed > most:
        browser.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    browser.setFixedHeight(min(needed, most))
