<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <fieldConfiguration>
    <field configurationFlags="None" name="id_servizio"/>
    <field configurationFlags="None" name="istat"/>
    <field configurationFlags="None" name="comune"/>
    <field configurationFlags="None" name="denominazione"/>
    <field configurationFlags="None" name="codice_sttm"/>
    <field configurationFlags="None" name="macrocategoria"/>
    <field configurationFlags="None" name="categoria"/>
    <field configurationFlags="None" name="tipo_specifico"/>
    <field configurationFlags="None" name="confidenza"/>
    <field configurationFlags="None" name="stato"/>
    <field configurationFlags="None" name="fase_progetto"/>
    <field configurationFlags="None" name="anno_previsto"/>
    <field configurationFlags="None" name="lettura"/>
    <field configurationFlags="None" name="fonte"/>
    <field configurationFlags="None" name="fonte_id"/>
    <field configurationFlags="None" name="codice_fonte"/>
    <field configurationFlags="None" name="data_rif"/>
    <field configurationFlags="None" name="data_inizio_validita"/>
    <field configurationFlags="None" name="data_fine_validita"/>
    <field configurationFlags="None" name="data_verifica"/>
    <field configurationFlags="None" name="ente_pianificatore"/>
    <field configurationFlags="None" name="proprietario"/>
    <field configurationFlags="None" name="gestore"/>
    <field configurationFlags="None" name="titolo_servizio"/>
    <field configurationFlags="None" name="computo_dotazione"/>
    <field configurationFlags="None" name="ruolo_rete"/>
    <field configurationFlags="None" name="atto_gestione_associata"/>
    <field configurationFlags="None" name="riconoscimento_art10_ptm"/>
    <field configurationFlags="None" name="validato_da"/>
    <field configurationFlags="None" name="id_complesso"/>
    <field configurationFlags="None" name="superficie_mq"/>
    <field configurationFlags="None" name="superficie_dichiarata_mq"/>
    <field configurationFlags="None" name="capacita"/>
    <field configurationFlags="None" name="capacita_um"/>
    <field configurationFlags="None" name="utenti_fuori_comune"/>
    <field configurationFlags="None" name="attributi"/>
    <field configurationFlags="None" name="valenza_dichiarata"/>
    <field configurationFlags="None" name="valenza_calcolata"/>
    <field configurationFlags="None" name="valenza_confermata"/>
    <field configurationFlags="None" name="punteggio"/>
    <field configurationFlags="None" name="punteggio_intercomunale"/>
    <field configurationFlags="None" name="punteggio_metropolitana"/>
    <field configurationFlags="None" name="copertura"/>
    <field configurationFlags="None" name="indicazione"/>
    <field configurationFlags="None" name="motivazione"/>
    <field configurationFlags="None" name="giustificazione"/>
    <field configurationFlags="None" name="tipo_giustificazione"/>
    <field configurationFlags="None" name="riferimento_giustificazione"/>
    <field configurationFlags="None" name="esito"/>
    <field configurationFlags="None" name="id_lum"/>
    <field configurationFlags="None" name="in_lum"/>
    <field configurationFlags="None" name="attributi_origine"/>
  </fieldConfiguration>
  <aliases>
    <alias index="0" field="id_servizio" name="Identificativo"/>
    <alias index="1" field="istat" name="Codice ISTAT"/>
    <alias index="2" field="comune" name="Comune"/>
    <alias index="3" field="denominazione" name="Denominazione"/>
    <alias index="4" field="codice_sttm" name="Codice STTM 2"/>
    <alias index="5" field="macrocategoria" name="Macrocategoria"/>
    <alias index="6" field="categoria" name="Categoria"/>
    <alias index="7" field="tipo_specifico" name="Tipo specifico"/>
    <alias index="8" field="confidenza" name="Confidenza della classificazione"/>
    <alias index="9" field="stato" name="Stato"/>
    <alias index="10" field="fase_progetto" name="Fase del progetto"/>
    <alias index="11" field="anno_previsto" name="Anno previsto"/>
    <alias index="12" field="lettura" name="Lettura"/>
    <alias index="13" field="fonte" name="Fonte"/>
    <alias index="14" field="fonte_id" name="Chiave nella fonte"/>
    <alias index="15" field="codice_fonte" name="Codice ufficiale"/>
    <alias index="16" field="data_rif" name="Data di riferimento"/>
    <alias index="17" field="data_inizio_validita" name="Inizio validità"/>
    <alias index="18" field="data_fine_validita" name="Fine validità"/>
    <alias index="19" field="data_verifica" name="Data di verifica"/>
    <alias index="20" field="ente_pianificatore" name="Ente che programma"/>
    <alias index="21" field="proprietario" name="Proprietario"/>
    <alias index="22" field="gestore" name="Gestore"/>
    <alias index="23" field="titolo_servizio" name="Titolo del servizio"/>
    <alias index="24" field="computo_dotazione" name="Computo nella dotazione"/>
    <alias index="25" field="ruolo_rete" name="Ruolo nella rete"/>
    <alias index="26" field="atto_gestione_associata" name="Atto di gestione associata"/>
    <alias index="27" field="riconoscimento_art10_ptm" name="Riconoscimento art. 10 PTM"/>
    <alias index="28" field="validato_da" name="Validato da"/>
    <alias index="29" field="id_complesso" name="Complesso"/>
    <alias index="30" field="superficie_mq" name="Superficie misurata (m²)"/>
    <alias index="31" field="superficie_dichiarata_mq" name="Superficie dichiarata (m²)"/>
    <alias index="32" field="capacita" name="Capacità"/>
    <alias index="33" field="capacita_um" name="Unità della capacità"/>
    <alias index="34" field="utenti_fuori_comune" name="Quota di utenti di altri comuni"/>
    <alias index="35" field="attributi" name="Altri attributi"/>
    <alias index="36" field="valenza_dichiarata" name="Valenza dichiarata"/>
    <alias index="37" field="valenza_calcolata" name="Valenza calcolata"/>
    <alias index="38" field="valenza_confermata" name="Valenza confermata"/>
    <alias index="39" field="punteggio" name="Punteggio"/>
    <alias index="40" field="punteggio_intercomunale" name="Punteggio intercomunale"/>
    <alias index="41" field="punteggio_metropolitana" name="Punteggio metropolitana"/>
    <alias index="42" field="copertura" name="Copertura dei dati"/>
    <alias index="43" field="indicazione" name="Indicazione (dal solo punteggio)"/>
    <alias index="44" field="motivazione" name="Motivazione del calcolo"/>
    <alias index="45" field="giustificazione" name="Giustificazione"/>
    <alias index="46" field="tipo_giustificazione" name="Tipo di giustificazione"/>
    <alias index="47" field="riferimento_giustificazione" name="Riferimento della giustificazione"/>
    <alias index="48" field="esito" name="Esito"/>
    <alias index="49" field="id_lum" name="LUM"/>
    <alias index="50" field="in_lum" name="In un LUM"/>
    <alias index="51" field="attributi_origine" name="Attributi di origine"/>
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
  </defaults>
  <constraints>
    <constraint notnull_strength="0" field="id_servizio" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="istat" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="comune" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="denominazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="codice_sttm" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="macrocategoria" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="categoria" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="tipo_specifico" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="confidenza" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="stato" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="fase_progetto" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="anno_previsto" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="lettura" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="fonte" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="fonte_id" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="codice_fonte" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data_rif" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data_inizio_validita" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data_fine_validita" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data_verifica" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="ente_pianificatore" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="proprietario" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="gestore" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="titolo_servizio" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="computo_dotazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="ruolo_rete" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="atto_gestione_associata" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="riconoscimento_art10_ptm" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="validato_da" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="id_complesso" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="superficie_mq" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="superficie_dichiarata_mq" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="capacita" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="capacita_um" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="utenti_fuori_comune" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="attributi" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="valenza_dichiarata" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="valenza_calcolata" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="valenza_confermata" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="punteggio" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="punteggio_intercomunale" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="punteggio_metropolitana" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="copertura" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="indicazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="motivazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="giustificazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="tipo_giustificazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="riferimento_giustificazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="esito" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="id_lum" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="in_lum" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="attributi_origine" unique_strength="0" constraints="0" exp_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint exp="" field="id_servizio" desc=""/>
    <constraint exp="" field="istat" desc=""/>
    <constraint exp="" field="comune" desc=""/>
    <constraint exp="" field="denominazione" desc=""/>
    <constraint exp="" field="codice_sttm" desc=""/>
    <constraint exp="" field="macrocategoria" desc=""/>
    <constraint exp="" field="categoria" desc=""/>
    <constraint exp="" field="tipo_specifico" desc=""/>
    <constraint exp="" field="confidenza" desc=""/>
    <constraint exp="" field="stato" desc=""/>
    <constraint exp="" field="fase_progetto" desc=""/>
    <constraint exp="" field="anno_previsto" desc=""/>
    <constraint exp="" field="lettura" desc=""/>
    <constraint exp="" field="fonte" desc=""/>
    <constraint exp="" field="fonte_id" desc=""/>
    <constraint exp="" field="codice_fonte" desc=""/>
    <constraint exp="" field="data_rif" desc=""/>
    <constraint exp="" field="data_inizio_validita" desc=""/>
    <constraint exp="" field="data_fine_validita" desc=""/>
    <constraint exp="" field="data_verifica" desc=""/>
    <constraint exp="" field="ente_pianificatore" desc=""/>
    <constraint exp="" field="proprietario" desc=""/>
    <constraint exp="" field="gestore" desc=""/>
    <constraint exp="" field="titolo_servizio" desc=""/>
    <constraint exp="" field="computo_dotazione" desc=""/>
    <constraint exp="" field="ruolo_rete" desc=""/>
    <constraint exp="" field="atto_gestione_associata" desc=""/>
    <constraint exp="" field="riconoscimento_art10_ptm" desc=""/>
    <constraint exp="" field="validato_da" desc=""/>
    <constraint exp="" field="id_complesso" desc=""/>
    <constraint exp="" field="superficie_mq" desc=""/>
    <constraint exp="" field="superficie_dichiarata_mq" desc=""/>
    <constraint exp="" field="capacita" desc=""/>
    <constraint exp="" field="capacita_um" desc=""/>
    <constraint exp="" field="utenti_fuori_comune" desc=""/>
    <constraint exp="" field="attributi" desc=""/>
    <constraint exp="" field="valenza_dichiarata" desc=""/>
    <constraint exp="" field="valenza_calcolata" desc=""/>
    <constraint exp="" field="valenza_confermata" desc=""/>
    <constraint exp="" field="punteggio" desc=""/>
    <constraint exp="" field="punteggio_intercomunale" desc=""/>
    <constraint exp="" field="punteggio_metropolitana" desc=""/>
    <constraint exp="" field="copertura" desc=""/>
    <constraint exp="" field="indicazione" desc=""/>
    <constraint exp="" field="motivazione" desc=""/>
    <constraint exp="" field="giustificazione" desc=""/>
    <constraint exp="" field="tipo_giustificazione" desc=""/>
    <constraint exp="" field="riferimento_giustificazione" desc=""/>
    <constraint exp="" field="esito" desc=""/>
    <constraint exp="" field="id_lum" desc=""/>
    <constraint exp="" field="in_lum" desc=""/>
    <constraint exp="" field="attributi_origine" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>4</layerGeometryType>
</qgis>
