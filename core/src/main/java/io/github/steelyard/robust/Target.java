package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * What an {@link Attack} works on: a model, samples and the changes that are allowed. Changes
 * ("perturbations") are tensors of the inputs' shape in seen units, before normalization.
 *
 * <p>Every method that runs the model frees what the run made. The caller holds the model in
 * evaluation mode.
 */
public final class Target {
  private static final double TINY = 1e-12;

  private final InputGradients passes;
  private final ThreatModel threat;
  private final Tensor inputs;
  private final Tensor labels;
  private final Tensor lowest;
  private final Tensor highest;
  private final Tensor deviation;
  private final Draws draws;
  private final int eot;

  /** The clean logits, once something has asked for them; released with the asker's scope. */
  private Tensor clean;

  Target(Module model, Batch batch, ThreatModel threat, Draws draws) {
    this.threat = threat;
    this.draws = draws;
    eot = 1;
    inputs = ChannelsLast.of(batch.inputs().detach());
    labels = batch.targets();
    deviation = threat.domain().deviation(inputs);
    passes = new InputGradients(model, deviation);
    Tensor seen = threat.domain().seen(inputs);
    // What bounds single values; the L2 norm does not.
    double each = threat.norm() == Norm.LINF ? threat.epsilon() : Double.POSITIVE_INFINITY;
    lowest = threat.domain().lowest(seen, each);
    highest = threat.domain().highest(seen, each);
  }

  private Target(Target whole, Tensor indices) {
    clean = whole.isCleanKnown() ? whole.clean.index_select(0, indices) : null;
    passes = whole.passes;
    threat = whole.threat;
    draws = whole.draws.select(indices);
    eot = whole.eot;
    inputs = ChannelsLast.of(whole.inputs.index_select(0, indices));
    labels = whole.labels.index_select(0, indices);
    lowest = whole.lowest.index_select(0, indices);
    highest = whole.highest.index_select(0, indices);
    deviation = whole.deviation;
  }

  private Target(Target other, Draws draws, int eot) {
    clean = other.clean;
    passes = other.passes;
    threat = other.threat;
    this.draws = draws;
    this.eot = eot;
    inputs = other.inputs;
    labels = other.labels;
    lowest = other.lowest;
    highest = other.highest;
    deviation = other.deviation;
  }

  /** The same samples with other random numbers. */
  Target with(Draws others) {
    return new Target(this, others, eot);
  }

  /**
   * The same samples, with gradients, losses and logits of {@link #gradient} averaged over several
   * passes: the expectation over transformations (Athalye, Engstrom, Ilyas and Kwok, ICML 2018) of
   * a network that draws random numbers.
   *
   * @param iterations passes for each gradient, at least 1
   * @return a target of the same samples
   * @throws IllegalArgumentException if {@code iterations} is below 1
   */
  public Target averaged(int iterations) {
    return new Target(this, draws, (int) Checks.atLeast(1, iterations, "an attack", "eot"));
  }

  /**
   * Some of the samples.
   *
   * @param indices which, int64 [k]
   * @return a target of k samples
   */
  public Target select(Tensor indices) {
    return new Target(this, indices);
  }

  /**
   * The number of samples.
   *
   * @return at least 0
   */
  public long size() {
    return inputs.size(0);
  }

  /**
   * The shape of the inputs and of every perturbation.
   *
   * @return the sizes, a new array
   */
  public long[] shape() {
    return inputs.shape();
  }

  /** One value for each sample, in a shape that spreads over the inputs. */
  Tensor perSample(Tensor values) {
    return Norm.spread(values, inputs);
  }

  /**
   * The true classes.
   *
   * @return int64 [n]
   */
  public Tensor labels() {
    return labels;
  }

  /**
   * The largest change, measured in {@link #norm}.
   *
   * @return at least 0
   */
  public double epsilon() {
    return threat.epsilon();
  }

  /**
   * How changes are measured.
   *
   * @return the threat model's norm
   */
  public Norm norm() {
    return threat.norm();
  }

  /** How far each value may fall, at most 0, and rise, at least 0, without leaving the range. */
  List<Tensor> range() {
    Tensor seen = threat.domain().seen(inputs);
    return List.of(
        threat.domain().lowest(seen, Double.POSITIVE_INFINITY),
        threat.domain().highest(seen, Double.POSITIVE_INFINITY));
  }

  /**
   * No change.
   *
   * @return zeros of the inputs' shape
   */
  public Tensor none() {
    return torch.zeros_like(inputs);
  }

  /**
   * A change drawn uniformly from the ball, clipped to what is allowed. Drawn on the processor, so
   * that it is the same on every device.
   *
   * @return a new perturbation
   */
  public Tensor random() {
    if (norm() == Norm.LINF) {
      return clip(like(draws.uniform(shape())).mul(new Scalar(epsilon())));
    }
    double values = Math.max(1, none().numel() / Math.max(1, size()));
    Tensor radius = uniform().add(new Scalar(1.0)).mul(new Scalar(0.5)).pow(new Scalar(1 / values));
    return clip(border().mul(perSample(radius)));
  }

  /** A random direction, stretched to the border of the ball. */
  Tensor border() {
    Tensor direction = norm() == Norm.LINF ? draws.uniform(shape()) : draws.normal(shape());
    Tensor own = like(direction);
    return own.div(perSample(norm().of(own))).mul(new Scalar(epsilon()));
  }

  /**
   * Random numbers of each sample. In a measurement they depend on the seed, the attack and the
   * sample only, not on the samples beside it.
   *
   * @param shape of one sample's numbers; empty for one number each
   * @return uniform in [-1, 1), [n, shape], of the inputs' type and device
   */
  public Tensor uniform(long... shape) {
    long[] whole = new long[shape.length + 1];
    whole[0] = size();
    System.arraycopy(shape, 0, whole, 1, shape.length);
    return Scope.computeWithoutGradient(() -> like(draws.uniform(whole)));
  }

  private Tensor like(Tensor drawn) {
    return ChannelsLast.of(drawn.to(inputs.device(), inputs.scalar_type()));
  }

  /**
   * An allowed change near a change: scaled into the ball where the norm is L2, then cut to the
   * valid range. For L-infinity it is the nearest one; an allowed change stays as it is.
   *
   * @param perturbation any change
   * @return a new tensor
   */
  public Tensor clip(Tensor perturbation) {
    return clipInPlace(perturbation.clone());
  }

  /** Like {@link #clip}, of a tensor that may be changed. */
  Tensor clipInPlace(Tensor perturbation) {
    if (norm() == Norm.L2) {
      Tensor length = norm().of(perturbation).clamp_min_(new Scalar(TINY));
      Tensor factor = length.reciprocal().mul_(new Scalar(epsilon())).clamp_max_(new Scalar(1.0));
      perturbation.mul_(perSample(factor));
    }
    return perturbation.clamp_(new TensorOptional(lowest), new TensorOptional(highest));
  }

  /** Moves a change along a direction, which is overwritten, and clips it; in its own memory. */
  void move(Tensor perturbation, Tensor direction, Scalar step) {
    clipInPlace(perturbation.add_(direction.mul_(step)));
  }

  /**
   * The model's inputs with a change; without one ({@link #none}) exactly the clean ones.
   *
   * @param perturbation a change
   * @return inputs for the model
   */
  public Tensor inputs(Tensor perturbation) {
    return inputs.addcdiv(perturbation, deviation);
  }

  /**
   * What the model says about changed samples.
   *
   * @param perturbation a change
   * @return logits [n, classes], without gradients
   */
  public Tensor logits(Tensor perturbation) {
    return Scope.computeWithoutGradient(() -> passes.logits(inputs(perturbation)));
  }

  /**
   * The gradient of a loss with respect to seen values.
   *
   * @param perturbation where
   * @param loss each sample's loss [n], or a scalar, of logits [n, classes]
   * @return the gradient, of the inputs' shape; the losses; the logits
   * @throws IllegalArgumentException if the model has no gradient with respect to its input
   */
  public List<Tensor> gradient(Tensor perturbation, UnaryOperator<Tensor> loss) {
    List<Tensor> sum = passes.gradient(inputs(perturbation), loss);
    if (eot == 1) {
      return sum;
    }
    for (int i = 1; i < eot; i++) {
      Scope.withoutGradient(
          () -> {
            List<Tensor> more = passes.gradient(inputs(perturbation), loss);
            for (int part = 0; part < more.size(); part++) {
              sum.get(part).add_(more.get(part));
            }
          });
    }
    sum.forEach(part -> part.div_(new Scalar((double) eot)));
    return sum;
  }

  /**
   * The gradients of several losses after one forward pass; each is released when it was visited.
   */
  void gradients(
      Tensor perturbation,
      int count,
      BiFunction<Tensor, Integer, Tensor> loss,
      InputGradients.Visitor visitor) {
    passes.gradients(inputs(perturbation), count, loss, visitor);
  }

  /** What the model says about the samples; computed once for them and for selections of them. */
  Tensor clean() {
    if (!isCleanKnown()) {
      clean = logits(none());
    }
    return clean;
  }

  private boolean isCleanKnown() {
    return clean != null && !clean.isNull();
  }

  /** How many classes the model tells apart. */
  long classes() {
    return clean().size(1);
  }

  /** So many classes to aim at, or all but the label's where there are no more. */
  int targetClasses(int most) {
    return (int) Math.min(most, classes() - 1);
  }

  /** Each sample's class of a rank by its clean logits; 0 is the largest, the label. */
  Tensor ranked(long rank) {
    Tensor known = clean(); // Outside of the scope, which would release it.
    return Scope.computeWithoutGradient(
        () -> torch.argsort(known, 1, true).select(1, rank).contiguous());
  }

  /**
   * Which samples are taken for another class.
   *
   * @param logits [n, classes]
   * @return truth values [n]; a sample whose logits are not a number counts as taken for another
   */
  public Tensor broken(Tensor logits) {
    return Scope.computeWithoutGradient(
        () -> {
          // The largest is not a number where any is none.
          T_TensorTensor_T largest = logits.max(1, false);
          return largest.get1().ne(labels).logical_or_(largest.get0().isnan());
        });
  }

  /** How many samples a mask holds. */
  static long count(Tensor mask) {
    return torch.sum(mask).item_long();
  }
}
