package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.export.GraphIntegers;
import io.github.steelyard.runtime.Scope;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The product of a quantized linear layer with integers, made once from its weight. */
final class IntegerLinear {
  private final ActivationQuantizer quantizer;
  private final int zero;
  private final int highest;
  private final Tensor weight;
  private final Tensor columns;
  private final Tensor zeros;
  private final Optional<Tensor> bias;

  private IntegerLinear(
      ActivationQuantizer quantizer, IntegerWeight integers, Optional<Tensor> bias) {
    this.quantizer = quantizer;
    zero = -quantizer.quantizer().lowest();
    highest = quantizer.quantizer().highest() + zero;
    weight = IntegerKernel.pack(integers.numbers().contiguous());
    columns = integers.scale();
    zeros = torch.zeros(columns.numel()).to(ScalarType.Long);
    Optional<Tensor> moved =
        quantizer
            .shiftAfter()
            .map(Parameter::value)
            .map(after -> integers.numbers().to(after.dtype()).matmul(after).mul(columns));
    this.bias =
        bias.isPresent() && moved.isPresent()
            ? Optional.of(bias.get().add(moved.get()))
            : bias.or(() -> moved);
  }

  /**
   * Empty if the layer's input or weight is no integers of a byte, or not float32 on the processor.
   *
   * @throws IllegalArgumentException if a sum can leave the range of 32 bits
   */
  static Optional<IntegerLinear> of(
      Module input, Optional<IntegerWeight> integers, Optional<Parameter> bias) {
    Optional<ActivationQuantizer> quantizer = IntegerInput.quantizer(input);
    if (quantizer.isEmpty()
        || integers.isEmpty()
        || integers.get().scale().is_cuda()
        || integers.get().scale().scalar_type().intern() != ScalarType.Float) {
      return Optional.empty();
    }
    Lsq lsq = quantizer.get().quantizer();
    GraphIntegers.requireSum(
        integers.get().numbers().size(1),
        Math.max(-lsq.lowest(), lsq.highest()),
        integers.get().magnitude());
    IntegerLinear[] made = new IntegerLinear[1];
    Scope.withoutGradient(
        () -> {
          made[0] =
              new IntegerLinear(quantizer.get(), integers.get(), bias.map(b -> b.value().detach()));
          Scope.keep(made[0].weight);
          Scope.keep(made[0].columns);
          Scope.keep(made[0].zeros);
          made[0].bias.ifPresent(Scope::keep);
        });
    return Optional.of(made[0]);
  }

  /** The product; empty for an input that is not finite, of which integers know nothing. */
  Optional<Tensor> forward(Tensor input) {
    Lsq lsq = quantizer.quantizer();
    lsq.requireFits(input);
    Tensor steps = lsq.stepOf(input.shape());
    Tensor ratio =
        quantizer
            .shiftBefore()
            .map(before -> input.add(quantizer.broadcast(before.value())).div_(steps))
            .orElseGet(() -> input.div(steps));
    if (input.numel() == 0 || !Double.isFinite(ratio.sum().item_double())) {
      return Optional.empty();
    }
    Tensor levels =
        torch
            .quantize_per_tensor(ratio, 1.0, zero, ScalarType.QUInt8)
            .int_repr()
            .clamp_max_(new Scalar(highest));
    if (steps.numel() == 1) {
      Tensor scale = columns.mul(steps.reshape());
      return Optional.of(product(levels, scale, bias.orElse(null)));
    }
    Tensor sums = product(levels, columns, null);
    return Optional.of(
        bias.map(b -> torch.addcmul(b, sums, steps)).orElseGet(() -> sums.mul_(steps)));
  }

  private Tensor product(Tensor levels, Tensor scale, Tensor added) {
    return IntegerKernel.product(levels, zero, weight, scale, zeros, added);
  }
}
