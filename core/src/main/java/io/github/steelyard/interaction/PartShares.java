package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.interaction.InteractionGraph.Node;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How much of each basis vector is due to each independent part of the inputs: the mean square of
 * what its coordinate changes by when that part is another sample's, as a share of that of all
 * parts (total effects of Sobol, Mathematics and Computers in Simulation 2001, by Jansen's
 * estimator). A vector that reads one part alone has a share of 1 there.
 *
 * @param shares by layer, basis vector and part; not numbers where the coordinate never changes
 */
public record PartShares(List<List<List<Double>>> shares) {
  /**
   * Copies the lists.
   *
   * @param shares by layer, basis vector and part
   */
  public PartShares {
    shares = shares.stream().map(layer -> layer.stream().map(List::copyOf).toList()).toList();
  }

  /**
   * Measures them in one pass. The other sample is the next one of the batch.
   *
   * @param segments the cut network
   * @param results its bases, by their kind
   * @param data its epoch 0 is read; its order must not depend on the parts
   * @param parts for each value of a sample the number of its part, from 0
   * @param listener hears of each batch
   * @return the shares, by kind
   * @throws IllegalArgumentException if the samples do not have as many values as there are parts'
   *     numbers
   */
  public static Map<BasisKind, PartShares> measure(
      Segments segments,
      Map<BasisKind, InteractionResult> results,
      BatchSource data,
      List<Integer> parts,
      AnalysisListener listener) {
    int count = parts.stream().mapToInt(part -> part + 1).max().orElse(0);
    Map<BasisKind, double[][][]> changes = new LinkedHashMap<>();
    results.forEach(
        (kind, result) ->
            changes.put(
                kind,
                result.layers().stream()
                    .map(basis -> new double[count][basis.rank()])
                    .toArray(double[][][]::new)));
    new DataPass(data, listener)
        .forEachInAllRanks(
            "parts of the inputs",
            (inputs, targets) ->
                Scope.withoutGradient(
                    () -> {
                      List<Tensor> before = segments.activations(inputs);
                      for (int part = 0; part < count; part++) {
                        List<Tensor> after =
                            segments.activations(exchanged(inputs, mask(inputs, parts, part)));
                        for (int l = 0; l < before.size(); l++) {
                          Tensor moved = after.get(l).sub(before.get(l));
                          for (Map.Entry<BasisKind, InteractionResult> own : results.entrySet()) {
                            LayerBasis basis = own.getValue().layers().get(l);
                            Tensor vectors = SegmentMap.placed(segments, basis.vectors());
                            add(changes.get(own.getKey())[l][part], moved.matmul(vectors));
                          }
                        }
                      }
                    }));
    Map<BasisKind, PartShares> all = new LinkedHashMap<>();
    changes.forEach((kind, layers) -> all.put(kind, of(layers)));
    return all;
  }

  private static Tensor mask(Tensor inputs, List<Integer> parts, int part) {
    long[] shape = inputs.shape().clone();
    shape[0] = 1;
    if (Arrays.stream(shape).reduce(1, (a, b) -> a * b) != parts.size()) {
      throw new IllegalArgumentException(
          "parts must say of each value of a sample, of shape %s, to which part it belongs, but are %d"
              .formatted(
                  Arrays.toString(Arrays.copyOfRange(shape, 1, shape.length)), parts.size()));
    }
    double[] numbers = parts.stream().mapToDouble(number -> number).toArray();
    return Tensor.create(numbers, shape)
        .eq(new Scalar((double) part))
        .to(inputs.device(), torch.ScalarType.Bool);
  }

  private static Tensor exchanged(Tensor inputs, Tensor mask) {
    long others = inputs.size(0) - 1;
    Tensor next =
        torch.cat(new TensorVector(inputs.narrow(0, 1, others), inputs.narrow(0, 0, 1)), 0);
    return torch.where(mask, next, inputs);
  }

  /** Adds the squares of [n, positions, rank]. */
  private static void add(double[] sums, Tensor changes) {
    double[] own = Matrices.values(changes.square().sum(0, 1));
    for (int k = 0; k < sums.length; k++) {
      sums[k] += own[k];
    }
  }

  /** From sums by layer, part and basis vector. */
  private static PartShares of(double[][][] layers) {
    List<List<List<Double>>> all = new ArrayList<>();
    for (double[][] layer : layers) {
      all.add(
          IntStream.range(0, layer[0].length)
              .mapToObj(
                  k -> {
                    double whole = Arrays.stream(layer).mapToDouble(part -> part[k]).sum();
                    return Arrays.stream(layer).map(part -> part[k] / whole).toList();
                  })
              .toList());
    }
    return new PartShares(all);
  }

  /**
   * The part that a basis vector depends on most.
   *
   * @param node the basis vector
   * @return its number; -1 if its coordinate never changes
   */
  public int partOf(Node node) {
    List<Double> own = of(node);
    return IntStream.range(0, own.size())
        .filter(part -> !own.get(part).isNaN())
        .boxed()
        .max((a, b) -> Double.compare(own.get(a), own.get(b)))
        .orElse(-1);
  }

  private List<Double> of(Node node) {
    return shares.get(node.layer()).get(node.column());
  }

  /**
   * How well communities agree with the parts that their nodes depend on most: the adjusted Rand
   * index, over the nodes that have edges.
   *
   * @param communities of the basis of these shares
   * @return 1 if they are the parts, about 0 if they have nothing to do with them; not a number if
   *     no node has edges
   */
  public double agreement(Communities communities) {
    List<Integer> found = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    for (int node : judged(communities)) {
      found.add(communities.communityOf().get(node));
      expected.add(partOf(communities.graph().nodes().get(node)));
    }
    return AdjustedRand.index(found, expected);
  }

  /**
   * How far basis vectors read one part alone: the mean of their largest shares, over the nodes
   * that have edges.
   *
   * @param communities of the basis of these shares
   * @return 1 if each reads one part alone, 1 / parts if each reads all alike; not a number if no
   *     node has edges
   */
  public double purity(Communities communities) {
    List<Node> nodes = communities.graph().nodes();
    return judged(communities).stream()
        .mapToDouble(node -> of(nodes.get(node)).get(partOf(nodes.get(node))))
        .average()
        .orElse(Double.NaN);
  }

  /** The numbers of the nodes that have edges and depend on the inputs. */
  private List<Integer> judged(Communities communities) {
    InteractionGraph graph = communities.graph();
    return graph.edges().stream()
        .flatMap(edge -> List.of(edge.from(), edge.to()).stream())
        .distinct()
        .sorted()
        .filter(node -> partOf(graph.nodes().get(node)) >= 0)
        .toList();
  }
}
