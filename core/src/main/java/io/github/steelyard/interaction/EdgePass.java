package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The edges of one segment: one pass over the data. */
final class EdgePass {
  private final Segments segments;
  private final DataPass data;
  private final InteractionConfiguration configuration;

  EdgePass(Segments segments, DataPass data, InteractionConfiguration configuration) {
    this.segments = segments;
    this.data = data;
    this.configuration = configuration;
  }

  Edges run(int segment, LayerBasis basis, LayerBasis next) {
    Optional<DenseSegment> dense = segments.dense(segment);
    boolean closed =
        configuration.edges() == EdgeKind.SQUARED
            && configuration.sources().edges() == 0
            && basis.rank() > 0;
    if (!closed) {
      return general(segment, basis, next);
    }
    if (dense.isPresent()) {
      DenseEdges edges =
          new DenseEdges(segments, dense.get(), basis, next, configuration.quadrature());
      return closed(
          segment, basis, next, (coordinates, sum) -> edges.add(coordinates, sum, data::within));
    }
    return segments
        .block(segment)
        .map(block -> block(block, segment, basis, next))
        .orElseGet(() -> general(segment, basis, next));
  }

  /** A transformer block's, at the activations that the coordinates stand for. */
  private Edges block(BlockSegment block, int segment, LayerBasis basis, LayerBasis next) {
    Tensor inverse = Scope.keep(SegmentMap.placed(segments, basis.inverse()));
    Tensor vectors = Scope.keep(SegmentMap.placed(segments, next.vectors()));
    BlockEdges edges = new BlockEdges(block, inverse, vectors, configuration.quadrature());
    return closed(
        segment,
        basis,
        next,
        (coordinates, sum) ->
            edges.add(coordinates, coordinates.matmul(inverse), sum, data::within));
  }

  /** Without backward passes, where the segment has a form that needs none. */
  private Edges closed(
      int segment, LayerBasis basis, LayerBasis next, BiConsumer<Tensor, Tensor> adding) {
    Tensor sum = accumulator(next.rank(), basis.rank());
    long samples =
        forEach(segment, basis, next, coordinates -> adding.accept(coordinates, sum), sum);
    double rows = (double) samples * basis.layer().positions();
    return Scope.computeWithoutGradient(
        () ->
            new Edges(
                basis.layer(),
                next.layer(),
                Scope.keep(sum.div(new Scalar(rows)).cpu()),
                Scope.keep(Matrices.zeros(0)),
                0));
  }

  /** What the pass for a segment is called. */
  static String phase(NodeLayer from, NodeLayer to) {
    return "edges from %s to %s".formatted(from.name(), to.name());
  }

  /** Hands on the coordinates f^ [n, positions, rank] of each batch; returns how many samples. */
  private long forEach(
      int segment,
      LayerBasis basis,
      LayerBasis next,
      Consumer<Tensor> coordinates,
      Tensor... sums) {
    Tensor vectors = Scope.keep(SegmentMap.placed(segments, basis.vectors()));
    return data.forEach(
        phase(basis.layer(), next.layer()),
        (inputs, targets) -> {
          Tensor activation = segments.activations(inputs).get(segment);
          coordinates.accept(Scope.computeWithoutGradient(() -> activation.matmul(vectors)));
        },
        sums);
  }

  /** By vector-Jacobian products, whatever the segment is. */
  Edges general(int segment, LayerBasis basis, LayerBasis next) {
    Tensor sum = accumulator(next.rank(), basis.rank());
    Tensor variance = accumulator(next.rank(), basis.rank());
    SegmentMap map = SegmentMap.ofCoordinates(segments, segment, basis, next);
    Pullback pullback = new Pullback(map, configuration.quadrature());
    Signs signs = new Signs(configuration.sources().seed(), -1 - segment);
    long samples =
        forEach(
            segment,
            basis,
            next,
            coordinates -> {
              if (basis.rank() == 0) {
                return;
              }
              if (configuration.edges() == EdgeKind.FUNCTIONAL) {
                functional(pullback, map, coordinates, next.rank(), sum);
              } else {
                squared(pullback, coordinates, next, signs, sum, variance);
              }
            },
            sum,
            variance);
    int sources = configuration.sources().edges();
    double rows = (double) samples * basis.layer().positions();
    return Scope.computeWithoutGradient(
        () ->
            new Edges(
                basis.layer(),
                next.layer(),
                Scope.keep(sum.div(new Scalar(rows * Math.max(1, sources))).cpu()),
                Scope.keep(
                    sources == 0
                        ? Matrices.zeros(0)
                        : standardError(variance, sources, rows).cpu()),
                sources));
  }

  /** Sources are independent from sample to sample, and so are their errors. */
  private static Tensor standardError(Tensor variance, int sources, double rows) {
    return variance.div(new Scalar((double) sources * (sources - 1))).sqrt().div(new Scalar(rows));
  }

  private Tensor accumulator(long... shape) {
    return Scope.keep(torch.zeros(shape, segments.options(ScalarType.Double)));
  }

  private void squared(
      Pullback pullback,
      Tensor coordinates,
      LayerBasis next,
      Signs signs,
      Tensor sum,
      Tensor variance) {
    int positions = next.layer().positions();
    int sources = configuration.sources().edges();
    int each = sources == 0 ? positions : sources;
    Tensor drawn =
        sources == 0 ? null : signs.draw(data.batch(), sources, coordinates.size(0), positions);
    Tensor precise = coordinates.to(ScalarType.Double).unsqueeze(0);
    Tensor spread =
        sources == 0 ? null : accumulator(sources, coordinates.size(0), coordinates.size(2));
    pullback.forEach(
        coordinates,
        new Pullback.Vectors() {
          @Override
          public int count() {
            return next.rank() * each;
          }

          @Override
          public Tensor get(int index, Tensor values) {
            Tensor one = values.narrow(0, 0, 1);
            Tensor vector = torch.zeros_like(drawn == null ? one.narrow(1, 0, 1) : one);
            Tensor column = vector.select(3, index / each);
            if (drawn == null) {
              column.select(2, index % each).fill_(new Scalar(1.0));
            } else {
              column.copy_(
                  drawn
                      .select(0, index % each)
                      .to(values.device(), values.scalar_type())
                      .unsqueeze(0));
            }
            return vector;
          }
        },
        data::within,
        (first, products) -> {
          Tensor scaled = products.mul_(precise);
          Tensor effects = (scaled.size(2) == 1 ? scaled.select(2, 0) : scaled.sum(2)).square_();
          sum.index_add_(0, outputs(first, effects.size(0), each, sum), effects.sum(1));
          for (int i = 0; spread != null && i < effects.size(0); i++) {
            int source = (first + i) % each;
            spread.select(0, source).copy_(effects.select(0, i));
            if (source == each - 1) {
              Tensor deviation =
                  spread.sub(spread.mean(new long[] {0}, true, new ScalarTypeOptional()));
              variance.select(0, (first + i) / each).add_(deviation.square().sum(0, 1));
            }
          }
        });
  }

  /** To which output each of some consecutive vectors belongs. */
  private static Tensor outputs(int first, long count, int each, Tensor like) {
    long[] outputs = new long[Math.toIntExact(count)];
    Arrays.setAll(outputs, i -> (first + i) / each);
    return Tensor.create(outputs, count).to(like.device(), ScalarType.Long);
  }

  private void functional(
      Pullback pullback, SegmentMap map, Tensor coordinates, int outputs, Tensor sum) {
    Tensor whole = Scope.computeWithoutGradient(() -> map.apply(coordinates)).unsqueeze(0);
    Tensor precise = coordinates.to(ScalarType.Double).unsqueeze(0);
    pullback.forEach(
        coordinates,
        new Pullback.Vectors() {
          @Override
          public int count() {
            return outputs;
          }

          @Override
          public Tensor get(int index, Tensor values) {
            Tensor vector = torch.zeros_like(values);
            Tensor distance = whole.sub(values).select(3, index).mul(new Scalar(2.0));
            vector.select(3, index).copy_(distance);
            return vector;
          }
        },
        data::within,
        (first, products) -> {
          Tensor effects = products.mul(precise).sum(1, 2);
          sum.narrow(0, first, effects.size(0)).add_(effects);
        });
  }
}
