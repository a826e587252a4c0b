<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <renderer-v2 type="RuleRenderer" referencescale="-1" enableorderby="0" forceraster="0" symbollevels="0">
    <rules key="{1908d08c-66a0-5e52-a450-43c1d0d89319}">
      <rule filter="&quot;stato&quot; IS NULL OR &quot;stato&quot; IN ('aperto','nuovo','giustificazione_scaduta')" label="Da esaminare" key="{d7fcab34-21b1-5456-b5e5-57d67ab0b856}">
        <rule filter="&quot;severita&quot; = 'blocco'" symbol="0" label="Blocco: la consegna si ferma" key="{e6f48838-b4c6-5a2f-aa0e-b7bd51c1a2db}"/>
        <rule filter="&quot;severita&quot; = 'errore'" symbol="1" label="Errore" key="{7773a300-b947-5bcf-aa0c-be292b91b368}"/>
        <rule filter="&quot;severita&quot; = 'avviso'" symbol="2" label="Avviso" key="{5be7953d-8904-5f8c-a4b5-3aa8512d2de8}"/>
        <rule filter="&quot;severita&quot; = 'info'" symbol="3" label="Informazione" key="{c5a751f2-ac99-56aa-ba30-7e5a0f3ba09c}"/>
      </rule>
      <rule filter="&quot;stato&quot; = 'giustificato'" symbol="4" label="Giustificato" key="{237b1dca-4ecb-5b60-855d-a3a7c13ba3a7}"/>
      <rule filter="&quot;stato&quot; = 'risolto'" symbol="5" label="Risolto" key="{43f6ea50-5a4c-59e5-8f97-97e1e7cd4105}"/>
    </rules>
    <symbols>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="0">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="127,0,0,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="octagon"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="26,26,26,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.35"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="6"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="127,0,0,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="octagon"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="26,26,26,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.35"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="6"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="213,94,0,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="triangle"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="26,26,26,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.35"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="5.2"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="213,94,0,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="triangle"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="26,26,26,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.35"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="5.2"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="2">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="230,159,0,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="diamond"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="26,26,26,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.35"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="4.6"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="230,159,0,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="diamond"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="26,26,26,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.35"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="4.6"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="3">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="86,180,233,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="circle"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="26,26,26,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.35"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="3.6"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="86,180,233,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="circle"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="26,26,26,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.35"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="3.6"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="4">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="255,255,255,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="circle"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="26,26,26,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.6"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="3.4"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="255,255,255,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="circle"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="26,26,26,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.6"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="3.4"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" force_rhr="0" clip_to_extent="1" alpha="1" name="5">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="angle" value="0"/>
            <Option type="QString" name="cap_style" value="square"/>
            <Option type="QString" name="color" value="255,0,0,255"/>
            <Option type="QString" name="horizontal_anchor_point" value="1"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="name" value="cross2"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="189,189,189,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="scale_method" value="diameter"/>
            <Option type="QString" name="size" value="2.6"/>
            <Option type="QString" name="size_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="size_unit" value="MM"/>
            <Option type="QString" name="vertical_anchor_point" value="1"/>
          </Option>
          <prop k="angle" v="0"/>
          <prop k="cap_style" v="square"/>
          <prop k="color" v="255,0,0,255"/>
          <prop k="horizontal_anchor_point" v="1"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="name" v="cross2"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="189,189,189,255"/>
          <prop k="outline_style" v="solid"/>
          <prop k="outline_width" v="0.4"/>
          <prop k="outline_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="scale_method" v="diameter"/>
          <prop k="size" v="2.6"/>
          <prop k="size_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="size_unit" v="MM"/>
          <prop k="vertical_anchor_point" v="1"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <fieldConfiguration>
    <field name="id_rilievo" configurationFlags="None"/>
    <field name="codice" configurationFlags="None"/>
    <field name="gruppo" configurationFlags="None"/>
    <field name="severita" configurationFlags="None"/>
    <field name="titolo" configurationFlags="None"/>
    <field name="descrizione" configurationFlags="None"/>
    <field name="istat" configurationFlags="None"/>
    <field name="zona_omogenea" configurationFlags="None"/>
    <field name="id_oggetto" configurationFlags="None"/>
    <field name="altri_oggetti" configurationFlags="None"/>
    <field name="layer" configurationFlags="None"/>
    <field name="valore" configurationFlags="None"/>
    <field name="soglia" configurationFlags="None"/>
    <field name="unita" configurationFlags="None"/>
    <field name="margine" configurationFlags="None"/>
    <field name="riferimento" configurationFlags="None"/>
    <field name="provenienza" configurationFlags="None"/>
    <field name="verificato" configurationFlags="None"/>
    <field name="suggerimento" configurationFlags="None"/>
    <field name="ammette_giustificazione" configurationFlags="None"/>
    <field name="stato" configurationFlags="None"/>
    <field name="giustificazione" configurationFlags="None"/>
    <field name="autore" configurationFlags="None"/>
    <field name="data" configurationFlags="None"/>
    <field name="impronta" configurationFlags="None"/>
    <field name="cambiato" configurationFlags="None"/>
    <field name="letto" configurationFlags="None"/>
  </fieldConfiguration>
  <aliases>
    <alias name="" field="id_rilievo" index="0"/>
    <alias name="" field="codice" index="1"/>
    <alias name="" field="gruppo" index="2"/>
    <alias name="" field="severita" index="3"/>
    <alias name="" field="titolo" index="4"/>
    <alias name="" field="descrizione" index="5"/>
    <alias name="" field="istat" index="6"/>
    <alias name="" field="zona_omogenea" index="7"/>
    <alias name="" field="id_oggetto" index="8"/>
    <alias name="" field="altri_oggetti" index="9"/>
    <alias name="" field="layer" index="10"/>
    <alias name="" field="valore" index="11"/>
    <alias name="" field="soglia" index="12"/>
    <alias name="" field="unita" index="13"/>
    <alias name="" field="margine" index="14"/>
    <alias name="" field="riferimento" index="15"/>
    <alias name="" field="provenienza" index="16"/>
    <alias name="" field="verificato" index="17"/>
    <alias name="" field="suggerimento" index="18"/>
    <alias name="" field="ammette_giustificazione" index="19"/>
    <alias name="" field="stato" index="20"/>
    <alias name="" field="giustificazione" index="21"/>
    <alias name="" field="autore" index="22"/>
    <alias name="" field="data" index="23"/>
    <alias name="" field="impronta" index="24"/>
    <alias name="Che cosa è cambiato dopo la giustificazione" field="cambiato" index="25"/>
    <alias name="Che cosa ha letto il controllo" field="letto" index="26"/>
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
    <default expression="" field="cambiato" applyOnUpdate="0"/>
    <default expression="" field="letto" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint unique_strength="0" exp_strength="0" field="id_rilievo" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="codice" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="gruppo" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="severita" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="titolo" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="descrizione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="istat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="zona_omogenea" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="id_oggetto" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="altri_oggetti" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="layer" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="valore" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="soglia" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="unita" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="margine" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="riferimento" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="provenienza" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="verificato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="suggerimento" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="ammette_giustificazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="stato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="giustificazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="autore" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="impronta" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="cambiato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="letto" notnull_strength="0" constraints="0"/>
  </constraints>
  <constraintExpressions>
    <constraint desc="" field="id_rilievo" exp=""/>
    <constraint desc="" field="codice" exp=""/>
    <constraint desc="" field="gruppo" exp=""/>
    <constraint desc="" field="severita" exp=""/>
    <constraint desc="" field="titolo" exp=""/>
    <constraint desc="" field="descrizione" exp=""/>
    <constraint desc="" field="istat" exp=""/>
    <constraint desc="" field="zona_omogenea" exp=""/>
    <constraint desc="" field="id_oggetto" exp=""/>
    <constraint desc="" field="altri_oggetti" exp=""/>
    <constraint desc="" field="layer" exp=""/>
    <constraint desc="" field="valore" exp=""/>
    <constraint desc="" field="soglia" exp=""/>
    <constraint desc="" field="unita" exp=""/>
    <constraint desc="" field="margine" exp=""/>
    <constraint desc="" field="riferimento" exp=""/>
    <constraint desc="" field="provenienza" exp=""/>
    <constraint desc="" field="verificato" exp=""/>
    <constraint desc="" field="suggerimento" exp=""/>
    <constraint desc="" field="ammette_giustificazione" exp=""/>
    <constraint desc="" field="stato" exp=""/>
    <constraint desc="" field="giustificazione" exp=""/>
    <constraint desc="" field="autore" exp=""/>
    <constraint desc="" field="data" exp=""/>
    <constraint desc="" field="impronta" exp=""/>
    <constraint desc="" field="cambiato" exp=""/>
    <constraint desc="" field="letto" exp=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>0</layerGeometryType>
</qgis>
