"""First-use text: what is needed, what helps, where a comune gets it."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication

from ..processing_algorithms.manual import manual_url

_MANUAL = """<p><b><a href="{}">Apri il manuale</a></b>: ogni controllo, ogni algoritmo, domande
frequenti; si legge senza rete.</p>"""

_TEXT = """
<h3>Come si usa</h3>
<ol>
<li>Se i servizi sono nelle colonne del comune, <a href="sttm:importservices">importarli</a>:
punti, aree o una tabella; le colonne si riconoscono da sole.</li>
<li>Nella scheda <b>Dati</b> scegliere il comune e spuntare i layer dei servizi.</li>
<li><b>Verifica</b> (F5). Si continua a lavorare in QGIS intanto.</li>
<li>Nella scheda <b>Rilievi</b>: un clic o Invio porta all'oggetto; sotto si legge perché.</li>
<li>Correggere il dato, oppure <b>Giustifica</b> (Ctrl+J) con motivo e autore. Rieseguire: si vede
che cosa è nuovo, risolto o decaduto. Il pulsante <b>…</b> copia, assegna i rilievi a una persona,
mostra lo storico e scambia le giustificazioni con i colleghi.</li>
<li><b>Consegna…</b> (Ctrl+E) apre il pannello che prepara il pacchetto.</li>
</ol>
<p>Per conservare giustificazioni e risultati,
<a href="sttm:createworkspace">creare un'area di lavoro</a>.</p>
<h3>Che cosa serve</h3>
<table cellspacing="0" cellpadding="3">
<tr><td><b>Servizi</b></td><td>necessari</td><td>Piano dei Servizi del PGT (ufficio di piano, o
portale PGT di Regione Lombardia)</td></tr>
<tr><td><b>Comune</b></td><td>necessario</td><td>si sceglie dall'elenco dei 133</td></tr>
<tr><td>Confini</td><td>consigliati</td><td>ISTAT o Geoportale della Lombardia</td></tr>
<tr><td>Bacini dei LUM</td><td>facoltativi</td><td><a href="sttm:lumcatchment">Bacini dei LUM</a>,
dai nodi e dalla rete</td></tr>
<tr><td>Popolazione</td><td>facoltativa</td><td>ISTAT, sezioni di censimento (campo POP21)</td></tr>
<tr><td>Rete</td><td>facoltativa</td><td>DBT comunale o OpenStreetMap</td></tr>
<tr><td>Fermate, GTFS</td><td>facoltativi</td><td>Agenzia di bacino, Dati Lombardia</td></tr>
<tr><td>Lettura 2, contermini</td><td>facoltativi</td><td>Città metropolitana, dati aperti
(<a href="sttm:importservices">importarli</a>)</td></tr>
<tr><td>Rigenerazione, PNRR</td><td>facoltativi</td><td>Documento di piano;
uffici del comune</td></tr>
</table>
<p>Ciò che manca non blocca: i controlli che ne hanno bisogno risultano <i>non verificabili</i>, e
la scheda <b>Controlli</b> dice quale dato li sblocca.</p>
<h3>Tasti</h3>
<p>F5 verifica · Esc ferma · Ctrl+F cerca · Invio mostra · Ctrl+J giustifica · Ctrl+Maiusc+J revoca
· Ctrl+U scegli i rilievi uguali · Ctrl+G assegna · Ctrl+C copia come tabella · Ctrl+I importa
· Ctrl+R rapporto · Ctrl+E consegna · Ctrl+1…4 schede</p>
<p><i>I criteri forniti sono proposte del progetto, non ufficiali: guidano, non impongono, e non
sostituiscono la valutazione di compatibilità con il PTM.</i></p>
"""


_SERVICES = """
<h3>Come si usa</h3>
<ol>
<li>Nella scheda <b>Dati</b> scegliere il comune e, per conservare il lavoro,
<a href="sttm:createworkspace">creare un'area di lavoro</a>.</li>
<li><a href="sttm:importservices">Importare</a> il Piano dei Servizi com'è: punti, aree o una
tabella; le colonne si riconoscono da sole. Poi spuntare i layer.</li>
<li>Nella scheda <b>Servizi</b>: cercare, filtrare, andare sulla mappa (Invio), modificare
(Ctrl+M). Il modulo è quello di QGIS; le modifiche si scrivono con <b>Salva modifiche</b>.</li>
<li>Nella scheda <b>Da classificare</b>: ogni testo una volta sola, e la scelta vale per tutti i
servizi uguali. Con il profilo dell'importazione è ricordata per l'anno prossimo.</li>
<li>Nella scheda <b>Da collocare</b>: chi conosce il posto lo indica con un clic.</li>
<li>Nella scheda <b>Valenza</b>: <b>Classifica</b> (F5), poi leggere nella scheda Servizi perché; e
provare altri criteri senza salvarli.</li>
</ol>
<h3>Che cosa serve</h3>
<table cellspacing="0" cellpadding="3">
<tr><td><b>Servizi</b></td><td>necessari</td><td>Piano dei Servizi del PGT: ufficio di piano, o
portale PGT di Regione Lombardia</td></tr>
<tr><td>Area di lavoro</td><td>consigliata</td><td>si crea qui: un file .gpkg</td></tr>
<tr><td>Profilo</td><td>consigliato</td><td>lo salva l'assistente di importazione</td></tr>
<tr><td>Confini</td><td>facoltativi</td><td>ISTAT o Geoportale della Lombardia</td></tr>
<tr><td>Popolazione, rete, LUM</td><td>facoltativi</td><td>si scelgono nel pannello «LUM e
accessibilità»</td></tr>
</table>
<h3>Tasti</h3>
<p>F5 rileggi o classifica · Esc ferma · Ctrl+F cerca · Invio mostra · Ctrl+M modifica · Ctrl+I
importa · F1 manuale · Ctrl+1…6 schede</p>
<p><i>I criteri forniti sono proposte del progetto, non ufficiali.</i></p>
"""


_LUM = """
<h3>Come si usa</h3>
<ol>
<li>Nella scheda <b>Dati</b> scegliere fermate, rete, popolazione e servizi; <b>Riconosci i
layer</b> li sceglie dai nomi.</li>
<li>Nella scheda <b>Rete</b>: <b>Controlla la rete</b> trova vuoti, duplicati e parti isolate. Una
rete interrotta accorcia i bacini.</li>
<li>Nella scheda <b>LUM</b>: <b>Calcola i bacini</b> (F5). Di ogni LUM si leggono abitanti, servizi
raggiunti, categorie che ospita e che mancano.</li>
<li>Nella scheda <b>Accessibilità</b>: quanti abitanti hanno ogni categoria a 5, 10, 15
minuti.</li>
</ol>
<p>I bacini calcolati qui valgono anche nei pannelli «Verifica STTM 2» e «Piano dei Servizi».</p>
<h3>Che cosa serve</h3>
<table cellspacing="0" cellpadding="3">
<tr><td><b>Fermate</b></td><td>necessarie</td><td>Agenzia di bacino, Dati Lombardia; un campo
<i>id_lum</i> unisce più fermate in un LUM</td></tr>
<tr><td>Rete</td><td>consigliata</td><td>DBT comunale o OpenStreetMap. Senza, il bacino è un
cerchio</td></tr>
<tr><td>Servizi</td><td>consigliati</td><td>il piano, già nello schema
(<a href="sttm:importservices">importarlo</a>)</td></tr>
<tr><td>Popolazione</td><td>facoltativa</td><td>ISTAT, sezioni di censimento (campo
POP21)</td></tr>
<tr><td>Confini</td><td>facoltativi</td><td>ISTAT o Geoportale della Lombardia</td></tr>
</table>
<h3>Tasti</h3>
<p>F5 calcola · Esc ferma · Invio mostra · F1 manuale · Ctrl+1…5 schede</p>
<p><i>Raggi e matrice delle categorie sono proposte del progetto, non ufficiali.</i></p>
"""


_DELIVERY = """
<h3>Chi consegna</h3>
<ol>
<li>Nel pannello <b>Verifica STTM 2</b>: comune, servizi, verifica, giustificazioni.</li>
<li><b>Pronta?</b> (F5): che cosa blocca, quali metadati mancano, dove ci sono forse dati
personali, quali rilievi sono da spiegare, che cosa nessuno ha potuto verificare. Invio apre il
rilievo.</li>
<li><b>Pacchetto</b>: chi consegna, tipo, file. <b>Esporta</b> (Ctrl+E) lo scrive e lo valida come
farà chi riceve.</li>
<li>Firmare lo zip (.zip.p7m), fuori da qui, e consegnarlo.</li>
</ol>
<h3>Chi riceve</h3>
<p><b>Ricevi</b>: scegliere lo .zip o lo .zip.p7m e premere <b>Valida</b> (F5). Tre fasi: pacchetto,
schema, contenuto. Di chi ha firmato si legge il nome; se fidarsi lo dice chi verifica le firme. Un
archivio manomesso od ostile non si apre. <b>Schede…</b> scrive le bozze delle schede di
riconoscimento (NdA del PTM, art. 10) dei servizi previsti.</p>
<h3>Tasti</h3>
<p>F5 controlla o valida · Invio apre il rilievo · Esc ferma · Ctrl+E esporta · Ctrl+R rapporto ·
Ctrl+1…4 schede · F1 manuale</p>
<p><i>Il formato della consegna e i criteri sono proposte del progetto, non ufficiali.</i></p>
"""


def guidance_html() -> str:
    """Return the guide of the panel "Verifica STTM 2"."""
    return _guide(_TEXT, "verification_dock")


def services_guide_html() -> str:
    """Return the guide of the panel "Piano dei Servizi"."""
    return _guide(_SERVICES, "services_dock")


def lum_guide_html() -> str:
    """Return the guide of the panel "LUM e accessibilità"."""
    return _guide(_LUM, "lum_dock")


def delivery_guide_html() -> str:
    """Return the guide of the panel "Consegna"."""
    return _guide(_DELIVERY, "delivery_dock")


def _guide(text, module):
    text = QCoreApplication.translate("Guidance", text)
    page = manual_url(f"pannelli/{module}")
    if page:
        text += QCoreApplication.translate("Guidance", _MANUAL).format(page)
    return text
