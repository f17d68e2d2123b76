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
