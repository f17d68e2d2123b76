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
