"""A row that runs algorithms one at a time, tells their stage, and stops them."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from .algorithm_task import AlgorithmRun


class RunBar(QWidget):
    """Hidden while nothing runs; ``busy_changed`` when a run begins and when it has ended."""

    busy_changed = pyqtSignal(bool)
    failed = pyqtSignal(str)
    cancelled = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setObjectName("progress_row")
        self.stage = QLabel(self)
        self.stage.setObjectName("stage")
        self.stage.setTextFormat(Qt.TextFormat.PlainText)
        self.stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("progress")
        self.progress.setMaximum(100)
        self.progress.setMaximumWidth(110)
        self.cancel_button = QPushButton(self.tr("A&nnulla"), self)
        self.cancel_button.setObjectName("cancel")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.setToolTip(self.tr("Ferma l'elaborazione (Esc)"))
        self.cancel_button.clicked.connect(self.cancel)
        layout.addWidget(self.stage, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel_button)
        self._run = self._finished = self._on_success = self._on_failure = None
        self.hide()

    def is_running(self) -> bool:
        """Tell whether something is running."""
        return self._run is not None

    def start(self, algorithm_id, parameters, on_success, on_failure=None):
        """Run an algorithm; ``on_success(run, results)`` may start the next one.

        ``on_failure(sentence)`` takes the place of the signal ``failed``.
        """
        run = AlgorithmRun(algorithm_id, parameters)
        self._run, self._on_success, self._on_failure = run, on_success, on_failure
        run.succeeded.connect(self._on_succeeded)
        run.failed.connect(self._on_failed)
        run.cancelled.connect(self._on_cancelled)
        run.progressed.connect(lambda percent: self.progress.setValue(int(percent)))
        run.stage_began.connect(self._on_stage)
        self.progress.setValue(0)
        self.stage.setText(self.tr("Preparazione…"))
        self.cancel_button.setEnabled(True)
        self.show()
        self.busy_changed.emit(True)
        # Out of the signal of a run that ends: a task added meanwhile may stay in the queue.
        QTimer.singleShot(0, lambda: self._begin(run))

    def _begin(self, run):
        if run is not self._run:
            return
        if run.feedback.isCanceled():
            self._on_cancelled()
        else:
            run.start()

    def cancel(self):
        """Stop what is running."""
        if self._run is not None:
            self.stage.setText(self.tr("Interruzione…"))
            self.cancel_button.setEnabled(False)
            self._run.feedback.cancel()

    def close_down(self):
        """Let go of a run, so that it can end without us."""
        run, self._run = self._run, None
        # Its layers go now, with QGIS still there, and not when Python collects.
        self._finished = None
        if run is not None:
            run.let_go()

    def _on_stage(self, text):
        if self._run is not None and not self._run.feedback.isCanceled():
            self.stage.setText(text)

    def _on_succeeded(self, results):
        run, on_success, _ = self._end()
        try:
            on_success(run, results)
        finally:
            self._idle()

    def _on_failed(self, message):
        _, _, on_failure = self._end()
        try:
            (on_failure or self.failed.emit)(message)
        finally:
            self._idle()

    def _on_cancelled(self):
        self._end()
        self.cancelled.emit()
        self._idle()

    def _end(self):
        ended = self._run, self._on_success, self._on_failure
        self._finished = self._run  # freed at the next run: its signal is being delivered
        self._run = self._on_success = self._on_failure = None
        return ended

    def _idle(self):
        # What was told may have started the next run.
        if self._run is None:
            self.hide()
            self.busy_changed.emit(False)

    def tr(self, text):
        return QCoreApplication.translate("RunBar", text)
