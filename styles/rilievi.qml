<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <renderer-v2 type="RuleRenderer" enableorderby="0" forceraster="0" referencescale="-1" symbollevels="0">
    <rules key="{1908d08c-66a0-5e52-a450-43c1d0d89319}">
      <rule label="Da esaminare" key="{d7fcab34-21b1-5456-b5e5-57d67ab0b856}" filter="&quot;stato&quot; IS NULL OR &quot;stato&quot; IN ('aperto','nuovo','giustificazione_scaduta')">
        <rule symbol="0" label="Blocco: la consegna si ferma" key="{e6f48838-b4c6-5a2f-aa0e-b7bd51c1a2db}" filter="&quot;severita&quot; = 'blocco'"/>
        <rule symbol="1" label="Errore" key="{7773a300-b947-5bcf-aa0c-be292b91b368}" filter="&quot;severita&quot; = 'errore'"/>
        <rule symbol="2" label="Avviso" key="{5be7953d-8904-5f8c-a4b5-3aa8512d2de8}" filter="&quot;severita&quot; = 'avviso'"/>
        <rule symbol="3" label="Informazione" key="{c5a751f2-ac99-56aa-ba30-7e5a0f3ba09c}" filter="&quot;severita&quot; = 'info'"/>
      </rule>
      <rule symbol="4" label="Giustificato" key="{237b1dca-4ecb-5b60-855d-a3a7c13ba3a7}" filter="&quot;stato&quot; = 'giustificato'"/>
      <rule symbol="5" label="Risolto" key="{43f6ea50-5a4c-59e5-8f97-97e1e7cd4105}" filter="&quot;stato&quot; = 'risolto'"/>
    </rules>
    <symbols>
      <symbol type="marker" force_rhr="0" alpha="1" name="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="127,0,0,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="octagon" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="26,26,26,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.35" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="6" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" alpha="1" name="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="213,94,0,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="triangle" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="26,26,26,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.35" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="5.2" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" alpha="1" name="2" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="230,159,0,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="diamond" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="26,26,26,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.35" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="4.6" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" alpha="1" name="3" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="86,180,233,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="circle" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="26,26,26,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.35" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="3.6" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" alpha="1" name="4" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="255,255,255,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="circle" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="26,26,26,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.6" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="3.4" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" alpha="1" name="5" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="0" name="angle"/>
            <Option type="QString" value="square" name="cap_style"/>
            <Option type="QString" value="255,0,0,255" name="color"/>
            <Option type="QString" value="1" name="horizontal_anchor_point"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="cross2" name="name"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="189,189,189,255" name="outline_color"/>
            <Option type="QString" value="solid" name="outline_style"/>
            <Option type="QString" value="0.4" name="outline_width"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="outline_width_map_unit_scale"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="diameter" name="scale_method"/>
            <Option type="QString" value="2.6" name="size"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="size_map_unit_scale"/>
            <Option type="QString" value="MM" name="size_unit"/>
            <Option type="QString" value="1" name="vertical_anchor_point"/>
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
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
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
    <alias field="id_rilievo" index="0" name=""/>
    <alias field="codice" index="1" name=""/>
    <alias field="gruppo" index="2" name=""/>
    <alias field="severita" index="3" name=""/>
    <alias field="titolo" index="4" name=""/>
    <alias field="descrizione" index="5" name=""/>
    <alias field="istat" index="6" name=""/>
    <alias field="zona_omogenea" index="7" name=""/>
    <alias field="id_oggetto" index="8" name=""/>
    <alias field="altri_oggetti" index="9" name=""/>
    <alias field="layer" index="10" name=""/>
    <alias field="valore" index="11" name=""/>
    <alias field="soglia" index="12" name=""/>
    <alias field="unita" index="13" name=""/>
    <alias field="margine" index="14" name=""/>
    <alias field="riferimento" index="15" name=""/>
    <alias field="provenienza" index="16" name=""/>
    <alias field="verificato" index="17" name=""/>
    <alias field="suggerimento" index="18" name=""/>
    <alias field="ammette_giustificazione" index="19" name=""/>
    <alias field="stato" index="20" name=""/>
    <alias field="giustificazione" index="21" name=""/>
    <alias field="autore" index="22" name=""/>
    <alias field="data" index="23" name=""/>
    <alias field="impronta" index="24" name=""/>
  </aliases>
  <defaults>
    <default field="id_rilievo" applyOnUpdate="0" expression=""/>
    <default field="codice" applyOnUpdate="0" expression=""/>
    <default field="gruppo" applyOnUpdate="0" expression=""/>
    <default field="severita" applyOnUpdate="0" expression=""/>
    <default field="titolo" applyOnUpdate="0" expression=""/>
    <default field="descrizione" applyOnUpdate="0" expression=""/>
    <default field="istat" applyOnUpdate="0" expression=""/>
    <default field="zona_omogenea" applyOnUpdate="0" expression=""/>
    <default field="id_oggetto" applyOnUpdate="0" expression=""/>
    <default field="altri_oggetti" applyOnUpdate="0" expression=""/>
    <default field="layer" applyOnUpdate="0" expression=""/>
    <default field="valore" applyOnUpdate="0" expression=""/>
    <default field="soglia" applyOnUpdate="0" expression=""/>
    <default field="unita" applyOnUpdate="0" expression=""/>
    <default field="margine" applyOnUpdate="0" expression=""/>
    <default field="riferimento" applyOnUpdate="0" expression=""/>
    <default field="provenienza" applyOnUpdate="0" expression=""/>
    <default field="verificato" applyOnUpdate="0" expression=""/>
    <default field="suggerimento" applyOnUpdate="0" expression=""/>
    <default field="ammette_giustificazione" applyOnUpdate="0" expression=""/>
    <default field="stato" applyOnUpdate="0" expression=""/>
    <default field="giustificazione" applyOnUpdate="0" expression=""/>
    <default field="autore" applyOnUpdate="0" expression=""/>
    <default field="data" applyOnUpdate="0" expression=""/>
    <default field="impronta" applyOnUpdate="0" expression=""/>
  </defaults>
  <constraints>
    <constraint field="id_rilievo" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="codice" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="gruppo" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="severita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="titolo" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="descrizione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="istat" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="zona_omogenea" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="id_oggetto" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="altri_oggetti" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="layer" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="valore" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="soglia" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="unita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="margine" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="riferimento" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="provenienza" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="verificato" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="suggerimento" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="ammette_giustificazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="stato" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="giustificazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="autore" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="impronta" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint field="id_rilievo" exp="" desc=""/>
    <constraint field="codice" exp="" desc=""/>
    <constraint field="gruppo" exp="" desc=""/>
    <constraint field="severita" exp="" desc=""/>
    <constraint field="titolo" exp="" desc=""/>
    <constraint field="descrizione" exp="" desc=""/>
    <constraint field="istat" exp="" desc=""/>
    <constraint field="zona_omogenea" exp="" desc=""/>
    <constraint field="id_oggetto" exp="" desc=""/>
    <constraint field="altri_oggetti" exp="" desc=""/>
    <constraint field="layer" exp="" desc=""/>
    <constraint field="valore" exp="" desc=""/>
    <constraint field="soglia" exp="" desc=""/>
    <constraint field="unita" exp="" desc=""/>
    <constraint field="margine" exp="" desc=""/>
    <constraint field="riferimento" exp="" desc=""/>
    <constraint field="provenienza" exp="" desc=""/>
    <constraint field="verificato" exp="" desc=""/>
    <constraint field="suggerimento" exp="" desc=""/>
    <constraint field="ammette_giustificazione" exp="" desc=""/>
    <constraint field="stato" exp="" desc=""/>
    <constraint field="giustificazione" exp="" desc=""/>
    <constraint field="autore" exp="" desc=""/>
    <constraint field="data" exp="" desc=""/>
    <constraint field="impronta" exp="" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>0</layerGeometryType>
</qgis>
