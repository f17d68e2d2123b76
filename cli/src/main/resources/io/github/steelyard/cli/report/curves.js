// A logarithmic axis from decade to decade may waste most of its height: 1, 2 and 5 are fine too.
function nice(value, up) {
  var decade = Math.pow(10, Math.floor(Math.log10(value)));
  var steps = up ? [1, 2, 5, 10] : [10, 5, 2, 1];
  for (var i = 0; i < steps.length; i++) {
    var candidate = +(steps[i] * decade).toPrecision(1);
    if (up ? candidate >= value : candidate <= value) return candidate;
  }
  return value;
}

function bounds(values, logarithmic) {
  if (!logarithmic || values.length === 0) return {};
  return {
    min: nice(Math.min.apply(null, values), false),
    max: nice(Math.max.apply(null, values), true)
  };
}

// An upright bar for each interval, without an entry in the legend.
function spans(curve, shift, bottom, color) {
  var end = { symbol: "rect", symbolSize: [8, 2] };
  var data = [];
  curve.spans.forEach(function (span) {
    var low = bottom === undefined ? span.low : Math.max(span.low, bottom);
    data.push(
      Object.assign({ value: [span.x + shift, low] }, end),
      Object.assign({ value: [span.x + shift, span.high] }, end),
      { value: [span.x + shift, "-"] });
  });
  return {
    name: curve.name,
    type: "line",
    data: data,
    color: color,
    silent: true,
    showSymbol: true,
    lineStyle: { width: 1.5, color: color },
    z: 1
  };
}

function spanTooltip(plot) {
  return Object.assign(tooltip("item"), {
    formatter: function (point) {
      var curve = plot.series[point.seriesIndex];
      var p = curve.points[point.dataIndex];
      var span = curve.spans.find(function (own) { return own.x === p.x; });
      return curve.name + ", " + plot.xLabel + " " + number(p.x) + "\n" + number(p.y)
        + (span ? " (" + number(span.low) + " to " + number(span.high) + ")" : "");
    }
  });
}

function curves(plot, width, element) {
  var line = style("--line");
  var many = plot.series.length > MOST_NAMES;
  var names = many ? 24 : legendHeight(plot.series, width);
  // A long legend must not take the height of the curves.
  element.style.height = names > 48 ? 272 + names + "px" : "";
  var values = [];
  var at = [];
  var whole = true;
  var spanned = plot.series.some(function (curve) { return curve.spans.length > 0; });
  var all = [];
  plot.series.forEach(function (curve) {
    curve.points.forEach(function (p) { all.push(p.x); });
    curve.spans.forEach(function (span) {
      if (!plot.logarithmic || span.low > 0) values.push(span.low);
      values.push(span.high);
    });
  });
  var extent = all.length ? Math.max.apply(null, all) - Math.min.apply(null, all) : 0;
  var shiftOf = function (index) {
    return spanned ? (index - (plot.series.length - 1) / 2) * 0.012 * (extent || 1) : 0;
  };
  var series = plot.series.map(function (curve, index) {
    var color = style("--color-" + (curve.color % COLORS));
    var points = curve.points
      .filter(function (p) { return !plot.logarithmic || p.y > 0; })
      .map(function (p) {
        values.push(p.y);
        at.push(p.x);
        whole = whole && p.x === Math.round(p.x);
        return [p.x + shiftOf(index), p.y];
      });
    return {
      name: curve.name,
      type: "line",
      step: plot.kind === "HISTOGRAM" ? "middle" : false,
      data: points,
      color: color,
      symbol: "circle",
      itemStyle: curve.dashed ? { color: style("--surface"), borderColor: color, borderWidth: 1.5 } : {},
      symbolSize: 5,
      showSymbol: plot.kind !== "HISTOGRAM" && points.length <= 30,
      lineStyle: { width: many ? 1.3 : 2, type: curve.dashed ? "dashed" : "solid", color: color },
      areaStyle: plot.kind === "HISTOGRAM" && plot.series.length < 3 ? { opacity: 0.08, color: color } : undefined,
      emphasis: { focus: "series" }
    };
  });
  var range = bounds(values, plot.logarithmic);
  if (spanned) {
    plot.series.forEach(function (curve, index) {
      series.push(spans(curve, shiftOf(index), range.min, style("--color-" + (curve.color % COLORS))));
    });
  }
  var first = Math.min.apply(null, at);
  var margin = spanned ? 0.06 * extent : 0;
  var single = first === Math.max.apply(null, at);
  var percent = plot.yLabel === "%" || single && plot.yLabel.endsWith("in %");
  return {
    animation: false,
    textStyle: { color: style("--text"), fontFamily: font },
    grid: { left: 12, right: 20, top: many ? 44 : names + 30, bottom: 30, containLabel: true },
    legend: legend(many),
    tooltip: spanned ? spanTooltip(plot) : tooltip(many ? "item" : "axis"),
    xAxis: Object.assign(axisName(plot.xLabel, 28), {
      type: "value",
      min: single ? first - 1 : first - margin,
      max: single ? first + 1 : Math.max.apply(null, at) + margin,
      minInterval: whole ? 1 : 0,
      splitNumber: width < 420 ? 4 : 6,
      // With a margin, or between bins, the ends of the axis are no round numbers.
      axisLabel: Object.assign(
        valueLabel(), spanned || !whole ? { showMinLabel: false, showMaxLabel: false } : {}),
      axisLine: { onZero: false, lineStyle: { color: line } },
      splitLine: { show: false }
    }),
    yAxis: Object.assign(valueAxis(plot), {
      type: plot.logarithmic ? "log" : "value",
      scale: plot.kind === "LINE",
      min: percent ? 0 : range.min,
      max: percent ? 100 : range.max
    }),
    series: series
  };
}
