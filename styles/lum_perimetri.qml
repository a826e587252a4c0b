<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <renderer-v2 type="RuleRenderer" referencescale="-1" enableorderby="0" forceraster="0" symbollevels="0">
    <rules key="{a03b37ca-89b7-5530-9c5e-b6c2acd90efc}">
      <rule filter="&quot;rango&quot; = 'metropolitano'" symbol="0" label="Perimetro comunale, LUM metropolitano" key="{afd6b44a-c48f-5ddd-b179-cd8ac0798e55}"/>
      <rule filter="&quot;rango&quot; = 'sovracomunale'" symbol="1" label="Perimetro comunale, LUM sovracomunale" key="{275a2f7f-22f9-5a1f-9c51-af4ba832c912}"/>
      <rule filter="ELSE" symbol="2" label="Perimetro comunale di un LUM" key="{5df7f207-b69a-56e2-ba89-11128f57188f}"/>
    </rules>
    <symbols>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="0">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="0,0,255,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="0,76,122,255"/>
            <Option type="QString" name="outline_style" value="dash dot"/>
            <Option type="QString" name="outline_width" value="0.9"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="0,0,255,255"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="0,76,122,255"/>
          <prop k="outline_style" v="dash dot"/>
          <prop k="outline_width" v="0.9"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="no"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="0,0,255,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="140,61,0,255"/>
            <Option type="QString" name="outline_style" value="dash dot"/>
            <Option type="QString" name="outline_width" value="0.9"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="0,0,255,255"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="140,61,0,255"/>
          <prop k="outline_style" v="dash dot"/>
          <prop k="outline_width" v="0.9"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="no"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" clip_to_extent="1" alpha="1" name="2">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="0,0,255,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="66,66,66,255"/>
            <Option type="QString" name="outline_style" value="dash dot"/>
            <Option type="QString" name="outline_width" value="0.9"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop k="border_width_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="color" v="0,0,255,255"/>
          <prop k="joinstyle" v="bevel"/>
          <prop k="offset" v="0,0"/>
          <prop k="offset_map_unit_scale" v="3x:0,0,0,0,0,0"/>
          <prop k="offset_unit" v="MM"/>
          <prop k="outline_color" v="66,66,66,255"/>
          <prop k="outline_style" v="dash dot"/>
          <prop k="outline_width" v="0.9"/>
          <prop k="outline_width_unit" v="MM"/>
          <prop k="style" v="no"/>
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
    <field name="id_lum" configurationFlags="None"/>
    <field name="nome" configurationFlags="None"/>
    <field name="rango" configurationFlags="None"/>
    <field name="stato" configurationFlags="None"/>
    <field name="contesto" configurationFlags="None"/>
    <field name="raggio_m" configurationFlags="None"/>
    <field name="rango_derivato" configurationFlags="None"/>
    <field name="istat" configurationFlags="None"/>
    <field name="quota_cerchio" configurationFlags="None"/>
    <field name="atto_perimetrazione" configurationFlags="None"/>
    <field name="data_inizio_validita" configurationFlags="None"/>
  </fieldConfiguration>
  <aliases>
    <alias name="" field="id_lum" index="0"/>
    <alias name="" field="nome" index="1"/>
    <alias name="" field="rango" index="2"/>
    <alias name="" field="stato" index="3"/>
    <alias name="" field="contesto" index="4"/>
    <alias name="" field="raggio_m" index="5"/>
    <alias name="" field="rango_derivato" index="6"/>
    <alias name="" field="istat" index="7"/>
    <alias name="" field="quota_cerchio" index="8"/>
    <alias name="" field="atto_perimetrazione" index="9"/>
    <alias name="" field="data_inizio_validita" index="10"/>
  </aliases>
  <defaults>
    <default expression="" field="id_lum" applyOnUpdate="0"/>
    <default expression="" field="nome" applyOnUpdate="0"/>
    <default expression="" field="rango" applyOnUpdate="0"/>
    <default expression="" field="stato" applyOnUpdate="0"/>
    <default expression="" field="contesto" applyOnUpdate="0"/>
    <default expression="" field="raggio_m" applyOnUpdate="0"/>
    <default expression="" field="rango_derivato" applyOnUpdate="0"/>
    <default expression="" field="istat" applyOnUpdate="0"/>
    <default expression="" field="quota_cerchio" applyOnUpdate="0"/>
    <default expression="" field="atto_perimetrazione" applyOnUpdate="0"/>
    <default expression="" field="data_inizio_validita" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint unique_strength="0" exp_strength="0" field="id_lum" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="nome" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="rango" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="stato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="contesto" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="raggio_m" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="rango_derivato" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="istat" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="quota_cerchio" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="atto_perimetrazione" notnull_strength="0" constraints="0"/>
    <constraint unique_strength="0" exp_strength="0" field="data_inizio_validita" notnull_strength="0" constraints="0"/>
  </constraints>
  <constraintExpressions>
    <constraint desc="" field="id_lum" exp=""/>
    <constraint desc="" field="nome" exp=""/>
    <constraint desc="" field="rango" exp=""/>
    <constraint desc="" field="stato" exp=""/>
    <constraint desc="" field="contesto" exp=""/>
    <constraint desc="" field="raggio_m" exp=""/>
    <constraint desc="" field="rango_derivato" exp=""/>
    <constraint desc="" field="istat" exp=""/>
    <constraint desc="" field="quota_cerchio" exp=""/>
    <constraint desc="" field="atto_perimetrazione" exp=""/>
    <constraint desc="" field="data_inizio_validita" exp=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
