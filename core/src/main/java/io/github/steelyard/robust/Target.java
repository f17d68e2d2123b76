package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What an {@link Attack} works on: a model, samples and the changes that are allowed. Changes
 * ("perturbations") are tensors of the inputs' shape in seen units, before normalization.
 *
 * <p>Every method that runs the model frees what the run made. The caller holds the model in
 * evaluation mode.
 */
public final class Target {
  private final Module model;
  private final ThreatModel threat;
  private final Tensor inputs;
  private final Tensor labels;
  private final Tensor lowest;
  private final Tensor highest;
  private final GeneratorOptional generator;

  Target(Module model, Batch batch, ThreatModel threat, GeneratorOptional generator) {
    this.model = model;
    this.threat = threat;
    this.generator = generator;
    inputs = batch.inputs().detach();
    labels = batch.targets();
    Tensor seen = threat.domain().seen(inputs);
    lowest = threat.domain().lowest(seen, threat.epsilon());
    highest = threat.domain().highest(seen, threat.epsilon());
  }

  private Target(Target whole, Tensor indices) {
    model = whole.model;
    threat = whole.threat;
    generator = whole.generator;
    inputs = whole.inputs.index_select(0, indices);
    labels = whole.labels.index_select(0, indices);
    lowest = whole.lowest.index_select(0, indices);
    highest = whole.highest.index_select(0, indices);
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
    long[] shape = new long[(int) inputs.dim()];
    Arrays.fill(shape, 1);
    shape[0] = size();
    return values.reshape(shape);
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
   * The largest change of a seen value.
   *
   * @return at least 0
   */
  public double epsilon() {
    return threat.epsilon();
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
   * A change drawn uniformly from those allowed. Drawn on the processor, so that it is the same on
   * every device.
   *
   * @return a new perturbation
   */
  public Tensor random() {
    return clip(uniform(shape()).mul(new Scalar(epsilon())));
  }

  /**
   * Random numbers from this attack's generator.
   *
   * @param shape the shape
   * @return uniform in [-1, 1), of the inputs' type and device
   */
  public Tensor uniform(long... shape) {
    return Scope.computeWithoutGradient(
        () ->
            torch
                .empty(shape)
                .uniform_(-1, 1, generator)
                .to(inputs.device(), inputs.scalar_type()));
  }

  /**
   * The nearest allowed change.
   *
   * @param perturbation any change
   * @return a new tensor
   */
  public Tensor clip(Tensor perturbation) {
    return perturbation.maximum(lowest).minimum(highest);
  }

  /**
   * The model's inputs with a change; without one ({@link #none}) exactly the clean ones.
   *
   * @param perturbation a change
   * @return inputs for the model
   */
  public Tensor inputs(Tensor perturbation) {
    return inputs.add(threat.domain().toInputs(perturbation));
  }

  /**
   * What the model says about changed samples.
   *
   * @param perturbation a change
   * @return logits [n, classes], without gradients
   */
  public Tensor logits(Tensor perturbation) {
    return Scope.computeWithoutGradient(() -> checked(model.forward(inputs(perturbation))));
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
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(true);
    try {
      return Scope.compute(
          () -> {
            Tensor at = inputs(perturbation).detach();
            at.set_requires_grad(true);
            Tensor logits = checked(model.forward(at));
            Tensor losses = loss.apply(logits);
            Tensor gradient = gradient(losses, at);
            return List.of(
                threat.domain().gradientToSeen(gradient), losses.detach(), logits.detach());
          });
    } finally {
      GradMode.set_enabled(before);
    }
  }

  private Tensor gradient(Tensor losses, Tensor at) {
    Tensor gradient = null;
    if (losses.requires_grad()) {
      gradient =
          torch
              .grad(
                  new TensorVector(losses.sum()),
                  new TensorVector(at),
                  new TensorVector(),
                  new BoolOptional(),
                  false,
                  true)
              .get(0);
    }
    if (gradient == null || !gradient.defined()) {
      throw new IllegalArgumentException(
          model
              + " gives no gradient with respect to its input (was it converted to integers?), so"
              + " attacks that follow gradients cannot measure it; use the Square attack only, or"
              + " attack the model before it was converted");
    }
    return gradient.detach();
  }

  private Tensor checked(Tensor logits) {
    if (logits.dim() != 2 || logits.size(0) != size()) {
      throw new IllegalArgumentException(
          "an attack needs a classifier with logits [n, classes], but "
              + model
              + " gives "
              + Arrays.toString(logits.shape())
              + " for "
              + size()
              + " samples");
    }
    return switch (logits.scalar_type().intern()) {
      case BFloat16, Half -> logits.to(ScalarType.Float);
      default -> logits;
    };
  }

  /**
   * Which samples are taken for another class.
   *
   * @param logits [n, classes]
   * @return truth values [n]; a sample whose logits are not a number counts as taken for another
   */
  public Tensor broken(Tensor logits) {
    return Scope.computeWithoutGradient(
        () ->
            logits.argmax(new LongOptional(1), false).ne(labels).logical_or(logits.isnan().any(1)));
  }
}
