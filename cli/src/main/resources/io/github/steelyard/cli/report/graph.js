(function () {
  "use strict";
  var graph = JSON.parse(document.getElementById("graph-data").textContent);
  var area = document.getElementById("graph-area");
  var canvas = document.getElementById("graph-edges");
  var svg = document.getElementById("graph-nodes");
  var slider = document.getElementById("graph-threshold");
  var shown = document.getElementById("graph-shown");
  var tip = document.getElementById("graph-tip");
  var SVG = "http://www.w3.org/2000/svg";
  var COLORS = 6;
  var STEPS = 1000;
  var FIRST_VIEW = 1500;
  var TOP = 28;
  var FOOT = 20;
  var SIDE = 44;
  var root = document.documentElement;
  var unit = graph.unit ? " " + graph.unit : "";
  var style = function (name) {
    return getComputedStyle(root).getPropertyValue(name).trim();
  };
  var nodes, edges, largest, smallest, joined, columns, folded, most, gap, radius;
  var unfolds = false;
  var places = [];
  var middles = [];
  var circles = [];
  var chosen = -1;
  var held = false;

  // What is drawn of a view: nodes without edges are folded until somebody asks for them.
  function arrange() {
    columns = graph.layers.map(function () { return []; });
    folded = graph.layers.map(function () { return 0; });
    nodes.forEach(function (node, index) {
      if (unfolds || joined[index]) columns[node.layer].push(index);
      else folded[node.layer] += 1;
    });
    // Members of a module stand together, so that its edges run side by side.
    columns.forEach(function (column) {
      column.sort(function (a, b) {
        var one = nodes[a].group;
        var other = nodes[b].group;
        return (one < 0 ? 1e9 : one) - (other < 0 ? 1e9 : other) || a - b;
      });
    });
    most = Math.max.apply(null, [1].concat(columns.map(function (c) { return c.length; })));
    gap = Math.max(7, Math.min(26, 560 / most));
    radius = Math.max(2.5, Math.min(7, gap * 0.4));
    chosen = -1;
    held = false;
  }

  function color(node) {
    return node.group < 0 ? style("--muted") : style("--color-" + (node.group % COLORS));
  }

  function number(value) {
    var size = Math.abs(value);
    return size !== 0 && (size >= 1e5 || size < 1e-3)
      ? value.toExponential(2)
      : String(+value.toPrecision(4));
  }

  function threshold() {
    var share = Number(slider.value) / STEPS;
    return smallest * Math.pow(largest / smallest, share);
  }

  function place() {
    var width = Math.max(area.clientWidth, 110 * graph.layers.length);
    var height = TOP + most * gap + 12 + (folded.some(Boolean) ? FOOT : 0);
    columns.forEach(function (column, layer) {
      var last = Math.max(1, graph.layers.length - 1);
      var x = SIDE + (width - 2 * SIDE) * (graph.layers.length === 1 ? 0.5 : layer / last);
      middles[layer] = x;
      var first = TOP + (most - column.length) * gap / 2 + gap / 2;
      column.forEach(function (index, row) { places[index] = [x, first + row * gap]; });
    });
    var scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    canvas.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    return { width: width, height: height };
  }

  function drawEdges() {
    var context = canvas.getContext("2d");
    var limit = threshold() * (1 - 1e-12);
    var count = 0;
    while (count < edges.length && edges[count].size >= limit) count += 1;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (var i = count - 1; i >= 0; i--) {
      var edge = edges[i];
      var from = places[edge.from];
      var to = places[edge.to];
      var touches = edge.from === chosen || edge.to === chosen;
      var rank = largest === smallest ? 1 : Math.log(edge.size / smallest) / Math.log(largest / smallest);
      var same = nodes[edge.from].group === nodes[edge.to].group;
      context.globalAlpha = chosen >= 0 && !touches ? 0.06 : touches ? 0.95 : 0.12 + 0.6 * rank;
      context.lineWidth = touches ? 1 + 2 * rank : 0.5 + 2 * rank * rank;
      context.strokeStyle = same ? color(nodes[edge.from]) : style("--muted");
      context.beginPath();
      context.moveTo(from[0], from[1]);
      var middle = (from[0] + to[0]) / 2;
      context.bezierCurveTo(middle, from[1], middle, to[1], to[0], to[1]);
      context.stroke();
    }
    shown.textContent = edges.length
      ? count + " of " + edges.length + " edges, from " + number(threshold()) + unit + " up"
      : "no edges";
    root.setAttribute("data-graph-edges", String(count));
  }

  function describe(index) {
    chosen = index;
    while (tip.firstChild) tip.removeChild(tip.firstChild);
    if (index >= 0) {
      var node = nodes[index];
      [node.name].concat(node.facts).forEach(function (line, row) {
        var element = document.createElement(row === 0 ? "strong" : "div");
        element.textContent = line;
        tip.appendChild(element);
      });
    } else {
      tip.textContent = "Point at a node to see what it is.";
    }
    circles.forEach(function (circle, other) {
      if (circle) circle.setAttribute("r", other === index ? radius * 1.6 : radius);
    });
    drawEdges();
  }

  function write(words, x, y) {
    var text = document.createElementNS(SVG, "text");
    text.setAttribute("x", x);
    text.setAttribute("y", y);
    text.setAttribute("text-anchor", "middle");
    text.textContent = words;
    svg.appendChild(text);
  }

  function draw() {
    var size = place();
    while (svg.firstChild) svg.removeChild(svg.firstChild);
    graph.layers.forEach(function (name, layer) {
      if (columns[layer].length + folded[layer] > 0) write(name, middles[layer], 16);
      if (folded[layer] > 0) write("+ " + folded[layer] + " alone", middles[layer], size.height - 8);
    });
    circles = nodes.map(function (node, index) {
      if (!unfolds && !joined[index]) return null;
      var circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("cx", places[index][0]);
      circle.setAttribute("cy", places[index][1]);
      circle.setAttribute("r", radius);
      circle.setAttribute("fill", color(node));
      circle.setAttribute("data-node", String(index));
      circle.setAttribute("aria-label", node.name);
      svg.appendChild(circle);
      return circle;
    });
    root.setAttribute("data-graph-nodes", String(circles.filter(Boolean).length));
    describe(chosen);
  }

  function under(event) {
    var index = event.target.getAttribute ? event.target.getAttribute("data-node") : null;
    return index === null ? -1 : Number(index);
  }

  svg.addEventListener("mousemove", function (event) {
    var index = under(event);
    if (!held && index !== chosen) describe(index);
  });
  svg.addEventListener("mouseleave", function () {
    if (!held && chosen >= 0) describe(-1);
  });
  svg.addEventListener("click", function (event) {
    var index = under(event);
    held = index >= 0 && !(held && index === chosen);
    describe(index);
  });
  slider.addEventListener("input", drawEdges);
  slider.max = String(STEPS);

  function show(view) {
    nodes = view.nodes;
    edges = view.edges.slice().sort(function (a, b) { return b.size - a.size; });
    largest = edges.length ? edges[0].size : 1;
    smallest = edges.length ? edges[edges.length - 1].size : 1;
    joined = nodes.map(function () { return false; });
    edges.forEach(function (edge) { joined[edge.from] = joined[edge.to] = true; });
    var alone = joined.filter(function (is) { return !is; }).length;
    if (fold) {
      fold.box.hidden = alone === 0;
      fold.words.textContent = " show " + alone + " without lines";
    }
    if (edges.length > FIRST_VIEW && largest > smallest) {
      var share = Math.log(edges[FIRST_VIEW].size / smallest) / Math.log(largest / smallest);
      slider.value = String(Math.ceil(share * STEPS));
    } else {
      slider.value = "0";
    }
    arrange();
    draw();
  }

  function control(words, element) {
    var label = document.createElement("label");
    label.className = "graph-control";
    label.appendChild(document.createTextNode(words));
    label.appendChild(element);
    area.parentNode.insertBefore(label, area);
    return label;
  }

  var fold = null;
  if (graph.views.length > 1) {
    var choice = document.createElement("select");
    choice.id = "graph-view";
    graph.views.forEach(function (view, index) {
      choice.appendChild(new Option(view.name, String(index)));
    });
    choice.addEventListener("change", function () { show(graph.views[Number(choice.value)]); });
    control("Shown in ", choice);
  }
  var check = document.createElement("input");
  check.type = "checkbox";
  check.id = "graph-unfold";
  check.addEventListener("change", function () {
    unfolds = check.checked;
    arrange();
    draw();
  });
  fold = { box: control("", check), words: document.createElement("span") };
  fold.box.appendChild(fold.words);
  show(graph.views[0]);
  // When the window, the colours or the paper change, the page's other script knows.
  document.addEventListener("report-drawn", draw);
})();
