var plots = JSON.parse(document.getElementById("plots-data").textContent);

function option(plot, chart) {
  var width = chart.getWidth();
  if (plot.type === "intervals") return intervals(plot, width, chart.getDom());
  if (plot.type === "heat map") return heatMap(plot, width, chart.getDom());
  return plot.type === "bars" ? bars(plot, width) : curves(plot, width, chart.getDom());
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
  document.dispatchEvent(new Event("report-drawn"));
}

draw();
var pending = 0;
window.addEventListener("resize", function () {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(draw);
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
// Paper is white and narrower than most windows, and its size is not known before.
window.addEventListener("beforeprint", function () {
  document.documentElement.classList.add("printing");
  draw();
});
window.addEventListener("afterprint", function () {
  document.documentElement.classList.remove("printing");
  draw();
});
document.documentElement.setAttribute("data-plots", String(charts.length));
