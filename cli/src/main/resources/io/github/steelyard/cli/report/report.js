(function () {
  "use strict";
  var plots = JSON.parse(document.getElementById("plots-data").textContent);
  var style = function (name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  };
  var COLORS = 6;
  var font = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

  function number(value) {
    if (value === 0) return "0";
    var size = Math.abs(value);
    if (size >= 1e6 || size < 1e-3) {
      return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
    }
    return String(+value.toPrecision(4));
  }

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

  function option(plot, width) {
    var text = style("--text");
    var muted = style("--muted");
    var line = style("--line");
    var many = plot.series.length > 6;
    var values = [];
    var series = plot.series.map(function (curve) {
      var color = style("--color-" + (curve.color % COLORS));
      var points = curve.points
        .filter(function (p) { return !plot.logarithmic || p.y > 0; })
        .map(function (p) { values.push(p.y); return [p.x, p.y]; });
      return {
        name: curve.name,
        type: "line",
        step: plot.kind === "HISTOGRAM" ? "middle" : false,
        data: points,
        color: color,
        symbol: curve.dashed ? "emptyCircle" : "circle",
        symbolSize: 5,
        showSymbol: plot.kind === "LINE" && points.length <= 30,
        lineStyle: { width: many ? 1.3 : 2, type: curve.dashed ? "dashed" : "solid", color: color },
        areaStyle: plot.kind === "HISTOGRAM" && plot.series.length < 3 ? { opacity: 0.08, color: color } : undefined,
        emphasis: { focus: "series" }
      };
    });
    var range = bounds(values, plot.logarithmic);
    var label = { color: muted, fontSize: 12, fontFamily: font, formatter: number, hideOverlap: true };
    return {
      animation: false,
      textStyle: { color: text, fontFamily: font },
      grid: { left: 12, right: 20, top: many ? 44 : legendHeight(plot, width) + 30, bottom: 30, containLabel: true },
      legend: {
        type: many ? "scroll" : "plain",
        top: 0,
        left: 0,
        itemWidth: 26,
        itemGap: 14,
        textStyle: { color: text, fontSize: 13 },
        pageTextStyle: { color: muted },
        pageIconColor: style("--accent"),
        pageIconInactiveColor: line
      },
      tooltip: {
        trigger: many ? "item" : "axis",
        confine: true,
        renderMode: "richText",
        backgroundColor: style("--background"),
        borderColor: line,
        textStyle: { color: text, fontSize: 12 },
        valueFormatter: number
      },
      xAxis: {
        type: "value",
        name: plot.xLabel,
        nameLocation: "middle",
        nameGap: 28,
        nameTextStyle: { color: muted, fontSize: 12 },
        min: "dataMin",
        max: "dataMax",
        splitNumber: width < 420 ? 4 : 6,
        axisLabel: label,
        axisLine: { onZero: false, lineStyle: { color: line } },
        splitLine: { show: false }
      },
      yAxis: {
        type: plot.logarithmic ? "log" : "value",
        name: plot.yLabel,
        nameLocation: "end",
        nameGap: 8,
        nameTextStyle: { color: muted, fontSize: 12, align: "left", padding: [0, 0, 0, -30] },
        scale: plot.kind === "LINE",
        min: plot.yLabel === "%" ? 0 : range.min,
        max: plot.yLabel === "%" ? 100 : range.max,
        axisLabel: label,
        axisLine: { show: false, onZero: false },
        splitLine: { lineStyle: { color: line, opacity: 0.7 } }
      },
      series: series
    };
  }

  function legendHeight(plot, width) {
    var used = 0;
    var lines = 1;
    plot.series.forEach(function (curve) {
      var item = 26 + 14 + 8 + 9 * curve.name.length;
      if (used + item > width) { lines += 1; used = 0; }
      used += item;
    });
    return 24 * lines;
  }

  var charts = plots.map(function (plot, index) {
    return echarts.init(document.getElementById("plot-" + index), null, { renderer: "svg" });
  });

  function draw() {
    charts.forEach(function (chart, index) {
      chart.resize();
      chart.setOption(option(plots[index], chart.getWidth()), true);
    });
  }

  draw();
  var pending = 0;
  window.addEventListener("resize", function () {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(draw);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.documentElement.setAttribute("data-plots", String(charts.length));
})();
