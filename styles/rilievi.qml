<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips" labelsEnabled="0">
  <renderer-v2 forceraster="0" referencescale="-1" type="RuleRenderer" symbollevels="0" enableorderby="0">
    <rules key="{1908d08c-66a0-5e52-a450-43c1d0d89319}">
      <rule key="{d7fcab34-21b1-5456-b5e5-57d67ab0b856}" filter="&quot;stato&quot; IS NULL OR &quot;stato&quot; IN ('aperto','nuovo','giustificazione_scaduta')" label="Da esaminare">
        <rule symbol="0" key="{e6f48838-b4c6-5a2f-aa0e-b7bd51c1a2db}" filter="&quot;severita&quot; = 'blocco'" label="Blocco: la consegna si ferma"/>
        <rule symbol="1" key="{7773a300-b947-5bcf-aa0c-be292b91b368}" filter="&quot;severita&quot; = 'errore'" label="Errore"/>
        <rule symbol="2" key="{5be7953d-8904-5f8c-a4b5-3aa8512d2de8}" filter="&quot;severita&quot; = 'avviso'" label="Avviso"/>
        <rule symbol="3" key="{c5a751f2-ac99-56aa-ba30-7e5a0f3ba09c}" filter="&quot;severita&quot; = 'info'" label="Informazione"/>
      </rule>
      <rule symbol="4" key="{237b1dca-4ecb-5b60-855d-a3a7c13ba3a7}" filter="&quot;stato&quot; = 'giustificato'" label="Giustificato"/>
      <rule symbol="5" key="{43f6ea50-5a4c-59e5-8f97-97e1e7cd4105}" filter="&quot;stato&quot; = 'risolto'" label="Risolto"/>
    </rules>
    <symbols>
      <symbol name="0" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="127,0,0,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="octagon"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="26,26,26,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.35"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="6"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="127,0,0,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="octagon" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="26,26,26,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.35" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="6" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="1" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="213,94,0,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="triangle"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="26,26,26,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.35"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="5.2"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="213,94,0,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="triangle" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="26,26,26,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.35" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="5.2" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="2" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="230,159,0,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="diamond"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="26,26,26,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.35"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="4.6"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="230,159,0,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="diamond" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="26,26,26,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.35" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="4.6" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="3" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="86,180,233,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="circle"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="26,26,26,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.35"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="3.6"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="86,180,233,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="circle" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="26,26,26,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.35" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="3.6" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="4" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="255,255,255,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="circle"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="26,26,26,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.6"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="3.4"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="255,255,255,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="circle" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="26,26,26,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.6" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="3.4" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="5" type="marker" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleMarker" pass="0">
          <Option type="Map">
            <Option name="angle" type="QString" value="0"/>
            <Option name="cap_style" type="QString" value="square"/>
            <Option name="color" type="QString" value="255,0,0,255"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="name" type="QString" value="cross2"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="189,189,189,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.4"/>
            <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="size" type="QString" value="2.6"/>
            <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <prop v="0" k="angle"/>
          <prop v="square" k="cap_style"/>
          <prop v="255,0,0,255" k="color"/>
          <prop v="1" k="horizontal_anchor_point"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="cross2" k="name"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="189,189,189,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="3x:0,0,0,0,0,0" k="outline_width_map_unit_scale"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="diameter" k="scale_method"/>
          <prop v="2.6" k="size"/>
          <prop v="3x:0,0,0,0,0,0" k="size_map_unit_scale"/>
          <prop v="MM" k="size_unit"/>
          <prop v="1" k="vertical_anchor_point"/>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <fieldConfiguration>
    <field configurationFlags="None" name="id_rilievo"/>
    <field configurationFlags="None" name="codice"/>
    <field configurationFlags="None" name="gruppo"/>
    <field configurationFlags="None" name="severita"/>
    <field configurationFlags="None" name="titolo"/>
    <field configurationFlags="None" name="descrizione"/>
    <field configurationFlags="None" name="istat"/>
    <field configurationFlags="None" name="zona_omogenea"/>
    <field configurationFlags="None" name="id_oggetto"/>
    <field configurationFlags="None" name="altri_oggetti"/>
    <field configurationFlags="None" name="layer"/>
    <field configurationFlags="None" name="valore"/>
    <field configurationFlags="None" name="soglia"/>
    <field configurationFlags="None" name="unita"/>
    <field configurationFlags="None" name="margine"/>
    <field configurationFlags="None" name="riferimento"/>
    <field configurationFlags="None" name="provenienza"/>
    <field configurationFlags="None" name="verificato"/>
    <field configurationFlags="None" name="suggerimento"/>
    <field configurationFlags="None" name="ammette_giustificazione"/>
    <field configurationFlags="None" name="stato"/>
    <field configurationFlags="None" name="giustificazione"/>
    <field configurationFlags="None" name="autore"/>
    <field configurationFlags="None" name="data"/>
    <field configurationFlags="None" name="impronta"/>
  </fieldConfiguration>
  <aliases>
    <alias index="0" field="id_rilievo" name=""/>
    <alias index="1" field="codice" name=""/>
    <alias index="2" field="gruppo" name=""/>
    <alias index="3" field="severita" name=""/>
    <alias index="4" field="titolo" name=""/>
    <alias index="5" field="descrizione" name=""/>
    <alias index="6" field="istat" name=""/>
    <alias index="7" field="zona_omogenea" name=""/>
    <alias index="8" field="id_oggetto" name=""/>
    <alias index="9" field="altri_oggetti" name=""/>
    <alias index="10" field="layer" name=""/>
    <alias index="11" field="valore" name=""/>
    <alias index="12" field="soglia" name=""/>
    <alias index="13" field="unita" name=""/>
    <alias index="14" field="margine" name=""/>
    <alias index="15" field="riferimento" name=""/>
    <alias index="16" field="provenienza" name=""/>
    <alias index="17" field="verificato" name=""/>
    <alias index="18" field="suggerimento" name=""/>
    <alias index="19" field="ammette_giustificazione" name=""/>
    <alias index="20" field="stato" name=""/>
    <alias index="21" field="giustificazione" name=""/>
    <alias index="22" field="autore" name=""/>
    <alias index="23" field="data" name=""/>
    <alias index="24" field="impronta" name=""/>
  </aliases>
  <defaults>
    <default expression="" field="id_rilievo" applyOnUpdate="0"/>
    <default expression="" field="codice" applyOnUpdate="0"/>
    <default expression="" field="gruppo" applyOnUpdate="0"/>
    <default expression="" field="severita" applyOnUpdate="0"/>
    <default expression="" field="titolo" applyOnUpdate="0"/>
    <default expression="" field="descrizione" applyOnUpdate="0"/>
    <default expression="" field="istat" applyOnUpdate="0"/>
    <default expression="" field="zona_omogenea" applyOnUpdate="0"/>
    <default expression="" field="id_oggetto" applyOnUpdate="0"/>
    <default expression="" field="altri_oggetti" applyOnUpdate="0"/>
    <default expression="" field="layer" applyOnUpdate="0"/>
    <default expression="" field="valore" applyOnUpdate="0"/>
    <default expression="" field="soglia" applyOnUpdate="0"/>
    <default expression="" field="unita" applyOnUpdate="0"/>
    <default expression="" field="margine" applyOnUpdate="0"/>
    <default expression="" field="riferimento" applyOnUpdate="0"/>
    <default expression="" field="provenienza" applyOnUpdate="0"/>
    <default expression="" field="verificato" applyOnUpdate="0"/>
    <default expression="" field="suggerimento" applyOnUpdate="0"/>
    <default expression="" field="ammette_giustificazione" applyOnUpdate="0"/>
    <default expression="" field="stato" applyOnUpdate="0"/>
    <default expression="" field="giustificazione" applyOnUpdate="0"/>
    <default expression="" field="autore" applyOnUpdate="0"/>
    <default expression="" field="data" applyOnUpdate="0"/>
    <default expression="" field="impronta" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint notnull_strength="0" field="id_rilievo" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="codice" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="gruppo" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="severita" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="titolo" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="descrizione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="istat" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="zona_omogenea" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="id_oggetto" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="altri_oggetti" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="layer" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="valore" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="soglia" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="unita" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="margine" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="riferimento" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="provenienza" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="verificato" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="suggerimento" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="ammette_giustificazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="stato" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="giustificazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="autore" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="impronta" unique_strength="0" constraints="0" exp_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint exp="" field="id_rilievo" desc=""/>
    <constraint exp="" field="codice" desc=""/>
    <constraint exp="" field="gruppo" desc=""/>
    <constraint exp="" field="severita" desc=""/>
    <constraint exp="" field="titolo" desc=""/>
    <constraint exp="" field="descrizione" desc=""/>
    <constraint exp="" field="istat" desc=""/>
    <constraint exp="" field="zona_omogenea" desc=""/>
    <constraint exp="" field="id_oggetto" desc=""/>
    <constraint exp="" field="altri_oggetti" desc=""/>
    <constraint exp="" field="layer" desc=""/>
    <constraint exp="" field="valore" desc=""/>
    <constraint exp="" field="soglia" desc=""/>
    <constraint exp="" field="unita" desc=""/>
    <constraint exp="" field="margine" desc=""/>
    <constraint exp="" field="riferimento" desc=""/>
    <constraint exp="" field="provenienza" desc=""/>
    <constraint exp="" field="verificato" desc=""/>
    <constraint exp="" field="suggerimento" desc=""/>
    <constraint exp="" field="ammette_giustificazione" desc=""/>
    <constraint exp="" field="stato" desc=""/>
    <constraint exp="" field="giustificazione" desc=""/>
    <constraint exp="" field="autore" desc=""/>
    <constraint exp="" field="data" desc=""/>
    <constraint exp="" field="impronta" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>0</layerGeometryType>
</qgis>
