package io.github.steelyard.bench;

import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.quant.ActivationQuantizer;
import io.github.steelyard.quant.Lsq;
import io.github.steelyard.quant.QuantizedConv2d;
import io.github.steelyard.quant.QuantizedLinear;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.quant.QueryKeyProduct;
import io.github.steelyard.quant.Slice;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LSQ, StatsQ and query-key reparameterization as their page writes them, each operation recorded
 * for the backward pass: the baseline that the library's are compared with.
 */
final class PlainQuantizers {
  private PlainQuantizers() {}

  /** Puts the plain quantizers in the place of the library's. */
  static Module replaceIn(Module prepared) {
    Map<String, Module> replacements = new LinkedHashMap<>();
    prepared
        .namedModules()
        .forEach((path, module) -> plain(module).ifPresent(m -> replacements.put(path, m)));
    replacements.keySet().stream()
        .filter(path -> !path.endsWith(".input_quantizer") || !isInside(path, replacements))
        .toList()
        .forEach(path -> prepared.setSubmodule(path, replacements.get(path)));
    return prepared;
  }

  private static boolean isInside(String path, Map<String, Module> replacements) {
    return replacements.containsKey(path.substring(0, path.lastIndexOf('.')));
  }

  private static Optional<Module> plain(Module module) {
    if (module instanceof ActivationQuantizer quantizer) {
      return Optional.of(new PlainActivation(quantizer));
    }
    if (module instanceof QuantizedLinear layer) {
      Linear linear = new Linear(layer.inFeatures(), layer.outFeatures(), layer.bias().isPresent());
      copy(layer.quantizedWeight().orElseThrow(), linear.weight());
      layer.bias().ifPresent(bias -> linear.bias().orElseThrow().assign(bias.tensor()));
      return Optional.of(behind(layer.inputQuantizer(), linear));
    }
    if (module instanceof QuantizedConv2d layer) {
      Conv2d convolution = new Conv2d(layer.configuration());
      copy(layer.quantizedWeight().orElseThrow(), convolution.weight());
      layer.bias().ifPresent(bias -> convolution.bias().orElseThrow().assign(bias.tensor()));
      return Optional.of(behind(layer.inputQuantizer(), convolution));
    }
    if (module instanceof QueryKeyProduct product) {
      return Optional.of(new PlainProduct(product));
    }
    return Optional.empty();
  }

  private static Module behind(Optional<ActivationQuantizer> input, Module layer) {
    return input.<Module>map(q -> new Sequential(new PlainActivation(q), layer)).orElse(layer);
  }

  private static void copy(QuantizedWeight from, Parameter to) {
    to.assign(from.latent());
    to.parametrize(from.quantizer() instanceof Lsq lsq ? new PlainLsq(lsq) : new PlainStatsQ(from));
  }

  /** LSQ after its first tensor; more than one bit. */
  static final class PlainLsq extends Parametrization {
    private final Slice slice;
    private final double lowest;
    private final double highest;
    private final Parameter scale;

    PlainLsq(Lsq lsq) {
      slice = lsq.slice();
      lowest = lsq.lowest();
      highest = lsq.highest();
      scale = parameter("scale", lsq.scale().tensor().detach().clone());
    }

    @Override
    public Tensor forward(Tensor x) {
      double coefficient = 1 / Math.sqrt(highest * x.numel() / scale.tensor().numel());
      Tensor s = straightThrough(scale.tensor().clamp_min(new Scalar(1e-5)), scale.tensor());
      Tensor scaled = s.mul(new Scalar(coefficient));
      s = scaled.add(s.sub(scaled).detach()).view(broadcast(x));
      Tensor clamped =
          x.div(s)
              .clamp(
                  new ScalarOptional(new Scalar(lowest)), new ScalarOptional(new Scalar(highest)));
      return straightThrough(clamped.round(), clamped).mul(s);
    }

    Tensor scale() {
      return scale.tensor();
    }

    private long[] broadcast(Tensor x) {
      int dimension =
          switch (slice) {
            case TENSOR -> -1;
            case INPUT -> x.dim() > 2 ? (int) x.dim() - 2 : -1;
            case TOKEN -> (int) x.dim() - 2;
            case CHANNEL -> (int) x.dim() - 1;
            case IMAGE_CHANNEL -> 1;
            case OUTPUT_CHANNEL -> 0;
          };
      long[] shape = new long[(int) x.dim()];
      Arrays.setAll(shape, i -> i == dimension ? x.size(i) : 1);
      return shape;
    }
  }

  /** StatsQ of a matrix or a filter. */
  static final class PlainStatsQ extends Parametrization {
    private final double n;

    PlainStatsQ(QuantizedWeight weight) {
      n = 1 << (weight.quantizer().bits() - 1);
    }

    @Override
    public Tensor forward(Tensor w) {
      long[] rest = LongStream.range(1, w.dim()).toArray();
      Tensor s = w.abs().mean(rest, true, new ScalarTypeOptional()).mul(new Scalar(2.0)).detach();
      Tensor clamped =
          w.div(s)
              .clamp(
                  new ScalarOptional(new Scalar(-1.0)), new ScalarOptional(new Scalar(1 - 1e-6)));
      Tensor rounded = clamped.mul(new Scalar(n)).sub(new Scalar(0.5)).round();
      Tensor quantized = rounded.add(new Scalar(0.5)).div(new Scalar(n)).mul(s);
      return straightThrough(quantized, w);
    }
  }

  private static Tensor straightThrough(Tensor value, Tensor gradient) {
    return value.sub(gradient).detach().add(gradient);
  }

  private static final class PlainActivation extends Module {
    private final boolean image;
    private final long heads;
    private final Parameter before;
    private final PlainLsq quantizer;
    private final Parameter after;

    PlainActivation(ActivationQuantizer quantizer) {
      image = quantizer.configuration().slice() == Slice.IMAGE_CHANNEL;
      heads = quantizer.configuration().heads();
      long channels = quantizer.configuration().shifts();
      before = channels > 0 ? parameter("shift_before", torch.zeros(channels)) : null;
      this.quantizer = new PlainLsq(quantizer.quantizer());
      submodule("quantizer", this.quantizer);
      after = channels > 0 ? parameter("shift_after", torch.zeros(channels)) : null;
    }

    @Override
    public Tensor forward(Tensor input) {
      Tensor x = shifted(input, before);
      long[] shape = x.shape();
      if (heads > 1) {
        x = x.reshape(shape[0], shape[1] * heads, -1);
      }
      return shifted(quantizer.forward(x).reshape(shape), after);
    }

    private Tensor shifted(Tensor x, Parameter shift) {
      if (shift == null) {
        return x;
      }
      return x.add(image ? shift.tensor().view(-1, 1, 1) : shift.tensor());
    }
  }

  private static final class PlainProduct extends Module {
    private final long heads;
    private final Parameter query;
    private final Parameter key;
    private final PlainStatsQ quantizer;

    PlainProduct(QueryKeyProduct product) {
      heads = product.heads();
      Map<String, Parameter> there = product.namedParameters();
      query = parameter("query", there.get("query").tensor().detach().clone());
      key = parameter("key", there.get("key").tensor().detach().clone());
      quantizer = new PlainStatsQ(product.quantizedWeight().orElseThrow());
    }

    @Override
    public Tensor forward(Tensor input) {
      long size = input.size(2);
      Tensor q = query.tensor().view(heads, -1, size);
      Tensor k = key.tensor().view(heads, -1, size);
      Tensor product = q.transpose(-2, -1).matmul(k).reshape(-1, size);
      return torch.linear(input, quantizer.forward(product));
    }
  }

  /** A leaf that gradients flow to, for measuring one quantizer. */
  static Tensor leaf(Tensor value) {
    Tensor leaf = Scope.keep(value.detach().clone());
    leaf.set_requires_grad(true);
    return leaf;
  }
}
