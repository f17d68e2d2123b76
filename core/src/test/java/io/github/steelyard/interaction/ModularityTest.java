package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.interaction.InteractionGraph.Edge;
import io.github.steelyard.interaction.InteractionGraph.Node;
import io.github.steelyard.nn.Activation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModularityTest {
  private static final BlockDiagonalPerceptron BLOCKS =
      new BlockDiagonalPerceptron(2, List.of(4, 4), List.of(1.0, 0.5), Activation.RELU, 0.1, 9);

  private static InteractionResult blocks() {
    Tensor sample = BLOCKS.data(3, 9).epoch(0, 0).next().inputs();
    try (Segments segments = Segments.open(BLOCKS.model(), TinyNetworks.layers(2), sample)) {
      return new InteractionBasis(InteractionConfiguration.local().with(i -> i.threshold = 1e-10))
          .compute(segments, BLOCKS.data(40, 400));
    }
  }

  /** The block that a basis vector lies in, by the share of its squares. */
  private static int block(Tensor vector) {
    double[] values = Matrices.values(vector);
    double first = 0;
    double all = 0;
    for (int i = 0; i < 8; i++) {
      all += values[i] * values[i];
      first += BLOCKS.blockOf(i) == 0 ? values[i] * values[i] : 0;
    }
    return first > 0.5 * all ? 0 : 1;
  }

  @Test
  void givenTwoIndependentBlocks_whenCommunitiesAreSought_thenTheyAreTheBlocks() {
    InteractionResult result = blocks();

    // At resolution 1 the larger block is split further: it has communities of its own.
    Communities communities =
        new Modularity(ModularityConfiguration.standard().withResolution(0.5)).find(result);

    assertThat(communities.count()).isEqualTo(2);
    assertThat(communities.inside()).isCloseTo(1, within(1e-12));
    assertThat(communities.q()).isGreaterThan(communities.meanRandomQ());
    assertThat(communities.randomQ()).hasSize(10);
    Set<String> pairs = new HashSet<>();
    for (int n = 0; n < communities.communityOf().size(); n++) {
      Node node = communities.graph().nodes().get(n);
      if (communities.sizes().get(communities.communityOf().get(n)) > 1) {
        Tensor vector = result.layers().get(node.layer()).vectors().select(1, node.column());
        pairs.add(block(vector) + " is community " + communities.communityOf().get(n));
      }
    }
    assertThat(pairs).hasSize(2);
    assertThat(communities.span(0)).isEqualTo(4);
  }

  @Test
  void givenTwoIndependentBlocks_whenEdgesAreComputed_thenNoneLeadsFromOneToTheOther() {
    InteractionResult result = blocks();
    for (Edges edges : result.edges().subList(0, 3)) {
      int l = result.edges().indexOf(edges);
      double between = 0;
      double all = 0;
      for (int i = 0; i < edges.weights().size(0); i++) {
        for (int j = 1; j < edges.weights().size(1); j++) {
          double value = edges.weights().select(0, i).select(0, j).item_double();
          boolean constant = i == result.layers().get(l + 1).constantColumn();
          int target = block(result.layers().get(l + 1).vectors().select(1, i));
          int source = block(result.layers().get(l).vectors().select(1, j));
          all += constant ? 0 : value;
          between += constant || source == target ? 0 : value;
        }
      }
      assertThat(between / all).isLessThan(1e-20);
    }
  }

  private static InteractionGraph random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      nodes.add(new Node(i / 8, i % 8, 1));
    }
    List<Edge> edges = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      for (int k = 0; k < 8; k++) {
        int to = (i / 8 + 1) * 8 + k;
        if (random.nextInt(3) == 0) {
          edges.add(new Edge(i, to, 1, 1 + random.nextDouble()));
        }
      }
    }
    return new InteractionGraph(nodes, edges);
  }

  @Test
  void givenAGraph_whenItIsRandomized_thenDegreesStayAndEndsDoNot() {
    InteractionGraph graph = random(1);
    InteractionGraph other = RandomGraph.ofEqualDegrees(graph, 5);

    assertThat(degrees(other)).isEqualTo(degrees(graph));
    assertThat(other.edges()).hasSameSizeAs(graph.edges()).isNotEqualTo(graph.edges());
    assertThat(other.edges().stream().map(e -> e.from() + " " + e.to()).distinct())
        .hasSameSizeAs(other.edges());
    for (int n = 0; n < 16; n++) {
      int node = n;
      assertThat(strength(other, node)).isCloseTo(strength(graph, node), within(1e-12));
    }
    assertThat(RandomGraph.ofEqualDegrees(graph, 5)).isEqualTo(other);
  }

  private static List<Integer> degrees(InteractionGraph graph) {
    List<Integer> degrees = new ArrayList<>();
    for (int n = 0; n < graph.nodes().size(); n++) {
      int node = n;
      degrees.add((int) graph.edges().stream().filter(e -> e.from() == node).count());
      degrees.add((int) graph.edges().stream().filter(e -> e.to() == node).count());
    }
    return degrees;
  }

  private static double strength(InteractionGraph graph, int node) {
    return graph.edges().stream().filter(e -> e.from() == node).mapToDouble(Edge::weight).sum();
  }

  @Test
  void givenAGraph_whenARandomOneIsScaled_thenStrengthsAreEqualToo() {
    InteractionGraph graph = random(1);
    InteractionGraph other = RandomGraph.ofEqualDegrees(graph, 5);
    InteractionGraph scaled = RandomGraph.ofEqualStrengths(other, graph);

    assertThat(degrees(scaled)).isEqualTo(degrees(graph));
    double moved = 0;
    for (int n = 0; n < 24; n++) {
      assertThat(strength(scaled, n)).isCloseTo(strength(graph, n), within(1e-6));
      assertThat(received(scaled, n)).isCloseTo(received(graph, n), within(1e-6));
      moved = Math.max(moved, Math.abs(received(other, n) - received(graph, n)));
    }
    assertThat(moved).isGreaterThan(0.1);
  }

  private static double received(InteractionGraph graph, int node) {
    return graph.edges().stream().filter(e -> e.to() == node).mapToDouble(Edge::weight).sum();
  }

  @Test
  void givenNodesThatAreActedOnUnequally_whenNullModelsAreSearched_thenEqualStrengthsFindLess() {
    List<Node> nodes = new ArrayList<>();
    List<Edge> edges = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      nodes.add(new Node(i / 6, i % 6, 1));
    }
    for (int from = 0; from < 6; from++) {
      for (int to = 6; to < 12; to++) {
        edges.add(new Edge(from, to, 1, (1 + from) * Math.pow(2, to)));
      }
    }
    Communities communities =
        new Modularity(ModularityConfiguration.standard()).find(new InteractionGraph(nodes, edges));

    // Products of two nodes' numbers: no modules at all.
    assertThat(communities.q()).isCloseTo(0, within(1e-9));
    assertThat(communities.meanRandomQ()).isGreaterThan(0.1);
    assertThat(communities.meanEqualStrengthQ()).isLessThan(communities.meanRandomQ() - 0.05);
  }

  @Test
  void givenIndependentInputs_whenPartsAreMeasured_thenTheyAreTheBlocksAndCommunitiesAgree() {
    Tensor sample = BLOCKS.data(3, 9).epoch(0, 0).next().inputs();
    int width = Math.toIntExact(sample.numel() / sample.size(0));
    List<Integer> parts = IntStream.range(0, width).mapToObj(i -> i < width / 2 ? 0 : 1).toList();
    InteractionResult result;
    PartShares shares;
    try (Segments segments = Segments.open(BLOCKS.model(), TinyNetworks.layers(2), sample)) {
      result =
          new InteractionBasis(InteractionConfiguration.local().with(i -> i.threshold = 1e-10))
              .compute(segments, BLOCKS.data(40, 400));
      Map<BasisKind, InteractionResult> own = Map.of(BasisKind.LOCAL, result);
      shares =
          PartShares.measure(segments, own, BLOCKS.data(40, 400), parts, (phase, done, all) -> {})
              .get(BasisKind.LOCAL);
      assertThatThrownBy(
              () ->
                  PartShares.measure(
                      segments, own, BLOCKS.data(40, 400), List.of(0), (phase, done, all) -> {}))
          .hasMessageContaining("but are 1");
    }
    List<Communities> sweep =
        new Modularity(ModularityConfiguration.standard())
            .sweep(
                InteractionGraph.of(result, ModularityConfiguration.standard()),
                List.of(0.01, 0.5));
    assertThat(sweep.get(1).q())
        .isEqualTo(
            new Modularity(ModularityConfiguration.standard().withResolution(0.5))
                .find(result)
                .q());
    assertThat(shares.agreement(sweep.get(1))).isEqualTo(1);
    assertThat(shares.purity(sweep.get(1))).isCloseTo(1, within(1e-9));
    for (Node node : sweep.get(1).graph().nodes()) {
      Tensor vector = result.layers().get(node.layer()).vectors().select(1, node.column());
      if (node.layer() < result.layers().size() - 1) {
        assertThat(shares.partOf(node)).isEqualTo(block(vector));
      }
    }
  }

  @Test
  void givenPartitions_whenTheyAreCompared_thenTheIndexIsThatOfThePaper() {
    assertThat(AdjustedRand.index(List.of(0, 0, 1, 1), List.of(5, 5, 3, 3))).isEqualTo(1);
    assertThat(AdjustedRand.index(List.of(0, 0, 0, 0), List.of(0, 0, 1, 1))).isZero();
    // 3 pairs together in both, of 6 and 6 of 15: (3 - 2.4) / (6 - 2.4).
    assertThat(AdjustedRand.index(List.of(0, 0, 0, 0, 1, 2), List.of(0, 0, 0, 1, 1, 1)))
        .isCloseTo(0.6 / 3.6, within(1e-12));
    assertThat(AdjustedRand.index(List.of(1, 1), List.of(0, 0))).isEqualTo(1);
    assertThat(AdjustedRand.index(List.of(), List.of())).isNaN();
  }

  @Test
  void givenALargerResolution_whenCommunitiesAreSought_thenThereAreMore() {
    InteractionGraph graph = random(2);
    ModularityConfiguration standard = ModularityConfiguration.standard();
    Communities few = new Modularity(standard.withResolution(0.2)).find(graph);
    Communities some = new Modularity(standard).find(graph);
    Communities many = new Modularity(standard.withResolution(4)).find(graph);

    assertThat(few.sizes().size()).isLessThan(some.sizes().size());
    assertThat(some.sizes().size()).isLessThan(many.sizes().size());
    assertThat(some.q()).isGreaterThanOrEqualTo(many.q());
    assertThat(new Modularity(standard).find(graph)).isEqualTo(some);
  }

  @Test
  void givenTwoCliquesWithoutEdgesBetween_whenNewmansModularityIsComputed_thenItIsAHalf() {
    List<Node> nodes =
        List.of(new Node(0, 0, 1), new Node(1, 0, 1), new Node(0, 1, 1), new Node(1, 1, 1));
    InteractionGraph graph =
        new InteractionGraph(nodes, List.of(new Edge(0, 1, 1, 1), new Edge(2, 3, 1, 1)));
    assertThat(Modularity.newman(graph, new int[] {0, 0, 1, 1})).isEqualTo(0.5);
    assertThat(Modularity.newman(graph, new int[] {0, 0, 0, 0})).isZero();
    assertThat(Modularity.newman(graph, new int[] {0, 1, 1, 0})).isEqualTo(-0.5);
  }

  @Test
  void givenNoEdges_whenCommunitiesAreSought_thenEveryNodeIsItsOwn() {
    InteractionGraph graph =
        new InteractionGraph(List.of(new Node(0, 0, 1), new Node(1, 0, 1)), List.of());
    Communities communities = new Modularity(ModularityConfiguration.standard()).find(graph);
    assertThat(communities.count()).isZero();
    assertThat(communities.communityOf()).containsExactly(0, 1);
    assertThat(communities.q()).isZero();
  }

  @ParameterizedTest
  @EnumSource(EdgeNorm.class)
  void givenAnyNorm_whenWeightsAreMade_thenLargerInteractionsWeighMore(EdgeNorm norm) {
    assertThat(norm.weight(0, 100, 0.01)).isZero();
    assertThat(norm.weight(100, 100, 0.01)).isGreaterThan(norm.weight(1, 100, 0.01));
    assertThat(norm.weight(-1, 100, 0.01)).isEqualTo(norm.weight(1, 100, 0.01));
    assertThat(EdgeNorm.LOG.weight(1, 100, 0.01)).isCloseTo(2, within(1e-12));
    assertThat(EdgeNorm.MAX.weight(50, 100, 0.01)).isEqualTo(0.5);
  }

  @Test
  void givenWrongNumbers_whenConfigured_thenTheErrorNamesThem() {
    ModularityConfiguration standard = ModularityConfiguration.standard();
    assertThatThrownBy(() -> standard.withResolution(0)).hasMessageContaining("0");
    assertThatThrownBy(() -> new ModularityConfiguration(EdgeNorm.LOG, 2, 1, 1, 1, true, 0))
        .hasMessageContaining("epsilon");
  }
}
