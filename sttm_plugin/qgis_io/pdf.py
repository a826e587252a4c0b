"""The report as a PDF, the same bytes for the same report."""

from __future__ import annotations

import hashlib
import re

from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from qgis.PyQt.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
)

from ..core.progress import ask, asking

_DATES = re.compile(rb"/(CreationDate|ModDate) ?\((D:[^)]*)\)")
_IDS = re.compile(rb"/ID ?\[ ?<([0-9A-Fa-f]+)> ?<([0-9A-Fa-f]+)> ?\]")
_XMP_DATES = re.compile(
    rb"(<xmp:(?:CreateDate|ModifyDate|MetadataDate)>)([^<]*)(</xmp:|)", re.DOTALL
)
_XMP_IDS = re.compile(rb"(uuid:)([0-9a-fA-F-]{36})")
_RESOLUTION = 150
# Of the page's height: what the number of the page takes.
_FOOT = 0.03
# A page is narrower than a window; columns that may not break leave no room to the others.
_ON_PAPER = (
    ("white-space: nowrap;", ""),
    ("font-size: 10.5pt; line-height: 1.4", "font-size: 8.5pt; line-height: 1.25"),
    (".note { color: #444; font-size: 9.5pt; }", ".note { color: #444; font-size: 8pt; }"),
)
# QTextDocument knows the attributes of a table, not its style; a head is repeated on each page.
_TABLE = re.compile(
    r"<table>\s*((?:<caption>.*?</caption>)?)\s*(<tr>(?:<th\b[^>]*>[^<]*</th>)+</tr>)?", re.DOTALL
)


def pdf_of(html: str, title: str, moment: str) -> bytes:
    """Return an HTML report as an A4 PDF.

    Args:
        html: what QTextDocument understands; nothing outside it is loaded.
        moment: ISO 8601 time in UTC, "2026-01-31T10:20:30Z": the PDF says it was made then.
    """
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("STTM 2 – Servizi sovracomunali")
    writer.setResolution(_RESOLUTION)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout.Unit.Millimeter)
    document = QTextDocument()
    document.setDefaultFont(QFont("Sans Serif", 9))
    # The page is measured in the printer's dots, and so must be what is laid out on it.
    document.documentLayout().setPaintDevice(writer)
    for on_screen, on_paper in _ON_PAPER:
        html = html.replace(on_screen, on_paper)
    html = _TABLE.sub(_as_attributes, html)
    document.setHtml(html)
    page = writer.pageLayout().paintRectPixels(_RESOLUTION)
    foot = page.height() * _FOOT
    document.setPageSize(QSizeF(page.width(), page.height() - foot))
    _print(document, writer, title, page.width(), page.height() - foot, foot)
    del document, writer
    buffer.close()
    return fix_dates(bytes(content), moment)


def _as_attributes(match):
    caption, head = match.group(1), match.group(2)
    if caption:
        caption = f"<p>{caption[len('<caption>') : -len('</caption>')]}</p>"
    table = '<table width="100%" cellspacing="0" cellpadding="3">'
    return caption + table + (f"<thead>{head}</thead>" if head else "")


def _print(document, writer, title, width, height, foot):
    """Draw the pages one by one, each with its number and the title of the document."""
    painter = QPainter(writer)
    try:
        pages = document.pageCount()
        ask()
        for number in asking(range(pages), 1):
            if number:
                writer.newPage()
            view = QRectF(0, number * height, width, height)
            painter.save()
            painter.translate(0, -view.top())
            painter.setClipRect(view)
            context = QAbstractTextDocumentLayout.PaintContext()
            context.clip = view
            context.palette.setColor(QPalette.ColorRole.Text, QColor("#1a1a1a"))
            document.documentLayout().draw(painter, context)
            painter.restore()
            painter.setFont(QFont("Sans Serif", 7))
            painter.setPen(QColor("#444444"))
            line = QRectF(0, height, width, foot)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, title)
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom,
                f"pagina {number + 1} di {pages}",
            )
    finally:
        painter.end()


def fix_dates(pdf: bytes, moment: str) -> bytes:
    """Return a PDF whose dates and identifiers depend on its content and the moment alone.

    Every replacement is as long as what it replaces: the table of offsets stays right.
    """
    digits = re.sub(r"\D", "", moment)[:14]
    date = f"D:{digits}".encode()

    def pdf_date(match):
        written = match.group(2)
        fixed = (date + b"Z00'00'" + b" " * len(written))[: len(written)]
        return match.group(0).replace(written, fixed)

    def xmp_date(match):
        written = match.group(2)
        fixed = (moment.encode() + b" " * len(written))[: len(written)]
        return match.group(1) + fixed + match.group(3)

    pdf = _DATES.sub(pdf_date, pdf)
    pdf = _XMP_DATES.sub(xmp_date, pdf)
    blank = _IDS.sub(lambda match: re.sub(rb"<[0-9A-Fa-f]+>", b"<>", match.group(0)), pdf)
    blank = _XMP_IDS.sub(rb"\1", blank)
    name = hashlib.sha256(blank).hexdigest().encode()

    def identifier(match):
        text = match.group(0)
        for group in (1, 2):
            written = match.group(group)
            fixed = (name * (len(written) // len(name) + 1))[: len(written)]
            text = text.replace(written, fixed)
        return text

    pdf = _IDS.sub(identifier, pdf)
    shaped = b"-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:32]))
    return _XMP_IDS.sub(rb"\g<1>" + shaped, pdf)
