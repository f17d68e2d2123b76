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
