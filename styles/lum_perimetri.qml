<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips">
  <renderer-v2 type="RuleRenderer" enableorderby="0" forceraster="0" referencescale="-1" symbollevels="0">
    <rules key="{a03b37ca-89b7-5530-9c5e-b6c2acd90efc}">
      <rule symbol="0" label="Perimetro comunale, LUM metropolitano" key="{afd6b44a-c48f-5ddd-b179-cd8ac0798e55}" filter="&quot;rango&quot; = 'metropolitano'"/>
      <rule symbol="1" label="Perimetro comunale, LUM sovracomunale" key="{275a2f7f-22f9-5a1f-9c51-af4ba832c912}" filter="&quot;rango&quot; = 'sovracomunale'"/>
      <rule symbol="2" label="Perimetro comunale di un LUM" key="{5df7f207-b69a-56e2-ba89-11128f57188f}" filter="ELSE"/>
    </rules>
    <symbols>
      <symbol type="fill" force_rhr="0" alpha="1" name="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="3x:0,0,0,0,0,0" name="border_width_map_unit_scale"/>
            <Option type="QString" value="0,0,255,255" name="color"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="0,76,122,255" name="outline_color"/>
            <Option type="QString" value="dash dot" name="outline_style"/>
            <Option type="QString" value="0.9" name="outline_width"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="no" name="style"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="0,0,255,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="0,76,122,255" k="outline_color"/>
          <prop v="dash dot" k="outline_style"/>
          <prop v="0.9" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="no" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" alpha="1" name="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="3x:0,0,0,0,0,0" name="border_width_map_unit_scale"/>
            <Option type="QString" value="0,0,255,255" name="color"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="140,61,0,255" name="outline_color"/>
            <Option type="QString" value="dash dot" name="outline_style"/>
            <Option type="QString" value="0.9" name="outline_width"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="no" name="style"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="0,0,255,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="140,61,0,255" k="outline_color"/>
          <prop v="dash dot" k="outline_style"/>
          <prop v="0.9" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="no" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" value="" name="name"/>
              <Option name="properties"/>
              <Option type="QString" value="collection" name="type"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" force_rhr="0" alpha="1" name="2" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" value="" name="name"/>
            <Option name="properties"/>
            <Option type="QString" value="collection" name="type"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" enabled="1" pass="0" locked="0">
          <Option type="Map">
            <Option type="QString" value="3x:0,0,0,0,0,0" name="border_width_map_unit_scale"/>
            <Option type="QString" value="0,0,255,255" name="color"/>
            <Option type="QString" value="bevel" name="joinstyle"/>
            <Option type="QString" value="0,0" name="offset"/>
            <Option type="QString" value="3x:0,0,0,0,0,0" name="offset_map_unit_scale"/>
            <Option type="QString" value="MM" name="offset_unit"/>
            <Option type="QString" value="66,66,66,255" name="outline_color"/>
            <Option type="QString" value="dash dot" name="outline_style"/>
            <Option type="QString" value="0.9" name="outline_width"/>
            <Option type="QString" value="MM" name="outline_width_unit"/>
            <Option type="QString" value="no" name="style"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="0,0,255,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="66,66,66,255" k="outline_color"/>
          <prop v="dash dot" k="outline_style"/>
          <prop v="0.9" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="no" k="style"/>
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
    <field configurationFlags="None" name="id_lum"/>
    <field configurationFlags="None" name="nome"/>
    <field configurationFlags="None" name="rango"/>
    <field configurationFlags="None" name="stato"/>
    <field configurationFlags="None" name="contesto"/>
    <field configurationFlags="None" name="raggio_m"/>
    <field configurationFlags="None" name="rango_derivato"/>
    <field configurationFlags="None" name="istat"/>
    <field configurationFlags="None" name="quota_cerchio"/>
    <field configurationFlags="None" name="atto_perimetrazione"/>
    <field configurationFlags="None" name="data_inizio_validita"/>
  </fieldConfiguration>
  <aliases>
    <alias field="id_lum" index="0" name=""/>
    <alias field="nome" index="1" name=""/>
    <alias field="rango" index="2" name=""/>
    <alias field="stato" index="3" name=""/>
    <alias field="contesto" index="4" name=""/>
    <alias field="raggio_m" index="5" name=""/>
    <alias field="rango_derivato" index="6" name=""/>
    <alias field="istat" index="7" name=""/>
    <alias field="quota_cerchio" index="8" name=""/>
    <alias field="atto_perimetrazione" index="9" name=""/>
    <alias field="data_inizio_validita" index="10" name=""/>
  </aliases>
  <defaults>
    <default field="id_lum" applyOnUpdate="0" expression=""/>
    <default field="nome" applyOnUpdate="0" expression=""/>
    <default field="rango" applyOnUpdate="0" expression=""/>
    <default field="stato" applyOnUpdate="0" expression=""/>
    <default field="contesto" applyOnUpdate="0" expression=""/>
    <default field="raggio_m" applyOnUpdate="0" expression=""/>
    <default field="rango_derivato" applyOnUpdate="0" expression=""/>
    <default field="istat" applyOnUpdate="0" expression=""/>
    <default field="quota_cerchio" applyOnUpdate="0" expression=""/>
    <default field="atto_perimetrazione" applyOnUpdate="0" expression=""/>
    <default field="data_inizio_validita" applyOnUpdate="0" expression=""/>
  </defaults>
  <constraints>
    <constraint field="id_lum" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="nome" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="rango" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="stato" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="contesto" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="raggio_m" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="rango_derivato" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="istat" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="quota_cerchio" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="atto_perimetrazione" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
    <constraint field="data_inizio_validita" constraints="0" notnull_strength="0" exp_strength="0" unique_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint field="id_lum" exp="" desc=""/>
    <constraint field="nome" exp="" desc=""/>
    <constraint field="rango" exp="" desc=""/>
    <constraint field="stato" exp="" desc=""/>
    <constraint field="contesto" exp="" desc=""/>
    <constraint field="raggio_m" exp="" desc=""/>
    <constraint field="rango_derivato" exp="" desc=""/>
    <constraint field="istat" exp="" desc=""/>
    <constraint field="quota_cerchio" exp="" desc=""/>
    <constraint field="atto_perimetrazione" exp="" desc=""/>
    <constraint field="data_inizio_validita" exp="" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
