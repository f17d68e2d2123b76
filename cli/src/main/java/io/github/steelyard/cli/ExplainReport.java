package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Graph;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.interaction.FiringDegeneracy;
import io.github.steelyard.interaction.InteractionGraph;
import io.github.steelyard.interaction.LayerDegeneracy;
import io.github.steelyard.interaction.Modules;
import io.github.steelyard.interaction.ReducedLayer;
import io.github.steelyard.interaction.TopData;
import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The HTML report of what was found out about a network. */
final class ExplainReport {
  static final List<String> COLUMNS =
      List.of("layer", ">width", ">basis vectors", ">no activation", ">no effect");

  private final Explanation explanation;
  private final Dataset data;
  private final Recipe recipe;
  private final Provenance provenance;

  ExplainReport(Explanation explanation, Dataset data, Recipe recipe, Provenance provenance) {
    this.explanation = explanation;
    this.data = data;
    this.recipe = recipe;
    this.provenance = provenance;
  }

  Report report(List<String> command) {
    return new Report(
            "Inside " + recipe.model().name(),
            explanation.sentence()
                + ". Computed in the "
                + Explanation.name(explanation.result().configuration().basis())
                + " from "
                + data.name()
                + ", "
                + explanation.result().layers().get(0).samples()
                + " samples; "
                + explanation.smaller().sentence()
                + ".",
            new Table(
                List.of("Layer", "Width", "Basis vectors", "Without activation", "Without effect"),
                explanation.rows()),
            explanation.comparison().plots(),
            details(),
            recipe.toYaml(),
            Provenance.now(
                provenance.seed(), provenance.data(), provenance.configuration(), command))
        .withGraph(graph());
  }

  /** The network in its basis. */
  Graph graph() {
    Modules modules = explanation.modules();
    List<Graph.Node> nodes = new ArrayList<>();
    for (int n = 0; n < modules.moduleOf().size(); n++) {
      nodes.add(node(n));
    }
    return new Graph(
        "Interactions",
        "Each node is a basis vector, each line an interaction; colours are modules, grey nodes"
            + " belong to none. Constant directions are left out. Click a node to keep it in view.",
        explanation.result().layers().stream().map(basis -> basis.layer().name()).toList(),
        nodes,
        modules.graph().edges().stream()
            .map(e -> new Graph.Edge(e.from(), e.to(), Math.abs(e.value())))
            .toList());
  }

  private Graph.Node node(int number) {
    InteractionGraph.Node node = explanation.modules().graph().nodes().get(number);
    int module = explanation.modules().moduleOf().get(number);
    boolean alone = explanation.modules().sizes().get(module) < 2;
    List<String> facts = new ArrayList<>();
    facts.add("eigenvalue " + Numbers.brief(node.lambda()));
    facts.add(
        alone
            ? "in no module"
            : "module %d of %d basis vectors"
                .formatted(module + 1, explanation.modules().sizes().get(module)));
    for (TopData.Point point : explanation.top().points().get(node.layer()).get(node.column())) {
      int sample = Math.toIntExact(point.sample());
      facts.add(
          "%s at %s (%s)"
              .formatted(
                  Numbers.brief(point.value()),
                  data.describe(sample),
                  data.classNames().get(data.label(sample))));
    }
    String layer = explanation.result().layers().get(node.layer()).layer().name();
    return new Graph.Node(
        node.layer(), layer + ", basis vector " + (node.column() + 1), alone ? -1 : module, facts);
  }

  private Map<String, Table> details() {
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put(capitalized(explanation.comparison().sentence()), explanation.comparison().table());
    explanation
        .edges()
        .ifPresent(edges -> tables.put(capitalized(edges.sentence()), edges.table()));
    tables.put(
        "Degeneracy of linear layers",
        new Table(
            List.of(
                "Layer", "Inputs", "Rank", "Outputs", "Gradient rank", "Parameters", "Effective"),
            explanation.degeneracy().layers().stream().map(ExplainReport::row).toList()));
    if (!explanation.degeneracy().firing().isEmpty()) {
      tables.put(
          "Units that fire together",
          new Table(
              List.of("Layer", "Units", "Dead", "Groups", "Equal pairs", "Mean Jaccard"),
              explanation.degeneracy().firing().stream().map(ExplainReport::row).toList()));
    }
    if (explanation.smaller().reduction() != null) {
      tables.put(
          "Units of a smaller equivalent network",
          new Table(
              List.of("Layer", "Units", "Left", "Without effect"),
              explanation.smaller().reduction().layers().stream()
                  .map(ExplainReport::row)
                  .toList()));
    }
    return tables;
  }

  private static String capitalized(String sentence) {
    return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
  }

  private static List<String> row(ReducedLayer layer) {
    return List.of(
        layer.producer(),
        Integer.toString(layer.before()),
        Integer.toString(layer.after()),
        Integer.toString(layer.withoutEffect()));
  }

  private static List<String> row(LayerDegeneracy layer) {
    return List.of(
        layer.name(),
        Integer.toString(layer.inputs()),
        Integer.toString(layer.inputRank()),
        Integer.toString(layer.outputs()),
        Integer.toString(layer.gradientRank()),
        Numbers.brief((double) layer.parameters()),
        Numbers.brief((double) layer.effectiveParameters()));
  }

  private static List<String> row(FiringDegeneracy layer) {
    return List.of(
        layer.name(),
        Integer.toString(layer.width()),
        Integer.toString(layer.dead()),
        Integer.toString(layer.groups().size()),
        Numbers.percent(layer.synchronizedPairs()),
        Numbers.brief(layer.meanJaccard()));
  }
}
