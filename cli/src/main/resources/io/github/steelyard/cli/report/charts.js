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
    nameTextStyle: { color: style("--muted"), fontSize: 12, align: "left", padding: [0, 0, 0, -16] },
    axisLabel: valueLabel(),
    axisLine: { show: false, onZero: false },
    splitLine: { lineStyle: { color: style("--line"), opacity: 0.7 } }
  };
}

function longest(names) {
  var pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px " + font;
  return Math.ceil(Math.max.apply(null, names.map(function (name) { return pen.measureText(name).width; }))) + 2;
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
