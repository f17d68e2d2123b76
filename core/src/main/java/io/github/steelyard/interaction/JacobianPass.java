package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** M' of one layer, and Lambda' for the integrated bases: one pass over the data. */
final class JacobianPass {
  /** Sums over the data; Lambda' is null for the local basis. */
  record Result(Tensor gram, double relativeError, Tensor gradientProduct) {}

  private final Segments segments;
  private final DataPass data;
  private final InteractionConfiguration configuration;

  JacobianPass(Segments segments, DataPass data, InteractionConfiguration configuration) {
    this.segments = segments;
    this.data = data;
    this.configuration = configuration;
  }

  Result run(int segment, LayerBasis next) {
    if (configuration.basis() != BasisKind.LOCAL) {
      return integrated(segment, next);
    }
    if (!configuration.sources().exactBasis()) {
      return local(segment, next);
    }
    Optional<DenseSegment> dense = segments.dense(segment);
    Optional<BlockSegment> block = segments.block(segment);
    boolean onePoint = configuration.quadrature().points().length == 1;
    if (dense.isPresent()) {
      return closed(dense.get(), segment, next);
    }
    return block.isPresent() && onePoint ? block(block.get(), segment, next) : local(segment, next);
  }

  /** Without backward passes, where the segment is a transformer block. */
  private Result block(BlockSegment block, int segment, LayerBasis next) {
    Scalar point = new Scalar(configuration.quadrature().points()[0]);
    Tensor sum = accumulator(segment);
    BlockGram gram = new BlockGram(block, Scope.keep(SegmentMap.placed(segments, next.vectors())));
    long samples =
        data.forEach(
            phase(segment),
            (inputs, targets) ->
                gram.add(segments.activations(inputs).get(segment).mul(point), sum, data::within),
            sum);
    double rows = (double) samples * segments.layers().get(segment).positions();
    return Scope.computeWithoutGradient(
        () -> new Result(Scope.keep(sum.div(new Scalar(rows)).cpu()), 0, null));
  }

  /** Without Jacobians, where the segment is one linear layer and an activation. */
  private Result closed(DenseSegment dense, int segment, LayerBasis next) {
    NodeLayer layer = segments.layers().get(segment);
    int width = next.layer().width();
    boolean constant = next.layer().constant();
    Tensor weight = Scope.keep(Scope.computeWithoutGradient(dense::foldedWeight));
    Tensor sum =
        Scope.keep(torch.zeros(new long[] {width, width}, segments.options(ScalarType.Double)));
    long samples =
        data.forEach(
            phase(segment),
            (inputs, targets) -> {
              Tensor rows =
                  segments
                      .activations(inputs)
                      .get(segment)
                      .to(ScalarType.Double)
                      .reshape(-1, layer.width());
              Tensor slopes = dense.slopes(rows.matmul(weight), configuration.quadrature());
              Tensor all =
                  constant
                      ? torch.cat(
                          new TensorVector(slopes, torch.ones_like(slopes.narrow(1, 0, 1))), 1)
                      : slopes;
              Matrices.addGram(sum, all);
            },
            sum);
    double rows = (double) samples * layer.positions();
    return Scope.computeWithoutGradient(
        () -> {
          Tensor folded = weight.cpu();
          if (constant) {
            Tensor passes = Matrices.zeros(layer.width(), 1);
            passes.narrow(0, layer.features(), 1).fill_(new Scalar(1.0));
            folded = torch.cat(new TensorVector(folded, passes), 1);
          }
          Tensor inner =
              Matrices.mirrored(sum)
                  .cpu()
                  .div(new Scalar(rows))
                  .mul(next.vectors().matmul(next.vectors().t()));
          return new Result(
              Scope.keep(folded.matmul(inner).matmul(folded.t()).contiguous()), 0, null);
        });
  }

  /** What the pass for a layer is called. */
  static String phase(NodeLayer layer) {
    return "basis of " + layer.name();
  }

  private String phase(int segment) {
    return phase(segments.layers().get(segment));
  }

  private Tensor accumulator(int segment) {
    long width = segments.layers().get(segment).width();
    return Scope.keep(torch.zeros(new long[] {width, width}, segments.options(ScalarType.Double)));
  }

  /** By vector-Jacobian products, whatever the segment is. */
  Result local(int segment, LayerBasis next) {
    NodeLayer layer = segments.layers().get(segment);
    Sources sources = configuration.sources();
    int estimates = Math.max(1, sources.positions()) * Math.max(1, sources.outputs());
    List<Tensor> sums = new ArrayList<>();
    for (int i = 0; i < estimates; i++) {
      sums.add(accumulator(segment));
    }
    Signs signs = new Signs(sources.seed(), segment);
    Pullback pullback =
        new Pullback(SegmentMap.ofActivations(segments, segment, next), configuration.quadrature());
    long samples =
        data.forEach(
            phase(segment),
            (inputs, targets) -> {
              Tensor activation = segments.activations(inputs).get(segment);
              JacobianVectors vectors =
                  new JacobianVectors(
                      sources,
                      signs,
                      data.batch(),
                      activation.size(0),
                      next.layer().positions(),
                      next.rank());
              pullback.forEach(
                  activation,
                  vectors,
                  data::within,
                  (first, products) -> {
                    if (estimates == 1) {
                      addGram(sums.get(0), products);
                    } else {
                      for (int i = 0; i < products.size(0); i++) {
                        addGram(sums.get(vectors.source(first + i)), products.select(0, i));
                      }
                    }
                  });
            },
            sums.toArray(Tensor[]::new));
    double rows = (double) samples * layer.positions();
    return Scope.computeWithoutGradient(
        () -> {
          sums.replaceAll(Matrices::mirrored);
          Tensor mean = sums.get(0).div(new Scalar(rows * estimates));
          for (Tensor sum : sums.subList(1, estimates)) {
            mean.add_(sum.div(new Scalar(rows * estimates)));
          }
          return new Result(
              Scope.keep(mean.cpu()),
              sources.exactBasis() ? 0 : relativeError(sums, mean, rows),
              null);
        });
  }

  /** From the spread of the estimates that the sources give one by one. */
  private static double relativeError(List<Tensor> sums, Tensor mean, double rows) {
    double squares = 0;
    for (Tensor sum : sums) {
      double distance = sum.div(new Scalar(rows)).sub(mean).norm(new Scalar(2)).item_double();
      squares += distance * distance;
    }
    int n = sums.size();
    double error = Math.sqrt(squares / ((double) n * (n - 1)));
    return error / mean.norm(new Scalar(2)).item_double();
  }

  private static void addGram(Tensor sum, Tensor products) {
    Matrices.addGram(sum, products.reshape(-1, products.size(-1)));
  }

  private static void add(Tensor sum, Tensor left, Tensor right) {
    long width = left.size(-1);
    sum.add_(left.reshape(-1, width).t().matmul(right.reshape(-1, width)));
  }

  private Result integrated(int segment, LayerBasis next) {
    NodeLayer layer = segments.layers().get(segment);
    Tensor gram = accumulator(segment);
    Tensor product = accumulator(segment);
    boolean functional = configuration.basis() == BasisKind.FUNCTIONAL;
    SegmentMap map = SegmentMap.ofActivations(segments, segment, next);
    Pullback pullback = new Pullback(map, configuration.quadrature());
    long samples =
        data.forEach(
            phase(segment),
            (inputs, targets) -> {
              Tensor activation = segments.activations(inputs).get(segment);
              Tensor whole = Scope.computeWithoutGradient(() -> map.apply(activation)).unsqueeze(0);
              pullback.forEach(
                  activation,
                  new Pullback.Vectors() {
                    @Override
                    public int count() {
                      return 1;
                    }

                    @Override
                    public Tensor get(int index, Tensor values) {
                      return functional ? whole.sub(values).mul(new Scalar(2.0)) : whole;
                    }
                  },
                  data::within,
                  (first, gradient) -> {
                    addGram(gram, gradient);
                    add(product, gradient, activation.to(ScalarType.Double));
                  });
            },
            gram,
            product);
    Scalar rows = new Scalar((double) samples * layer.positions());
    return Scope.computeWithoutGradient(
        () ->
            new Result(
                Scope.keep(Matrices.mirrored(gram).div_(rows).cpu()),
                0,
                Scope.keep(product.div(rows).cpu())));
  }
}
