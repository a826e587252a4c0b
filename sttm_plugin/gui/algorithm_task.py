"""One run of one algorithm as a background task."""

from __future__ import annotations

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

# A run whose dock goes away must outlive its task: the task's thread uses the
# context and the feedback, and QGIS crashes if Python frees them first.
_unfinished = set()


class ErrorFeedback(QgsProcessingFeedback):
    """Keeps the last error, and tells each stage as it begins."""

    stage_began = pyqtSignal(str)

    def __init__(self):
        super().__init__(False)
        self.last_error = ""

    def reportError(self, error, fatalError=False):  # noqa: N802, N803
        self.last_error = error
        super().reportError(error, fatalError)

    def setProgressText(self, text):  # noqa: N802
        self.stage_began.emit(text)
        super().setProgressText(text)


class AlgorithmRun(QObject):
    """One run of one algorithm; its signals arrive on the main thread."""

    succeeded, failed, cancelled = pyqtSignal(dict), pyqtSignal(str), pyqtSignal()
    progressed, stage_began = pyqtSignal(float), pyqtSignal(str)

    def __init__(self, algorithm_id, parameters):
        super().__init__()
        self.algorithm_id = algorithm_id
        self._algorithm = QgsApplication.processingRegistry().createAlgorithmById(algorithm_id)
        self._parameters = parameters
        self._task = None
        self.feedback = ErrorFeedback()
        self.feedback.progressChanged.connect(self.progressed)
        self.feedback.stage_began.connect(self.stage_began)
        self.context = QgsProcessingContext()
        self.context.setProject(QgsProject.instance())
        self.context.setFeedback(self.feedback)

    def start(self):
        """Begin, or fail at once with the sentence that says why it can't."""
        if self._algorithm is None:
            self.failed.emit(
                _tr("L'algoritmo {} non è disponibile in questa versione del plugin.").format(
                    self.algorithm_id
                )
            )
            return
        can, message = self._algorithm.canExecute()
        if can:
            can, message = self._algorithm.checkParameterValues(self._parameters, self.context)
        if not can:
            self.failed.emit(sentence(message))
            return
        self._task = QgsProcessingAlgRunnerTask(
            self._algorithm, self._parameters, self.context, self.feedback
        )
        if self._task.isCanceled():  # prepareAlgorithm refused: it would never report
            self.failed.emit(sentence(self.feedback.last_error))
            return
        self._task.executed.connect(self._on_executed)
        _unfinished.add(self)
        QgsApplication.taskManager().addTask(self._task)

    def cancel(self):
        """Ask the run to stop; ``cancelled`` follows."""
        self.feedback.cancel()

    def let_go(self):
        """Stop it and tell nobody: it ends by itself when its owner is gone."""
        for signal in (
            self.succeeded, self.failed, self.cancelled, self.progressed, self.stage_began,
        ):  # fmt: skip
            signal.disconnect()
        self.cancel()

    def take_layer(self, layer_id):
        """Return a layer of the results, now owned by who asks; None when there is none."""
        return self.context.takeResultLayer(layer_id)

    def _on_executed(self, successful, results):
        _unfinished.discard(self)
        # A run that was stopped may have complained on its way out: stopping is what happened.
        if self.feedback.isCanceled():
            self.cancelled.emit()
        elif successful:
            self.succeeded.emit(results)
        else:
            self.failed.emit(sentence(self.feedback.last_error))


def sentence(message) -> str:
    """Return an error as a technician can read it: never a traceback, never nothing."""
    text = str(message or "").strip()
    if not text:
        return _tr(
            "L'elaborazione si è fermata senza dire perché: vedere il registro dei messaggi di "
            "QGIS (Visualizza ▸ Pannelli ▸ Messaggi di log)."
        )
    if "Traceback (most recent call last)" in text:
        return _tr(
            "L'elaborazione si è fermata per un difetto del plugin; nulla è stato scritto. I "
            "dettagli sono nel registro dei messaggi di QGIS (Visualizza ▸ Pannelli ▸ Messaggi "
            "di log)."
        )
    return text


def _tr(text):
    return QCoreApplication.translate("AlgorithmRun", text)
