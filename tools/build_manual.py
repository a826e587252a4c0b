"""Builds the offline manual (HTML) from docs/manuale, the criteria pack and the algorithms' help.

The pages lie in sttm_plugin/resources/manuale, where the plugin opens them; they are made anew
for each package and never kept, so that they can't be older than what they describe.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import tomllib
from markupsafe import Markup

from sttm_plugin.core.checks.engine import PACKAGE_CHECKS, data_text, written
from sttm_plugin.core.pack import load_pack
from sttm_plugin.processing_algorithms import ALGORITHMS
from sttm_plugin.processing_algorithms.manual import FOLDER, check_page

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "manuale"
IMAGES = ROOT / "docs" / "immagini"

PARTS = ("perche", "come", "esempio", "correggere")
_IMAGE_WIDTH = 1366
_VERIFIED = "riscontrato su fonte consultata"

_KINDS = {
    "source": "layer o tabella",
    "vector": "layer vettoriale",
    "multilayer": "più layer",
    "field": "campo",
    "string": "testo",
    "file": "file",
    "folder": "cartella",
    "number": "numero",
    "distance": "distanza",
    "boolean": "sì o no",
    "enum": "scelta",
    "crs": "sistema di riferimento",
    "datetime": "data",
    "matrix": "tabella",
    "extent": "estensione",
    "point": "punto",
    "providerconnection": "connessione",
    "sink": "layer o tabella da scrivere",
    "fileDestination": "file da scrivere",
    "folderDestination": "cartella da scrivere",
    "vectorDestination": "layer da scrivere",
    "outputNumber": "numero",
    "outputBoolean": "sì o no",
    "outputString": "testo",
    "outputFile": "file",
    "outputHtml": "pagina HTML",
    "outputFolder": "cartella",
    "outputVector": "layer",
    "outputLayer": "layer",
}


def check_texts(sources=SOURCES) -> dict:
    """Return {code of a check: its four parts}, as written in docs/manuale/controlli."""
    texts: dict = {}
    for path in sorted((sources / "controlli").glob("*.toml")):
        for code, parts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if code in texts:
                raise SystemExit(f"{path.name}: {code} è già in un altro file.")
            texts[code] = parts
    return texts


def defects(sources=SOURCES) -> list:
    """Return the defects of the data the import tells by a code, in plain words."""
    with (sources / "difetti.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def describe(algorithm) -> dict:
    """Return what the page of an algorithm shows, read from the algorithm itself."""
    from qgis.core import QgsProcessingParameterDefinition

    flags = QgsProcessingParameterDefinition.Flag
    inputs, results, seen = [], [], set()
    for one in algorithm.parameterDefinitions():
        if one.flags() & flags.FlagHidden:
            continue
        seen.add(one.name())
        row = {
            "nome": one.name(),
            "etichetta": one.description(),
            "tipo": _KINDS.get(one.type(), one.type()),
            "aiuto": one.help(),
            "facoltativo": bool(one.flags() & flags.FlagOptional),
            "avanzato": bool(one.flags() & flags.FlagAdvanced),
            "predefinito": _default(one),
            "scelte": list(one.options()) if one.type() == "enum" else [],
            "file": one.isDestination(),
        }
        (results if one.isDestination() else inputs).append(row)
    for one in algorithm.outputDefinitions():
        if one.name() not in seen:
            kind = _KINDS.get(one.type(), one.type())
            row = {"nome": one.name(), "etichetta": one.description(), "tipo": kind}
            results.append({**row, "aiuto": "", "file": False, "facoltativo": True})
    text = algorithm.shortHelpString()
    return {
        "id": f"sttm:{algorithm.name()}",
        "nome": algorithm.name(),
        "etichetta": algorithm.displayName(),
        "gruppo": algorithm.group(),
        "breve": text.split(". ")[0].strip().rstrip(".") + ".",
        "aiuto": [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()],
        "ingressi": inputs,
        "risultati": results,
    }


def shown(value) -> str:
    """Return a value as Italian text; numbers with all their decimals, unlike in a finding."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,.10g}".translate(str.maketrans(",.", ".,"))
    return written(value)


def _default(definition) -> str:
    value = definition.defaultValue()
    if value is None or value == "" or definition.isDestination():
        return ""
    if hasattr(value, "isNull") and value.isNull():
        return ""
    if definition.type() == "enum":
        options = list(definition.options())
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(options[int(one)] for one in chosen)
    return shown(value)


class Manual:
    """Renders the pages into a folder."""

    def __init__(self, folder, algorithms, sources=SOURCES, pack=None):
        self.folder = Path(folder)
        self.pack = pack or load_pack(None)
        self.algorithms = [describe(one) for one in algorithms]
        self.texts = check_texts(sources)
        self.sources = sources
        self.plan = tomllib.loads((sources / "manuale.toml").read_text(encoding="utf-8"))
        self.labels = self.pack.testi["gruppi"]
        self.groups = list(dict.fromkeys(one.gruppo for one in self.pack.controlli))
        self.images: set = set()
        self.titles: dict = {}
        self._current = ""
        self.jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(sources),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: shown(value) if isinstance(value, (int, float, list)) else value,
        )
        self.jinja.globals.update(
            pack=self.pack,
            severita=self.pack.testi["severita"],
            pacchetto=PACKAGE_CHECKS,
            scritto=shown,
            alg=self._algorithm_link,
            controllo=self._check_link,
            pagina=self._page_link,
            immagine=self._image,
            provenienza=self._provenance,
            nome_del_dato=lambda name: data_text(self.pack, name, "nome"),
            dove_trovarlo=lambda name: data_text(self.pack, name, "dove_trovarlo"),
            algoritmi=self.algorithms,
            difetti=defects(sources),
            versione=_version(),
        )

    # What the sources may call -------------------------------------------------------------

    @property
    def _root(self):
        return "../" * self._current.count("/")

    def _algorithm_link(self, name):
        label = next(one["etichetta"] for one in self.algorithms if one["nome"] == name)
        return self._link(f"algoritmi/{name}.html", f"«{label}»")

    def _check_link(self, code):
        group = next(one.gruppo for one in self.pack.controlli if one.codice == code)
        return self._link(f"{check_page(group)}.html#{code}", code)

    def _page_link(self, file, text=None):
        return self._link(f"{file}.html", text or self.titles[file])

    def _link(self, target, text):
        return Markup('<a href="{}{}">{}</a>').format(self._root, target, text)

    def _image(self, name, caption):
        self.images.add(name)
        return Markup(
            '<figure><a href="{0}immagini/{1}.png"><img src="{0}immagini/{1}.png" alt="{2}"></a>'
            "<figcaption>{2}</figcaption></figure>"
        ).format(self._root, name, caption)

    def _provenance(self, kind, status):
        if kind == "proposta":
            return Markup('<span class="p proposta">proposta del progetto, non ufficiale</span>')
        unread = "" if status in (True, _VERIFIED) else " – da riscontrare"
        return Markup('<span class="p">{}{}</span>').format(kind, unread)

    # Building ---------------------------------------------------------------------------------

    def build(self):
        """Write every page, the style, the search and its index."""
        menu = self._menu()
        self.titles = {file: name for part in menu for file, name in part["pagine"]}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for section in self.plan["sezioni"]:
            for file, _ in section["pagine"]:
                self._write(file, f"pagine/{file}.html.j2", menu)
        for group in self.groups:
            checks = [one for one in self.pack.controlli if one.gruppo == group]
            file = self._current = check_page(group)
            texts = {one.codice: self._parts(one) for one in checks}
            self._write(file, "modelli/controlli.html.j2", menu, controlli=checks, testi=texts)
        for one in self.algorithms:
            file = f"algoritmi/{one['nome']}"
            self.titles[file] = one["etichetta"]
            self._write(file, "modelli/algoritmo.html.j2", menu, a=one)
        self._write("algoritmi/index", "modelli/algoritmi.html.j2", menu)
        for name in ("stile.css", "cerca.js"):
            shutil.copy(self.sources / name, self.folder / name)
        self._copy_images()
        self._write_index()

    def _menu(self):
        """Return the sections as the side of each page shows them."""
        checks = [(check_page(group), self.labels.get(group, group)) for group in self.groups]
        menu = [dict(section) for section in self.plan["sezioni"]]
        menu.insert(2, {"titolo": f"I {len(self.pack.controlli)} controlli", "pagine": checks})
        menu[-1] = {
            **menu[-1],
            "pagine": [("algoritmi/index", "Gli algoritmi"), *menu[-1]["pagine"]],
        }
        return menu

    def _parts(self, check):
        """Return the four parts of a check with its parameters in their places."""
        return {
            name: Markup(self.jinja.from_string(text).render(p=check.parametri))  # noqa: S704
            for name, text in self.texts[check.codice].items()
        }

    def _write(self, file, template, menu, **more):
        self._current = file
        text = self.jinja.get_template(template).render(
            titolo=self.titles[file], questa=file, radice=self._root, menu=menu, **more
        )
        path = self.folder / f"{file}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _copy_images(self):
        """Copy the pictures the pages use, smaller and with few colours."""
        from qgis.PyQt.QtCore import Qt
        from qgis.PyQt.QtGui import QImage

        for name in sorted(self.images):
            image = QImage(str(IMAGES / f"{name}.png"))
            if image.isNull():
                raise SystemExit(f"docs/immagini/{name}.png manca o non si legge.")
            if image.width() > _IMAGE_WIDTH:
                smooth = Qt.TransformationMode.SmoothTransformation
                image = image.scaledToWidth(_IMAGE_WIDTH, smooth)
            # Without dithering flat colours stay flat, and the file small.
            plain = Qt.ImageConversionFlag.ThresholdDither
            image = image.convertToFormat(QImage.Format.Format_Indexed8, plain)
            target = self.folder / "immagini" / f"{name}.png"
            target.parent.mkdir(exist_ok=True)
            if not image.save(str(target), "PNG", 0):
                raise SystemExit(f"{target} non si scrive.")

    def _write_index(self):
        """Write the words of each section, for the search box."""
        entries = []
        for path in sorted(self.folder.rglob("*.html")):
            page = path.relative_to(self.folder).as_posix()
            reader = _Sections()
            reader.feed(path.read_text(encoding="utf-8"))
            for anchor, title, text in reader.sections():
                target = f"{page}#{anchor}" if anchor else page
                entries.append({"t": title, "p": reader.page_title, "u": target, "x": text})
        content = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        (self.folder / "indice.js").write_text(f"window.STTM_INDICE={content};", encoding="utf-8")


class _Sections(HTMLParser):
    """Reads the main text of a page, one section a heading with an id."""

    def __init__(self):
        super().__init__()
        self._main = False
        self._heading = None
        self._parts: list = []

    def handle_starttag(self, tag, attributes):
        if tag == "main":
            self._main = True
        elif self._main and tag == "footer":
            self._main = False
        elif self._main and tag == "h1":
            self._parts.append(["", "", ""])
            self._heading = tag
        elif self._main and tag == "h2":
            self._parts.append([dict(attributes).get("id", ""), "", ""])
            self._heading = tag

    def handle_endtag(self, tag):
        if tag == self._heading:
            self._heading = None

    def handle_data(self, text):
        if self._main and self._parts:
            self._parts[-1][1 if self._heading else 2] += text + " "

    @property
    def page_title(self):
        return " ".join(self._parts[0][1].split())

    def sections(self):
        for anchor, title, text in self._parts:
            yield anchor, " ".join(title.split()), " ".join(text.split())


def _version() -> str:
    text = (ROOT / "sttm_plugin" / "metadata.txt").read_text(encoding="utf-8")
    return re.search(r"^version=(.+)$", text, re.MULTILINE).group(1).strip()


def main(folder=FOLDER):
    """Build the manual with the algorithms of the provider, in a QGIS without a window."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    from sttm_plugin.provider import SttmProvider

    provider = SttmProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    # The provider's own order is the alphabet's: the manual keeps that of the job.
    Manual(folder, [provider.algorithm(name) for name in ALGORITHMS]).build()
    size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(f"{folder}: {len(list(Path(folder).rglob('*.html')))} pagine, {size // 1024} KiB")
    QgsApplication.processingRegistry().removeProvider(provider)
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
