<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling|Fields|MapTips" labelsEnabled="0">
  <renderer-v2 forceraster="0" referencescale="-1" type="RuleRenderer" symbollevels="0" enableorderby="0">
    <rules key="{a03b37ca-89b7-5530-9c5e-b6c2acd90efc}">
      <rule symbol="0" key="{afd6b44a-c48f-5ddd-b179-cd8ac0798e55}" filter="&quot;rango&quot; = 'metropolitano'" label="Perimetro comunale, LUM metropolitano"/>
      <rule symbol="1" key="{275a2f7f-22f9-5a1f-9c51-af4ba832c912}" filter="&quot;rango&quot; = 'sovracomunale'" label="Perimetro comunale, LUM sovracomunale"/>
      <rule symbol="2" key="{5df7f207-b69a-56e2-ba89-11128f57188f}" filter="ELSE" label="Perimetro comunale di un LUM"/>
    </rules>
    <symbols>
      <symbol name="0" type="fill" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleFill" pass="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="color" type="QString" value="0,0,255,255"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="0,76,122,255"/>
            <Option name="outline_style" type="QString" value="dash dot"/>
            <Option name="outline_width" type="QString" value="0.9"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="style" type="QString" value="no"/>
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
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="1" type="fill" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleFill" pass="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="color" type="QString" value="0,0,255,255"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="140,61,0,255"/>
            <Option name="outline_style" type="QString" value="dash dot"/>
            <Option name="outline_width" type="QString" value="0.9"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="style" type="QString" value="no"/>
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
              <Option name="name" type="QString" value=""/>
              <Option name="properties"/>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="2" type="fill" force_rhr="0" alpha="1" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option name="name" type="QString" value=""/>
            <Option name="properties"/>
            <Option name="type" type="QString" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" enabled="1" class="SimpleFill" pass="0">
          <Option type="Map">
            <Option name="border_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="color" type="QString" value="0,0,255,255"/>
            <Option name="joinstyle" type="QString" value="bevel"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="outline_color" type="QString" value="66,66,66,255"/>
            <Option name="outline_style" type="QString" value="dash dot"/>
            <Option name="outline_width" type="QString" value="0.9"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="style" type="QString" value="no"/>
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
    <alias index="0" field="id_lum" name=""/>
    <alias index="1" field="nome" name=""/>
    <alias index="2" field="rango" name=""/>
    <alias index="3" field="stato" name=""/>
    <alias index="4" field="contesto" name=""/>
    <alias index="5" field="raggio_m" name=""/>
    <alias index="6" field="rango_derivato" name=""/>
    <alias index="7" field="istat" name=""/>
    <alias index="8" field="quota_cerchio" name=""/>
    <alias index="9" field="atto_perimetrazione" name=""/>
    <alias index="10" field="data_inizio_validita" name=""/>
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
    <constraint notnull_strength="0" field="id_lum" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="nome" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="rango" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="stato" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="contesto" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="raggio_m" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="rango_derivato" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="istat" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="quota_cerchio" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="atto_perimetrazione" unique_strength="0" constraints="0" exp_strength="0"/>
    <constraint notnull_strength="0" field="data_inizio_validita" unique_strength="0" constraints="0" exp_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint exp="" field="id_lum" desc=""/>
    <constraint exp="" field="nome" desc=""/>
    <constraint exp="" field="rango" desc=""/>
    <constraint exp="" field="stato" desc=""/>
    <constraint exp="" field="contesto" desc=""/>
    <constraint exp="" field="raggio_m" desc=""/>
    <constraint exp="" field="rango_derivato" desc=""/>
    <constraint exp="" field="istat" desc=""/>
    <constraint exp="" field="quota_cerchio" desc=""/>
    <constraint exp="" field="atto_perimetrazione" desc=""/>
    <constraint exp="" field="data_inizio_validita" desc=""/>
  </constraintExpressions>
  <expressionfields/>
  <mapTip></mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
