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
    <alias field="id_servizio" index="0" name="Identificativo"/>
    <alias field="istat" index="1" name="Codice ISTAT"/>
    <alias field="comune" index="2" name="Comune"/>
    <alias field="denominazione" index="3" name="Denominazione"/>
    <alias field="codice_sttm" index="4" name="Codice STTM 2"/>
    <alias field="macrocategoria" index="5" name="Macrocategoria"/>
    <alias field="categoria" index="6" name="Categoria"/>
    <alias field="tipo_specifico" index="7" name="Tipo specifico"/>
    <alias field="confidenza" index="8" name="Confidenza della classificazione"/>
    <alias field="stato" index="9" name="Stato"/>
    <alias field="fase_progetto" index="10" name="Fase del progetto"/>
    <alias field="anno_previsto" index="11" name="Anno previsto"/>
    <alias field="lettura" index="12" name="Lettura"/>
    <alias field="fonte" index="13" name="Fonte"/>
    <alias field="fonte_id" index="14" name="Chiave nella fonte"/>
    <alias field="codice_fonte" index="15" name="Codice ufficiale"/>
    <alias field="data_rif" index="16" name="Data di riferimento"/>
    <alias field="data_inizio_validita" index="17" name="Inizio validità"/>
    <alias field="data_fine_validita" index="18" name="Fine validità"/>
    <alias field="data_verifica" index="19" name="Data di verifica"/>
    <alias field="ente_pianificatore" index="20" name="Ente che programma"/>
    <alias field="proprietario" index="21" name="Proprietario"/>
    <alias field="gestore" index="22" name="Gestore"/>
    <alias field="titolo_servizio" index="23" name="Titolo del servizio"/>
    <alias field="computo_dotazione" index="24" name="Computo nella dotazione"/>
    <alias field="ruolo_rete" index="25" name="Ruolo nella rete"/>
    <alias field="atto_gestione_associata" index="26" name="Atto di gestione associata"/>
    <alias field="riconoscimento_art10_ptm" index="27" name="Riconoscimento art. 10 PTM"/>
    <alias field="validato_da" index="28" name="Validato da"/>
    <alias field="id_complesso" index="29" name="Complesso"/>
    <alias field="superficie_mq" index="30" name="Superficie misurata (m²)"/>
    <alias field="superficie_dichiarata_mq" index="31" name="Superficie dichiarata (m²)"/>
    <alias field="capacita" index="32" name="Capacità"/>
    <alias field="capacita_um" index="33" name="Unità della capacità"/>
    <alias field="utenti_fuori_comune" index="34" name="Quota di utenti di altri comuni"/>
    <alias field="attributi" index="35" name="Altri attributi"/>
    <alias field="valenza_dichiarata" index="36" name="Valenza dichiarata"/>
    <alias field="valenza_calcolata" index="37" name="Valenza calcolata"/>
    <alias field="valenza_confermata" index="38" name="Valenza confermata"/>
    <alias field="punteggio" index="39" name="Punteggio"/>
    <alias field="punteggio_intercomunale" index="40" name="Punteggio intercomunale"/>
    <alias field="punteggio_metropolitana" index="41" name="Punteggio metropolitana"/>
    <alias field="copertura" index="42" name="Copertura dei dati"/>
    <alias field="indicazione" index="43" name="Indicazione (dal solo punteggio)"/>
    <alias field="motivazione" index="44" name="Motivazione del calcolo"/>
    <alias field="giustificazione" index="45" name="Giustificazione"/>
    <alias field="tipo_giustificazione" index="46" name="Tipo di giustificazione"/>
    <alias field="riferimento_giustificazione" index="47" name="Riferimento della giustificazione"/>
    <alias field="esito" index="48" name="Esito"/>
    <alias field="id_lum" index="49" name="LUM"/>
    <alias field="in_lum" index="50" name="In un LUM"/>
    <alias field="attributi_origine" index="51" name="Attributi di origine"/>
  </aliases>
  <defaults>
    <default field="id_servizio" applyOnUpdate="0" expression=""/>
    <default field="istat" applyOnUpdate="0" expression=""/>
    <default field="comune" applyOnUpdate="0" expression=""/>
    <default field="denominazione" applyOnUpdate="0" expression=""/>
    <default field="codice_sttm" applyOnUpdate="0" expression=""/>
    <default field="macrocategoria" applyOnUpdate="0" expression=""/>
    <default field="categoria" applyOnUpdate="0" expression=""/>
    <default field="tipo_specifico" applyOnUpdate="0" expression=""/>
    <default field="confidenza" applyOnUpdate="0" expression=""/>
    <default field="stato" applyOnUpdate="0" expression=""/>
    <default field="fase_progetto" applyOnUpdate="0" expression=""/>
    <default field="anno_previsto" applyOnUpdate="0" expression=""/>
    <default field="lettura" applyOnUpdate="0" expression=""/>
    <default field="fonte" applyOnUpdate="0" expression=""/>
    <default field="fonte_id" applyOnUpdate="0" expression=""/>
    <default field="codice_fonte" applyOnUpdate="0" expression=""/>
    <default field="data_rif" applyOnUpdate="0" expression=""/>
    <default field="data_inizio_validita" applyOnUpdate="0" expression=""/>
    <default field="data_fine_validita" applyOnUpdate="0" expression=""/>
    <default field="data_verifica" applyOnUpdate="0" expression=""/>
    <default field="ente_pianificatore" applyOnUpdate="0" expression=""/>
    <default field="proprietario" applyOnUpdate="0" expression=""/>
    <default field="gestore" applyOnUpdate="0" expression=""/>
    <default field="titolo_servizio" applyOnUpdate="0" expression=""/>
    <default field="computo_dotazione" applyOnUpdate="0" expression=""/>
    <default field="ruolo_rete" applyOnUpdate="0" expression=""/>
    <default field="atto_gestione_associata" applyOnUpdate="0" expression=""/>
    <default field="riconoscimento_art10_ptm" applyOnUpdate="0" expression=""/>
    <default field="validato_da" applyOnUpdate="0" expression=""/>
    <default field="id_complesso" applyOnUpdate="0" expression=""/>
    <default field="superficie_mq" applyOnUpdate="0" expression=""/>
    <default field="superficie_dichiarata_mq" applyOnUpdate="0" expression=""/>
    <default field="capacita" applyOnUpdate="0" expression=""/>
    <default field="capacita_um" applyOnUpdate="0" expression=""/>
    <default field="utenti_fuori_comune" applyOnUpdate="0" expression=""/>
    <default field="attributi" applyOnUpdate="0" expression=""/>
    <default field="valenza_dichiarata" applyOnUpdate="0" expression=""/>
    <default field="valenza_calcolata" applyOnUpdate="0" expression=""/>
    <default field="valenza_confermata" applyOnUpdate="0" expression=""/>
    <default field="punteggio" applyOnUpdate="0" expression=""/>
    <default field="punteggio_intercomunale" applyOnUpdate="0" expression=""/>
    <default field="punteggio_metropolitana" applyOnUpdate="0" expression=""/>
    <default field="copertura" applyOnUpdate="0" expression=""/>
    <default field="indicazione" applyOnUpdate="0" expression=""/>
    <default field="motivazione" applyOnUpdate="0" expression=""/>
    <default field="giustificazione" applyOnUpdate="0" expression=""/>
    <default field="tipo_giustificazione" applyOnUpdate="0" expression=""/>
    <default field="riferimento_giustificazione" applyOnUpdate="0" expression=""/>
    <default field="esito" applyOnUpdate="0" expression=""/>
    <default field="id_lum" applyOnUpdate="0" expression=""/>
    <default field="in_lum" applyOnUpdate="0" expression=""/>
    <default field="attributi_origine" applyOnUpdate="0" expression=""/>
  </defaults>
  <constraints>
    <constraint field="id_servizio" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="istat" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="comune" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="denominazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="codice_sttm" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="macrocategoria" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="categoria" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="tipo_specifico" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="confidenza" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="stato" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="fase_progetto" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="anno_previsto" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="lettura" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="fonte" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="fonte_id" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="codice_fonte" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data_rif" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data_inizio_validita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data_fine_validita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data_verifica" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="ente_pianificatore" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="proprietario" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="gestore" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="titolo_servizio" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="computo_dotazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="ruolo_rete" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="atto_gestione_associata" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="riconoscimento_art10_ptm" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="validato_da" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="id_complesso" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="superficie_mq" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="superficie_dichiarata_mq" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="capacita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="capacita_um" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="utenti_fuori_comune" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="attributi" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="valenza_dichiarata" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="valenza_calcolata" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="valenza_confermata" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="punteggio" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="punteggio_intercomunale" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="punteggio_metropolitana" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="copertura" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="indicazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="motivazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="giustificazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="tipo_giustificazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="riferimento_giustificazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="esito" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="id_lum" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="in_lum" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="attributi_origine" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint field="id_servizio" exp="" desc=""/>
    <constraint field="istat" exp="" desc=""/>
    <constraint field="comune" exp="" desc=""/>
    <constraint field="denominazione" exp="" desc=""/>
    <constraint field="codice_sttm" exp="" desc=""/>
    <constraint field="macrocategoria" exp="" desc=""/>
    <constraint field="categoria" exp="" desc=""/>
    <constraint field="tipo_specifico" exp="" desc=""/>
    <constraint field="confidenza" exp="" desc=""/>
    <constraint field="stato" exp="" desc=""/>
    <constraint field="fase_progetto" exp="" desc=""/>
    <constraint field="anno_previsto" exp="" desc=""/>
    <constraint field="lettura" exp="" desc=""/>
    <constraint field="fonte" exp="" desc=""/>
    <constraint field="fonte_id" exp="" desc=""/>
    <constraint field="codice_fonte" exp="" desc=""/>
    <constraint field="data_rif" exp="" desc=""/>
    <constraint field="data_inizio_validita" exp="" desc=""/>
    <constraint field="data_fine_validita" exp="" desc=""/>
    <constraint field="data_verifica" exp="" desc=""/>
    <constraint field="ente_pianificatore" exp="" desc=""/>
    <constraint field="proprietario" exp="" desc=""/>
    <constraint field="gestore" exp="" desc=""/>
    <constraint field="titolo_servizio" exp="" desc=""/>
    <constraint field="computo_dotazione" exp="" desc=""/>
    <constraint field="ruolo_rete" exp="" desc=""/>
    <constraint field="atto_gestione_associata" exp="" desc=""/>
    <constraint field="riconoscimento_art10_ptm" exp="" desc=""/>
    <constraint field="validato_da" exp="" desc=""/>
    <constraint field="id_complesso" exp="" desc=""/>
    <constraint field="superficie_mq" exp="" desc=""/>
    <constraint field="superficie_dichiarata_mq" exp="" desc=""/>
    <constraint field="capacita" exp="" desc=""/>
    <constraint field="capacita_um" exp="" desc=""/>
    <constraint field="utenti_fuori_comune" exp="" desc=""/>
    <constraint field="attributi" exp="" desc=""/>
    <constraint field="valenza_dichiarata" exp="" desc=""/>
    <constraint field="valenza_calcolata" exp="" desc=""/>
    <constraint field="valenza_confermata" exp="" desc=""/>
    <constraint field="punteggio" exp="" desc=""/>
    <constraint field="punteggio_intercomunale" exp="" desc=""/>
    <constraint field="punteggio_metropolitana" exp="" desc=""/>
    <constraint field="copertura" exp="" desc=""/>
    <constraint field="indicazione" exp="" desc=""/>
    <constraint field="motivazione" exp="" desc=""/>
    <constraint field="giustificazione" exp="" desc=""/>
    <constraint field="tipo_giustificazione" exp="" desc=""/>
    <constraint field="riferimento_giustificazione" exp="" desc=""/>
    <constraint field="esito" exp="" desc=""/>
    <constraint field="id_lum" exp="" desc=""/>
    <constraint field="in_lum" exp="" desc=""/>
    <constraint field="attributi_origine" exp="" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>4</layerGeometryType>
</qgis>
