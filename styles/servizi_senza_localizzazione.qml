<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <fieldConfiguration>
    <field name="id_servizio" configurationFlags="None"/>
    <field name="istat" configurationFlags="None"/>
    <field name="comune" configurationFlags="None"/>
    <field name="denominazione" configurationFlags="None"/>
    <field name="codice_sttm" configurationFlags="None"/>
    <field name="macrocategoria" configurationFlags="None"/>
    <field name="categoria" configurationFlags="None"/>
    <field name="tipo_specifico" configurationFlags="None"/>
    <field name="confidenza" configurationFlags="None"/>
    <field name="stato" configurationFlags="None"/>
    <field name="fase_progetto" configurationFlags="None"/>
    <field name="anno_previsto" configurationFlags="None"/>
    <field name="lettura" configurationFlags="None"/>
    <field name="fonte" configurationFlags="None"/>
    <field name="fonte_id" configurationFlags="None"/>
    <field name="codice_fonte" configurationFlags="None"/>
    <field name="data_rif" configurationFlags="None"/>
    <field name="data_inizio_validita" configurationFlags="None"/>
    <field name="data_fine_validita" configurationFlags="None"/>
    <field name="data_verifica" configurationFlags="None"/>
    <field name="ente_pianificatore" configurationFlags="None"/>
    <field name="proprietario" configurationFlags="None"/>
    <field name="gestore" configurationFlags="None"/>
    <field name="titolo_servizio" configurationFlags="None"/>
    <field name="computo_dotazione" configurationFlags="None"/>
    <field name="ruolo_rete" configurationFlags="None"/>
    <field name="atto_gestione_associata" configurationFlags="None"/>
    <field name="riconoscimento_art10_ptm" configurationFlags="None"/>
    <field name="validato_da" configurationFlags="None"/>
    <field name="id_complesso" configurationFlags="None"/>
    <field name="superficie_mq" configurationFlags="None"/>
    <field name="superficie_dichiarata_mq" configurationFlags="None"/>
    <field name="capacita" configurationFlags="None"/>
    <field name="capacita_um" configurationFlags="None"/>
    <field name="utenti_fuori_comune" configurationFlags="None"/>
    <field name="attributi" configurationFlags="None"/>
    <field name="valenza_dichiarata" configurationFlags="None"/>
    <field name="valenza_calcolata" configurationFlags="None"/>
    <field name="valenza_confermata" configurationFlags="None"/>
    <field name="punteggio" configurationFlags="None"/>
    <field name="punteggio_intercomunale" configurationFlags="None"/>
    <field name="punteggio_metropolitana" configurationFlags="None"/>
    <field name="copertura" configurationFlags="None"/>
    <field name="indicazione" configurationFlags="None"/>
    <field name="motivazione" configurationFlags="None"/>
    <field name="giustificazione" configurationFlags="None"/>
    <field name="tipo_giustificazione" configurationFlags="None"/>
    <field name="riferimento_giustificazione" configurationFlags="None"/>
    <field name="esito" configurationFlags="None"/>
    <field name="id_lum" configurationFlags="None"/>
    <field name="in_lum" configurationFlags="None"/>
    <field name="attributi_origine" configurationFlags="None"/>
    <field name="doppione_di" configurationFlags="None"/>
  </fieldConfiguration>
  <aliases>
    <alias name="Identificativo" field="id_servizio" index="0"/>
    <alias name="Codice ISTAT" field="istat" index="1"/>
    <alias name="Comune" field="comune" index="2"/>
    <alias name="Denominazione" field="denominazione" index="3"/>
    <alias name="Codice STTM 2" field="codice_sttm" index="4"/>
    <alias name="Macrocategoria" field="macrocategoria" index="5"/>
    <alias name="Categoria" field="categoria" index="6"/>
    <alias name="Tipo specifico" field="tipo_specifico" index="7"/>
    <alias name="Confidenza della classificazione" field="confidenza" index="8"/>
    <alias name="Stato" field="stato" index="9"/>
    <alias name="Fase del progetto" field="fase_progetto" index="10"/>
    <alias name="Anno previsto" field="anno_previsto" index="11"/>
    <alias name="Lettura" field="lettura" index="12"/>
    <alias name="Fonte" field="fonte" index="13"/>
    <alias name="Chiave nella fonte" field="fonte_id" index="14"/>
    <alias name="Codice ufficiale" field="codice_fonte" index="15"/>
    <alias name="Data di riferimento" field="data_rif" index="16"/>
    <alias name="Inizio validità" field="data_inizio_validita" index="17"/>
    <alias name="Fine validità" field="data_fine_validita" index="18"/>
    <alias name="Data di verifica" field="data_verifica" index="19"/>
    <alias name="Ente che programma" field="ente_pianificatore" index="20"/>
    <alias name="Proprietario" field="proprietario" index="21"/>
    <alias name="Gestore" field="gestore" index="22"/>
    <alias name="Titolo del servizio" field="titolo_servizio" index="23"/>
    <alias name="Computo nella dotazione" field="computo_dotazione" index="24"/>
    <alias name="Ruolo nella rete" field="ruolo_rete" index="25"/>
    <alias name="Atto di gestione associata" field="atto_gestione_associata" index="26"/>
    <alias name="Riconoscimento art. 10 PTM" field="riconoscimento_art10_ptm" index="27"/>
    <alias name="Validato da" field="validato_da" index="28"/>
    <alias name="Complesso" field="id_complesso" index="29"/>
    <alias name="Superficie misurata (m²)" field="superficie_mq" index="30"/>
    <alias name="Superficie dichiarata (m²)" field="superficie_dichiarata_mq" index="31"/>
    <alias name="Capacità" field="capacita" index="32"/>
    <alias name="Unità della capacità" field="capacita_um" index="33"/>
    <alias name="Quota di utenti di altri comuni" field="utenti_fuori_comune" index="34"/>
    <alias name="Altri attributi" field="attributi" index="35"/>
    <alias name="Valenza dichiarata" field="valenza_dichiarata" index="36"/>
    <alias name="Valenza calcolata" field="valenza_calcolata" index="37"/>
    <alias name="Valenza confermata" field="valenza_confermata" index="38"/>
    <alias name="Punteggio" field="punteggio" index="39"/>
    <alias name="Punteggio intercomunale" field="punteggio_intercomunale" index="40"/>
    <alias name="Punteggio metropolitana" field="punteggio_metropolitana" index="41"/>
    <alias name="Copertura dei dati" field="copertura" index="42"/>
    <alias name="Indicazione (dal solo punteggio)" field="indicazione" index="43"/>
    <alias name="Motivazione del calcolo" field="motivazione" index="44"/>
    <alias name="Giustificazione" field="giustificazione" index="45"/>
    <alias name="Tipo di giustificazione" field="tipo_giustificazione" index="46"/>
    <alias name="Riferimento della giustificazione" field="riferimento_giustificazione" index="47"/>
    <alias name="Esito" field="esito" index="48"/>
    <alias name="LUM" field="id_lum" index="49"/>
    <alias name="In un LUM" field="in_lum" index="50"/>
    <alias name="Attributi di origine" field="attributi_origine" index="51"/>
    <alias name="Doppione di" field="doppione_di" index="52"/>
  </aliases>
  <defaults>
    <default expression="" field="id_servizio" applyOnUpdate="0"/>
    <default expression="" field="istat" applyOnUpdate="0"/>
    <default expression="" field="comune" applyOnUpdate="0"/>
    <default expression="" field="denominazione" applyOnUpdate="0"/>
    <default expression="" field="codice_sttm" applyOnUpdate="0"/>
    <default expression="" field="macrocategoria" applyOnUpdate="0"/>
    <default expression="" field="categoria" applyOnUpdate="0"/>
    <default expression="" field="tipo_specifico" applyOnUpdate="0"/>
    <default expression="" field="confidenza" applyOnUpdate="0"/>
    <default expression="" field="stato" applyOnUpdate="0"/>
    <default expression="" field="fase_progetto" applyOnUpdate="0"/>
    <default expression="" field="anno_previsto" applyOnUpdate="0"/>
    <default expression="" field="lettura" applyOnUpdate="0"/>
    <default expression="" field="fonte" applyOnUpdate="0"/>
    <default expression="" field="fonte_id" applyOnUpdate="0"/>
    <default expression="" field="codice_fonte" applyOnUpdate="0"/>
    <default expression="" field="data_rif" applyOnUpdate="0"/>
    <default expression="" field="data_inizio_validita" applyOnUpdate="0"/>
    <default expression="" field="data_fine_validita" applyOnUpdate="0"/>
    <default expression="" field="data_verifica" applyOnUpdate="0"/>
    <default expression="" field="ente_pianificatore" applyOnUpdate="0"/>
    <default expression="" field="proprietario" applyOnUpdate="0"/>
    <default expression="" field="gestore" applyOnUpdate="0"/>
    <default expression="" field="titolo_servizio" applyOnUpdate="0"/>
    <default expression="" field="computo_dotazione" applyOnUpdate="0"/>
    <default expression="" field="ruolo_rete" applyOnUpdate="0"/>
    <default expression="" field="atto_gestione_associata" applyOnUpdate="0"/>
    <default expression="" field="riconoscimento_art10_ptm" applyOnUpdate="0"/>
    <default expression="" field="validato_da" applyOnUpdate="0"/>
    <default expression="" field="id_complesso" applyOnUpdate="0"/>
    <default expression="" field="superficie_mq" applyOnUpdate="0"/>
    <default expression="" field="superficie_dichiarata_mq" applyOnUpdate="0"/>
    <default expression="" field="capacita" applyOnUpdate="0"/>
    <default expression="" field="capacita_um" applyOnUpdate="0"/>
    <default expression="" field="utenti_fuori_comune" applyOnUpdate="0"/>
    <default expression="" field="attributi" applyOnUpdate="0"/>
    <default expression="" field="valenza_dichiarata" applyOnUpdate="0"/>
    <default expression="" field="valenza_calcolata" applyOnUpdate="0"/>
    <default expression="" field="valenza_confermata" applyOnUpdate="0"/>
    <default expression="" field="punteggio" applyOnUpdate="0"/>
    <default expression="" field="punteggio_intercomunale" applyOnUpdate="0"/>
    <default expression="" field="punteggio_metropolitana" applyOnUpdate="0"/>
    <default expression="" field="copertura" applyOnUpdate="0"/>
    <default expression="" field="indicazione" applyOnUpdate="0"/>
    <default expression="" field="motivazione" applyOnUpdate="0"/>
    <default expression="" field="giustificazione" applyOnUpdate="0"/>
    <default expression="" field="tipo_giustificazione" applyOnUpdate="0"/>
    <default expression="" field="riferimento_giustificazione" applyOnUpdate="0"/>
    <default expression="" field="esito" applyOnUpdate="0"/>
    <default expression="" field="id_lum" applyOnUpdate="0"/>
    <default expression="" field="in_lum" applyOnUpdate="0"/>
    <default expression="" field="attributi_origine" applyOnUpdate="0"/>
    <default expression="" field="doppione_di" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint unique_strength="0" exp_strength="0" field="id_servizio" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="istat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="comune" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="denominazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="codice_sttm" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="macrocategoria" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="categoria" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="tipo_specifico" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="confidenza" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="stato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="fase_progetto" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="anno_previsto" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="lettura" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="fonte" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="fonte_id" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="codice_fonte" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data_rif" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data_inizio_validita" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data_fine_validita" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data_verifica" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="ente_pianificatore" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="proprietario" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="gestore" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="titolo_servizio" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="computo_dotazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="ruolo_rete" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="atto_gestione_associata" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="riconoscimento_art10_ptm" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="validato_da" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="id_complesso" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="superficie_mq" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="superficie_dichiarata_mq" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="capacita" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="capacita_um" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="utenti_fuori_comune" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="attributi" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="valenza_dichiarata" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="valenza_calcolata" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="valenza_confermata" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="punteggio" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="punteggio_intercomunale" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="punteggio_metropolitana" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="copertura" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="indicazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="motivazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="giustificazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="tipo_giustificazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="riferimento_giustificazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="esito" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="id_lum" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="in_lum" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="attributi_origine" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="doppione_di" notnull_strength="0" constraints="0"/>
  </constraints>
  <constraintExpressions>
    <constraint desc="" field="id_servizio" exp=""/>
    <constraint desc="" field="istat" exp=""/>
    <constraint desc="" field="comune" exp=""/>
    <constraint desc="" field="denominazione" exp=""/>
    <constraint desc="" field="codice_sttm" exp=""/>
    <constraint desc="" field="macrocategoria" exp=""/>
    <constraint desc="" field="categoria" exp=""/>
    <constraint desc="" field="tipo_specifico" exp=""/>
    <constraint desc="" field="confidenza" exp=""/>
    <constraint desc="" field="stato" exp=""/>
    <constraint desc="" field="fase_progetto" exp=""/>
    <constraint desc="" field="anno_previsto" exp=""/>
    <constraint desc="" field="lettura" exp=""/>
    <constraint desc="" field="fonte" exp=""/>
    <constraint desc="" field="fonte_id" exp=""/>
    <constraint desc="" field="codice_fonte" exp=""/>
    <constraint desc="" field="data_rif" exp=""/>
    <constraint desc="" field="data_inizio_validita" exp=""/>
    <constraint desc="" field="data_fine_validita" exp=""/>
    <constraint desc="" field="data_verifica" exp=""/>
    <constraint desc="" field="ente_pianificatore" exp=""/>
    <constraint desc="" field="proprietario" exp=""/>
    <constraint desc="" field="gestore" exp=""/>
    <constraint desc="" field="titolo_servizio" exp=""/>
    <constraint desc="" field="computo_dotazione" exp=""/>
    <constraint desc="" field="ruolo_rete" exp=""/>
    <constraint desc="" field="atto_gestione_associata" exp=""/>
    <constraint desc="" field="riconoscimento_art10_ptm" exp=""/>
    <constraint desc="" field="validato_da" exp=""/>
    <constraint desc="" field="id_complesso" exp=""/>
    <constraint desc="" field="superficie_mq" exp=""/>
    <constraint desc="" field="superficie_dichiarata_mq" exp=""/>
    <constraint desc="" field="capacita" exp=""/>
    <constraint desc="" field="capacita_um" exp=""/>
    <constraint desc="" field="utenti_fuori_comune" exp=""/>
    <constraint desc="" field="attributi" exp=""/>
    <constraint desc="" field="valenza_dichiarata" exp=""/>
    <constraint desc="" field="valenza_calcolata" exp=""/>
    <constraint desc="" field="valenza_confermata" exp=""/>
    <constraint desc="" field="punteggio" exp=""/>
    <constraint desc="" field="punteggio_intercomunale" exp=""/>
    <constraint desc="" field="punteggio_metropolitana" exp=""/>
    <constraint desc="" field="copertura" exp=""/>
    <constraint desc="" field="indicazione" exp=""/>
    <constraint desc="" field="motivazione" exp=""/>
    <constraint desc="" field="giustificazione" exp=""/>
    <constraint desc="" field="tipo_giustificazione" exp=""/>
    <constraint desc="" field="riferimento_giustificazione" exp=""/>
    <constraint desc="" field="esito" exp=""/>
    <constraint desc="" field="id_lum" exp=""/>
    <constraint desc="" field="in_lum" exp=""/>
    <constraint desc="" field="attributi_origine" exp=""/>
    <constraint desc="" field="doppione_di" exp=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>4</layerGeometryType>
</qgis>
