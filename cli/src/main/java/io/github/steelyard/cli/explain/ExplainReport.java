package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Chapter;
import io.github.steelyard.cli.report.Graph;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.Communities;
import io.github.steelyard.interaction.FiringDegeneracy;
import io.github.steelyard.interaction.InteractionGraph;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerDegeneracy;
import io.github.steelyard.interaction.ReducedLayer;
import io.github.steelyard.interaction.TopData;
import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The HTML report of what was found out about a network. */
public final class ExplainReport {
  /** The heads of the table of layers. */
  public static final List<String> COLUMNS =
      List.of("layer", ">width", ">basis vectors", ">no activation", ">no effect");

  private static final Map<String, String> TERMS = terms();

  /** Edges of a compared basis that are drawn; more would only make the file large. */
  private static final int MOST_EDGES = 3000;

  private final ShownExplanation explanation;
  private final Dataset data;
  private final Recipe recipe;
  private final Provenance provenance;

  ExplainReport(ShownExplanation explanation, Dataset data, Recipe recipe, Provenance provenance) {
    this.explanation = explanation;
    this.data = data;
    this.recipe = recipe;
    this.provenance = provenance;
  }

  /**
   * The page.
   *
   * @param command the command line, for the page's end
   * @return the report
   */
  public Report report(List<String> command) {
    return new Report(
            "Inside " + recipe.model().name(),
            explanation.sentence()
                + ". Computed in the "
                + BasisNames.of(explanation.found().result().configuration().basis())
                + " from "
                + data.name()
                + ", "
                + explanation.found().result().layers().get(0).samples()
                + " samples; "
                + explanation.smaller().sentence()
                + ".",
            new Table(
                List.of("Layer", "Width", "Basis vectors", "Without activation", "Without effect"),
                explanation.rows(),
                TERMS),
            explanation.comparison().plots(),
            details(),
            recipe.toYaml(),
            Provenance.now(
                provenance.seed(), provenance.data(), provenance.configuration(), command))
        .withGraph(graph())
        .withChapters(explanation.shares().map(ExplainReport::chapter).stream().toList());
  }

  private static Map<String, String> terms() {
    Map<String, String> terms = new LinkedHashMap<>();
    terms.put("Width", "coordinates of the layer, with the constant one that carries the biases");
    terms.put("Basis vectors", "directions that are active and that the next layer reads");
    terms.put("Without activation", "directions in which the layer never moves on these data");
    terms.put("Without effect", "directions in which it moves, but nothing changes after it");
    return terms;
  }

  private static Chapter chapter(ShownShares shares) {
    return new Chapter("Which interactions carry the most", shares.text(), shares.plots());
  }

  /** The network in its basis, and in those that it is compared with. */
  Graph graph() {
    InteractionResult result = explanation.found().result();
    List<Graph.View> views = new ArrayList<>();
    views.add(view(result.configuration().basis(), explanation.found().communities(), true));
    explanation
        .found()
        .compared()
        .forEach((kind, modules) -> views.add(view(kind, modules, false)));
    return new Graph(
        "Interactions",
        "Each node is a basis vector, each line an interaction, thicker and darker if it carries"
            + " more; colours are modules, grey lines join two of them. Constant directions are left"
            + " out. Click a node to keep it in view."
            + (views.size() > 1
                ? " The fewer lines a basis needs, the better it takes the network apart; of a"
                    + " compared basis the largest %,d lines are here.".formatted(MOST_EDGES)
                : ""),
        "% of the interaction between two layers",
        result.layers().stream().map(basis -> basis.layer().name()).toList(),
        views);
  }

  private Graph.View view(BasisKind kind, Communities modules, boolean chosen) {
    List<Graph.Node> nodes = new ArrayList<>();
    for (int n = 0; n < modules.communityOf().size(); n++) {
      nodes.add(node(kind, modules, n, chosen));
    }
    List<InteractionGraph.Node> ends = modules.graph().nodes();
    Map<Integer, Double> sums = new LinkedHashMap<>();
    for (InteractionGraph.Edge edge : modules.graph().edges()) {
      sums.merge(ends.get(edge.from()).layer(), Math.abs(edge.value()), Double::sum);
    }
    return new Graph.View(
        BasisNames.of(kind),
        nodes,
        modules.graph().edges().stream()
            .map(
                edge ->
                    new Graph.Edge(
                        edge.from(),
                        edge.to(),
                        100 * Math.abs(edge.value()) / sums.get(ends.get(edge.from()).layer())))
            .sorted(Comparator.comparingDouble(edge -> -edge.size()))
            .limit(chosen ? Long.MAX_VALUE : MOST_EDGES)
            .toList());
  }

  private Graph.Node node(BasisKind kind, Communities modules, int number, boolean chosen) {
    InteractionGraph.Node node = modules.graph().nodes().get(number);
    int module = modules.communityOf().get(number);
    boolean alone = modules.sizes().get(module) < 2;
    List<String> facts = new ArrayList<>();
    facts.add(
        (kind == BasisKind.NEURON ? "mean square " : "eigenvalue ") + Numbers.brief(node.lambda()));
    facts.add(
        alone
            ? "in no module"
            : "module %d of %d nodes".formatted(module + 1, modules.sizes().get(module)));
    if (chosen) {
      facts.addAll(largestData(node));
    }
    String layer = explanation.found().result().layers().get(node.layer()).layer().name();
    String what = kind == BasisKind.NEURON ? ", neuron " : ", basis vector ";
    return new Graph.Node(
        node.layer(), layer + what + (node.column() + 1), alone ? -1 : module, facts);
  }

  private List<String> largestData(InteractionGraph.Node node) {
    List<String> facts = new ArrayList<>();
    for (TopData.Point point :
        explanation.found().top().points().get(node.layer()).get(node.column())) {
      int sample = Math.toIntExact(point.sample());
      facts.add(
          "%s at %s (%s)"
              .formatted(
                  Numbers.brief(point.value()),
                  data.describe(sample),
                  data.classNames().get(data.label(sample))));
    }
    return facts;
  }

  private Map<String, Table> details() {
    Map<String, Table> tables = new LinkedHashMap<>();
    explanation.needed().forEach((sentence, table) -> tables.put(capitalized(sentence), table));
    ShownCommunities communities = explanation.communities();
    if (!explanation.found().compared().isEmpty()) {
      tables.put("Modules in each basis", communities.bases());
    }
    if (!communities.resolutions().isEmpty()) {
      tables.put("Modules by resolution", communities.sweep());
    }
    tables.put(
        "Degeneracy of linear layers",
        new Table(
            List.of(
                "Layer", "Inputs", "Rank", "Outputs", "Gradient rank", "Parameters", "Effective"),
            explanation.found().degeneracy().layers().stream().map(ExplainReport::row).toList()));
    if (!explanation.found().degeneracy().firing().isEmpty()) {
      tables.put(
          "Units that fire together",
          new Table(
              List.of("Layer", "Units", "Dead", "Groups", "Equal pairs", "Mean Jaccard"),
              explanation.found().degeneracy().firing().stream().map(ExplainReport::row).toList()));
    }
    explanation
        .found()
        .smaller()
        .reduction()
        .ifPresent(
            reduction ->
                tables.put(
                    "Units of a smaller equivalent network",
                    new Table(
                        List.of("Layer", "Units", "Left", "Without effect"),
                        reduction.layers().stream().map(ExplainReport::row).toList())));
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
