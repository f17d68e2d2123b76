package io.github.steelyard.robust;

import io.github.steelyard.nn.Buffer;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Gates on the units of a weight: {@code value = v · z}, one {@link HardConcrete} z for each output
 * channel of a convolution or each input unit of a linear layer. In training z is a sample, in
 * evaluation mode its deterministic counterpart; a gate of 0 closes its unit.
 *
 * <p>The parameter {@code log_alpha} [units] is trained and saved with the model, under the name
 * {@code parametrizations.weight.<i>.log_alpha}. It is drawn from N(log((1 - p) / p), 0.01^2) with
 * the drop rate p.
 *
 * <p>A sample is drawn by {@link #draw()}, once a step, and stays until the next: a loss that runs
 * the network several times (as TRADES does) sees one network, and looking at a weight draws
 * nothing. (The code of TSCNC draws anew at each forward pass.) {@link GateTraining} draws before
 * each step of a Trainer; a loop of your own calls {@link #draw()}. Numbers come from libtorch's
 * processor generator, whose state is in each checkpoint, so that a resumed run continues bit for
 * bit.
 */
public final class HardConcreteGate extends Parametrization {
  private static final double DEVIATION = 0.01;

  /** What a gate opens and closes. */
  public enum Unit {
    /** An output channel: the first dimension of a weight. */
    OUTPUT_CHANNEL(0, "output channel"),
    /** An input unit: the second dimension of a weight. */
    INPUT_UNIT(1, "input unit");

    private final int dimension;
    private final String words;

    Unit(int dimension, String words) {
      this.dimension = dimension;
      this.words = words;
    }

    int dimension() {
      return dimension;
    }
  }

  private final HardConcrete distribution;
  private final Unit unit;
  private final Parameter logAlpha;
  private final Buffer uniform;

  /**
   * Gates with random parameters.
   *
   * @param units how many gates, at least 1
   * @param unit what they open and close
   * @param distribution the gates' distribution
   * @param dropRate p, about the probability that a gate closes at first; above 0 and below 1
   */
  public HardConcreteGate(long units, Unit unit, HardConcrete distribution, double dropRate) {
    this.distribution = distribution;
    this.unit = unit;
    double mean = Math.log((1 - dropRate) / dropRate);
    logAlpha =
        parameter(
            "log_alpha",
            Scope.computeWithoutGradient(
                () -> torch.empty(units).normal_(mean, DEVIATION, new GeneratorOptional())));
    uniform = temporaryBuffer("uniform", Scope.computeWithoutGradient(() -> torch.empty(units)));
    draw();
  }

  /** Draws the sample that training mode uses from now on. */
  public void draw() {
    Scope.withoutGradient(
        () -> {
          Tensor numbers = torch.empty(uniform.tensor().shape());
          numbers.uniform_(HardConcrete.MARGIN, 1 - HardConcrete.MARGIN, new GeneratorOptional());
          uniform.tensor().copy_(numbers);
        });
  }

  /**
   * Sets the numbers behind the sample that training mode uses from now on.
   *
   * @param numbers in [1e-6, 1 - 1e-6], one for each gate
   */
  public void draw(Tensor numbers) {
    Scope.withoutGradient(() -> uniform.tensor().copy_(numbers));
  }

  /** Brings the parameter back to [log 0.01, log 100]. */
  public void clamp() {
    Scope.withoutGradient(() -> HardConcrete.clamp(logAlpha.tensor()));
  }

  /**
   * The gates of the current mode.
   *
   * @return [units], in [0, 1], with gradients recorded
   */
  public Tensor gates() {
    return isTraining()
        ? distribution.sample(logAlpha.value(), uniform.tensor())
        : evaluationGates();
  }

  /**
   * The gates that evaluation mode uses.
   *
   * @return [units], in [0, 1], with gradients recorded
   */
  public Tensor evaluationGates() {
    return distribution.evaluationGate(logAlpha.value());
  }

  /**
   * How probable it is that each gate is open.
   *
   * @return [units], with gradients recorded
   */
  public Tensor probabilityOpen() {
    return distribution.probabilityOpen(logAlpha.value());
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the weight has another number of units
   */
  @Override
  public Tensor forward(Tensor value) {
    return value.mul(spread(gates(), value));
  }

  /** The weight with the gates of evaluation mode, whatever the mode. */
  Tensor evaluated(Tensor value) {
    return value.mul(spread(evaluationGates(), value));
  }

  private Tensor spread(Tensor gates, Tensor value) {
    if (value.dim() <= unit.dimension || value.size(unit.dimension) != gates.numel()) {
      throw new IllegalArgumentException(
          gates.numel()
              + " gates, one for each "
              + unit.words
              + ", do not fit a weight of shape "
              + Arrays.toString(value.shape()));
    }
    long[] shape = new long[(int) value.dim()];
    Arrays.fill(shape, 1);
    shape[unit.dimension] = gates.numel();
    return gates.reshape(shape);
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  /** What a gate closed stays closed. */
  @Override
  public boolean holdsZeros() {
    return true;
  }

  /**
   * The trained parameter.
   *
   * @return log alpha, [units]
   */
  public Parameter logAlpha() {
    return logAlpha;
  }

  /**
   * What each gate opens and closes.
   *
   * @return the unit
   */
  public Unit unit() {
    return unit;
  }

  /**
   * How many gates are open in evaluation mode.
   *
   * @return from 0 to their number
   */
  public long open() {
    return Scope.computeWithoutGradient(
        () -> evaluationGates().gt(new Scalar(0.0)).sum().item_long());
  }

  /**
   * The gates of a model.
   *
   * @param model a model or a part of one
   * @return a new map in the model's order, by the layer's path; empty if there are none
   */
  public static Map<String, HardConcreteGate> of(Module model) {
    Map<String, HardConcreteGate> found = new LinkedHashMap<>();
    LayerWeights.of(model)
        .forEach((path, weight) -> of(weight).ifPresent(gate -> found.put(path, gate)));
    return found;
  }

  /** The gates of a weight, if it has some. */
  static Optional<HardConcreteGate> of(Parameter weight) {
    return weight.parametrizations().stream()
        .filter(HardConcreteGate.class::isInstance)
        .map(HardConcreteGate.class::cast)
        .findFirst();
  }

  /** The weight as the gates find it. */
  static Tensor ungated(Parameter weight) {
    Tensor value = weight.tensor();
    for (Parametrization map : weight.parametrizations()) {
      if (map instanceof HardConcreteGate) {
        break;
      }
      value = map.forward(value);
    }
    return value;
  }

  @Override
  public String toString() {
    return "HardConcreteGate(" + logAlpha.tensor().numel() + ")";
  }
}
