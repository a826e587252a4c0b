"""QGIS evaluates the expressions of a criteria pack: the harmless part of its language.

A pack comes from others. What reads files, layers, settings or the clock, what can grow without
bound and what Python adds to the language stay out: only what is listed here is allowed.
"""

from __future__ import annotations

import time

from qgis.core import (
    NULL,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsExpressionContextUtils,
    QgsExpressionNodeBinaryOperator,
    QgsExpressionNodeColumnRef,
    QgsExpressionNodeCondition,
    QgsExpressionNodeFunction,
    QgsExpressionNodeInOperator,
    QgsExpressionNodeLiteral,
    QgsExpressionNodeUnaryOperator,
    QgsFeature,
    QgsGeometry,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate

from ..core.errors import SttmError
from ..core.expressions import Parsed
from ..core.schema import Field
from .fields import make_fields

_PLAIN = frozenset(
    "abs age area azimuth bounds_height bounds_width buffer ceil centroid clamp coalesce concat "
    "contains convex_hull cos crosses day degrees difference disjoint distance exp "
    "floor geom_from_wkt geometry_type if intersection intersects is_empty is_empty_or_null "
    "is_multipart is_valid left length ln log10 lower make_date make_point max min month "
    "nullif num_geometries num_interior_rings num_points overlaps perimeter pi point_on_surface "
    "radians right round sin sqrt strpos substr tan title to_date to_int to_interval to_real "
    "to_string touches trim union upper week within x x_max x_min y y_max y_min year".split()
)
_AGGREGATES = frozenset(
    "count count_distinct count_missing sum minimum maximum mean median stdev range q1 q3 "
    "iqr".split()
)
# Their value depends on the project's ellipsoid, not on the analysis CRS.
_OF_THE_PROJECT = {
    "$area": "area($geometry)",
    "$length": "length($geometry)",
    "$perimeter": "perimeter($geometry)",
    "$x": "x($geometry)",
    "$y": "y($geometry)",
}
_GEOMETRY = "$geometry"
# More arguments than these are left out: the pieces of a circle may be a thousand million.
_MOST_ARGUMENTS = {"buffer": 2}
# Each wildcard multiplies the ways a pattern may be tried.
_MOST_WILDCARDS = 2
_MOST_AGGREGATES = 10
# Grouped by a value, one pass becomes one a group.
_AGGREGATE_ARGUMENTS = ("expression", "filter")

# Seconds of processor time one expression may take on one layer.
_MOST_SECONDS = 60.0
_TOGETHER = 1000


class QgisEvaluator:
    """``core.expressions.Evaluator`` on QgsExpression."""

    def parse(self, text, whole):
        """Say what an expression is made of, and what in it isn't allowed."""
        expression = QgsExpression(text)
        if expression.hasParserError():
            said = " ".join(expression.parserErrorString().split())
            return Parsed((f"l'espressione non si legge ({said})",))
        walk = _Walk(whole)
        walk.through(expression.rootNode())
        return Parsed(
            tuple(dict.fromkeys(walk.faults)),
            tuple(sorted(walk.columns)),
            tuple(sorted(walk.variables)),
            walk.geometry,
        )

    def each(self, text, rows, going):
        """Return the value of an expression for each object."""
        fields = _fields_of(rows)
        expression, context = QgsExpression(text), _context_of(rows, fields)
        expression.prepare(context)
        features = _features_of(rows, fields)
        found = []
        begin = time.thread_time()
        for number, feature in enumerate(features):
            if number % _TOGETHER == 0:
                going()
                if time.thread_time() - begin > _MOST_SECONDS:
                    raise SttmError(
                        f"L'espressione «{text[:80]}» impiega più di {_MOST_SECONDS:g} secondi: "
                        "semplificarla nel pacchetto dei criteri."
                    )
            context.setFeature(feature)
            found.append(_value(expression, context))
        return found

    def whole(self, text, rows, going):
        """Return the one value of an expression over all the objects."""
        fields = _fields_of(rows)
        layer = QgsVectorLayer("NoGeometry", "servizi", "memory")
        provider = layer.dataProvider()
        provider.addAttributes(list(fields))
        layer.updateFields()
        going()
        provider.addFeatures(list(_features_of(rows, fields)))
        going()
        context = _context_of(rows, layer.fields())
        context.appendScope(QgsExpressionContextUtils.layerScope(layer))
        expression = QgsExpression(text)
        expression.prepare(context)
        return _value(expression, context)


class _Walk:
    """Goes through an expression and notes what it uses."""

    def __init__(self, whole):
        self.whole = whole
        self.faults, self.columns, self.variables = [], set(), set()
        self.geometry = False
        self._aggregates = 0

    def through(self, root):
        """Walk a tree, without recursion: a hostile one is deep."""
        waiting = [(root, False)]
        while waiting:
            node, inside = waiting.pop()
            if node is not None:
                waiting += self._parts(node, inside)

    def _parts(self, node, inside):
        """Return the nodes below one, each with whether it is inside an aggregate."""
        if isinstance(node, QgsExpressionNodeLiteral):
            return []
        if isinstance(node, QgsExpressionNodeColumnRef):
            self.columns.add(node.name())
            if self.whole and not inside:
                self.faults.append(
                    f"sul piano la colonna «{node.name()}» va dentro un aggregato, come sum() o "
                    "count()"
                )
            return []
        if isinstance(node, QgsExpressionNodeUnaryOperator):
            return [(node.operand(), inside)]
        if isinstance(node, QgsExpressionNodeBinaryOperator):
            self._operator(node)
            return [(node.opLeft(), inside), (node.opRight(), inside)]
        if isinstance(node, QgsExpressionNodeInOperator):
            return [(node.node(), inside), *((one, inside) for one in node.list().list())]
        if isinstance(node, QgsExpressionNodeCondition):
            parts = [(node.elseExp(), inside)]
            for one in node.conditions():
                parts += [(one.whenExp(), inside), (one.thenExp(), inside)]
            return parts
        if isinstance(node, QgsExpressionNodeFunction):
            return self._function(node, inside)
        self.faults.append(f"«{node.dump()[:40]}»: costrutto non ammesso")
        return []

    def _operator(self, node):
        kind, kinds = node.op(), QgsExpressionNodeBinaryOperator.BinaryOperator
        if kind == kinds.boRegexp:
            self.faults.append("le espressioni regolari (~) non sono ammesse: usare like")
        if kind in (kinds.boLike, kinds.boNotLike, kinds.boILike, kinds.boNotILike):
            pattern = node.opRight()
            text = pattern.value() if isinstance(pattern, QgsExpressionNodeLiteral) else None
            if not isinstance(text, str):
                self.faults.append("dopo like serve un testo fra apici")
            elif text.count("%") > _MOST_WILDCARDS:
                self.faults.append(f"like «{text[:40]}»: al massimo {_MOST_WILDCARDS} «%»")

    def _function(self, node, inside):
        name = QgsExpression.Functions()[node.fnIndex()].name()
        arguments = [] if node.args() is None else node.args().list()
        if name == "var":
            return self._variable(arguments)
        if name == _GEOMETRY:
            self.geometry = True
            if self.whole:
                self.faults.append("sul piano $geometry non c'è: usare superficie_mq")
            return []
        if name in _OF_THE_PROJECT:
            self.faults.append(f"{name} dipende dal progetto: usare {_OF_THE_PROJECT[name]}")
            return []
        if name in _AGGREGATES:
            return self._aggregate(node, name, arguments, inside)
        if name not in _PLAIN:
            self.faults.append(f"la funzione «{name}» non è ammessa in un pacchetto")
            return []
        most = _MOST_ARGUMENTS.get(name, len(arguments))
        for extra in arguments[most:]:
            # An argument that isn't written stands here with its default.
            if not isinstance(extra, QgsExpressionNodeLiteral) or extra.value() not in _DEFAULTS:
                self.faults.append(f"{name}(): al massimo {most} argomenti")
        return [(one, inside) for one in arguments]

    def _variable(self, arguments):
        name = arguments[0] if arguments else None
        text = name.value() if isinstance(name, QgsExpressionNodeLiteral) else None
        if isinstance(text, str):
            self.variables.add(text)
        else:
            self.faults.append("il nome di una variabile va scritto per intero (@soglia)")
        return []

    def _aggregate(self, node, name, arguments, inside):
        if not self.whole:
            self.faults.append(f"{name}() riassume il layer: va solo con layer «piano»")
        if inside:
            self.faults.append(f"{name}() non può stare dentro un altro aggregato")
        self._aggregates += 1
        if self._aggregates == _MOST_AGGREGATES + 1:
            self.faults.append(f"al massimo {_MOST_AGGREGATES} aggregati")
        function = QgsExpression.Functions()[node.fnIndex()]
        parts = []
        for parameter, argument in zip(function.parameters(), arguments):
            absent = isinstance(argument, QgsExpressionNodeLiteral) and argument.value() in (
                None,
                NULL,
            )
            if parameter.name() in _AGGREGATE_ARGUMENTS:
                parts.append((argument, True))
            elif not absent:
                self.faults.append(f"{name}(): {parameter.name()} non è ammesso")
        return parts


_DEFAULTS = (None, NULL, 8, "round", "miter", 2)


def _fields_of(rows):
    return make_fields(Field(name, _KINDS[kind]) for name, (kind, _) in rows.columns.items())


_KINDS = {"text": "text", "json": "text", "int": "real", "real": "real", "bool": "bool"}
_KINDS["date"] = "date"


def _features_of(rows, fields):
    columns = [[_qt(value) for value in values] for _, values in rows.columns.values()]
    for number in range(rows.count):
        feature = QgsFeature(fields)
        feature.setAttributes([column[number] for column in columns])
        shape = None if rows.shapes is None else rows.shapes[number]
        if shape is not None and not shape.is_empty:
            geometry = QgsGeometry()
            geometry.fromWkb(shape.wkb)
            feature.setGeometry(geometry)
        yield feature


def _context_of(rows, fields):
    scope = QgsExpressionContextScope()
    for name, value in rows.variables.items():
        scope.setVariable(name, _qt(value), True)
    context = QgsExpressionContext()
    context.appendScope(scope)
    context.setFields(fields)
    return context


def _qt(value):
    if value is None:
        return NULL
    if hasattr(value, "isoformat"):
        return QDate(value.year, value.month, value.day)
    return value


def _value(expression, context):
    """Return a plain value, None for NULL and for what can't be evaluated."""
    value = expression.evaluate(context)
    if expression.hasEvalError() or value is None or value == NULL:
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)
