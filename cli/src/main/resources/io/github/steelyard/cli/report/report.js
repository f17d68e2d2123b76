(function () {
  "use strict";
  var plots = JSON.parse(document.getElementById("plots-data").textContent);
  var style = function (name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  };
  var COLORS = 7;
  var MOST_NAMES = 8;
  var font = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

  function number(value) {
    if (typeof value !== "number") return "-";
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

  function label() {
    return { color: style("--muted"), fontSize: 12, fontFamily: font, hideOverlap: true };
  }

  function valueLabel() {
    return Object.assign(label(), { formatter: number });
  }

  function tooltip(trigger) {
    return {
      trigger: trigger,
      confine: true,
      renderMode: "richText",
      backgroundColor: style("--background"),
      borderColor: style("--line"),
      textStyle: { color: style("--text"), fontSize: 12 },
      valueFormatter: number
    };
  }

  function legend(many) {
    return {
      type: many ? "scroll" : "plain",
      top: 0,
      left: 0,
      itemWidth: 26,
      itemGap: 14,
      textStyle: { color: style("--text"), fontSize: 13 },
      pageTextStyle: { color: style("--muted") },
      pageIconColor: style("--accent"),
      pageIconInactiveColor: style("--line")
    };
  }

  function axisName(name, gap) {
    return {
      name: name,
      nameLocation: "middle",
      nameGap: gap,
      nameTextStyle: { color: style("--muted"), fontSize: 12 }
    };
  }

  function valueAxis(plot) {
    return {
      name: plot.yLabel,
      nameLocation: "end",
      nameGap: 8,
      nameTextStyle: { color: style("--muted"), fontSize: 12, align: "left", padding: [0, 0, 0, -30] },
      axisLabel: valueLabel(),
      axisLine: { show: false, onZero: false },
      splitLine: { lineStyle: { color: style("--line"), opacity: 0.7 } }
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
        symbol: curve.dashed ? "emptyCircle" : "circle",
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
        // With a margin the ends of the axis are no round numbers.
        axisLabel: Object.assign(valueLabel(), spanned ? { showMinLabel: false, showMaxLabel: false } : {}),
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

  function longest(names) {
    return Math.max.apply(null, names.map(function (name) { return name.length; })) * 6.8;
  }

  // Names that do not fit lie slanted, then upright; where even that is too close, some are left out.
  function columnAxis(title, names, width) {
    var room = width / names.length;
    var length = Math.min(longest(names), 100);
    var rotate = length + 6 <= room ? 0 : room >= 22 ? 45 : 90;
    var height = rotate === 0 ? 14 : rotate === 90 ? length : 0.71 * length + 4;
    return Object.assign(axisName(title, height + 14), {
      type: "category",
      data: names,
      axisLabel: Object.assign(label(), {
        interval: Math.ceil(14 / room) - 1,
        rotate: rotate,
        width: 100,
        overflow: "truncate",
        hideOverlap: false
      }),
      axisTick: { show: false },
      axisLine: { show: false },
      height: height
    });
  }

  function bars(plot, width) {
    var axis = columnAxis(plot.xLabel, plot.names, width - 70);
    return {
      animation: false,
      textStyle: { color: style("--text"), fontFamily: font },
      grid: { left: 12, right: 20, top: legendHeight(plot.bars, width) + 30, bottom: 30, containLabel: true },
      legend: legend(false),
      tooltip: tooltip("axis"),
      xAxis: axis,
      yAxis: Object.assign(valueAxis(plot), { type: "value" }),
      series: plot.bars.map(function (own) {
        var color = style("--color-" + (own.color % COLORS));
        return {
          name: own.name,
          type: "bar",
          barGap: "-100%",
          barCategoryGap: "20%",
          data: own.values.map(function (value) { return typeof value === "number" ? value : "-"; }),
          color: color,
          z: own.outlined ? 3 : 2,
          itemStyle: own.outlined
            ? { color: "transparent", borderColor: style("--text"), borderWidth: 2 }
            : { color: color }
        };
      })
    };
  }

  function channels(hex) {
    return [1, 3, 5].map(function (at) { return parseInt(hex.substr(at, 2), 16) / 255; });
  }

  // Black or white, whichever is easier to read on the colour of a share.
  function inkOn(share, ramp) {
    var at = share * (ramp.length - 1);
    var low = channels(ramp[Math.floor(at)]);
    var high = channels(ramp[Math.ceil(at)]);
    var luminance = [0.2126, 0.7152, 0.0722].reduce(function (sum, weight, i) {
      return sum + weight * Math.pow(low[i] + (high[i] - low[i]) * (at % 1), 2.2);
    }, 0);
    return luminance > 0.25 ? "#000000" : "#ffffff";
  }

  function heatMap(plot, width, element) {
    var counts = plot.unit === "COUNT";
    var ramp = style("--heat").split(",").map(function (color) { return color.trim(); });
    var rowLabels = Math.min(longest(plot.rows), width < 420 ? 80 : 110);
    var room = width - rowLabels - 30;
    var cellWidth = room / plot.columns.length;
    var cellHeight = Math.min(cellWidth, 52);
    var text = cellWidth >= 22;
    var axis = columnAxis(plot.xLabel, plot.columns, room);
    var top = 62;
    element.style.height = Math.ceil(top + cellHeight * plot.rows.length + axis.height + 40) + "px";
    var digits = cellWidth >= 40 ? 1 : 0;
    var data = [];
    plot.values.forEach(function (row, y) {
      var sum = row.reduce(function (a, b) { return a + b; }, 0);
      row.forEach(function (value, x) {
        var share = counts ? 100 * value / sum : value;
        if (typeof value === "number" && isFinite(share)) {
          var cell = { value: [x, y, share, value, sum] };
          if (text) cell.label = { color: inkOn(share / 100, ramp) };
          data.push(cell);
        }
      });
    });
    return {
      animation: false,
      textStyle: { color: style("--text"), fontFamily: font },
      grid: { left: 12, right: 16, top: top, bottom: 30, containLabel: true },
      tooltip: Object.assign(tooltip("item"), {
        formatter: function (cell) {
          var v = cell.value;
          return plot.yLabel + ": " + plot.rows[v[1]] + "\n" + plot.xLabel + ": " + plot.columns[v[0]] + "\n"
            + v[2].toFixed(2) + " %" + (counts ? " (" + v[3] + " of " + v[4] + ")" : "");
        }
      }),
      visualMap: {
        type: "continuous",
        min: 0,
        max: 100,
        dimension: 2,
        inRange: { color: ramp },
        orient: "horizontal",
        left: 0,
        top: 0,
        itemWidth: 12,
        itemHeight: 120,
        text: ["100 %", "0 %"],
        textStyle: { color: style("--muted"), fontSize: 12 }
      },
      xAxis: axis,
      yAxis: {
        type: "category",
        data: plot.rows,
        inverse: true,
        name: plot.yLabel,
        nameLocation: "start",
        nameGap: 10,
        nameTextStyle: { color: style("--muted"), fontSize: 12, align: "left", padding: [0, 0, 0, -rowLabels] },
        axisLabel: Object.assign(label(), {
          interval: Math.ceil(14 / cellHeight) - 1,
          width: rowLabels + 14,
          overflow: "truncate",
          hideOverlap: false
        }),
        axisTick: { show: false },
        axisLine: { show: false }
      },
      series: [{
        type: "heatmap",
        // Drawn at once: in parts, a large one would be painted over and over.
        progressive: 0,
        data: data,
        label: {
          show: text,
          fontSize: cellWidth >= 30 ? 12 : 10,
          formatter: function (cell) {
            return counts && cell.value[3] === 0 ? "" : cell.value[2].toFixed(digits);
          }
        },
        itemStyle: { borderColor: style("--surface"), borderWidth: cellWidth >= 12 ? 1 : 0 },
        emphasis: { itemStyle: { borderColor: style("--text"), borderWidth: 1.5 } }
      }]
    };
  }

  function intervals(plot, width, element) {
    var names = plot.rows.map(function (row) { return row.name; });
    var room = Math.min(longest(names), width * 0.45);
    element.style.height = Math.ceil(64 + 26 * names.length) + "px";
    return {
      animation: false,
      textStyle: { color: style("--text"), fontFamily: font },
      grid: { left: 12, right: 24, top: 12, bottom: 30, containLabel: true },
      tooltip: Object.assign(tooltip("item"), {
        formatter: function (point) {
          var row = plot.rows[point.seriesIndex];
          return row.name + "\n" + number(row.mean) + " (" + number(row.low) + " to " + number(row.high) + ")";
        }
      }),
      xAxis: Object.assign(axisName(plot.xLabel, 26), {
        type: "value",
        scale: true,
        splitNumber: width < 420 ? 3 : 6,
        axisLabel: valueLabel(),
        splitLine: { lineStyle: { color: style("--line"), opacity: 0.7 } }
      }),
      yAxis: {
        type: "category",
        data: names,
        inverse: true,
        axisLabel: Object.assign(label(), { interval: 0, width: room, overflow: "truncate", hideOverlap: false }),
        axisTick: { show: false },
        axisLine: { show: false }
      },
      series: plot.rows.map(function (row, index) {
        var color = style("--color-" + (row.color % COLORS));
        var end = { symbol: "rect", symbolSize: [2, 12] };
        return {
          name: row.name,
          type: "line",
          color: color,
          lineStyle: { width: 2, color: color },
          showSymbol: true,
          data: [
            Object.assign({ value: [row.low, index] }, end),
            { value: [row.mean, index], symbol: "circle", symbolSize: 9 },
            Object.assign({ value: [row.high, index] }, end)
          ]
        };
      })
    };
  }

  function option(plot, chart) {
    var width = chart.getWidth();
    if (plot.type === "intervals") return intervals(plot, width, chart.getDom());
    if (plot.type === "heat map") return heatMap(plot, width, chart.getDom());
    return plot.type === "bars" ? bars(plot, width) : curves(plot, width, chart.getDom());
  }

  function legendHeight(series, width) {
    var used = 0;
    var lines = 1;
    series.forEach(function (curve) {
      var item = 26 + 14 + 8 + 9 * curve.name.length;
      if (used + item > width) { lines += 1; used = 0; }
      used += item;
    });
    return 24 * lines;
  }

  var charts = plots.map(function (plot, index) {
    // Vector graphics stay sharp, but thousands of cells as elements would stall the page.
    var cells = plot.type === "heat map" ? plot.rows.length * plot.columns.length : 0;
    return echarts.init(document.getElementById("plot-" + index), null, {
      renderer: cells > 1000 ? "canvas" : "svg",
      devicePixelRatio: Math.max(2, window.devicePixelRatio)
    });
  });

  function draw() {
    charts.forEach(function (chart, index) {
      chart.resize();
      chart.setOption(option(plots[index], chart), true);
      chart.resize();
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
