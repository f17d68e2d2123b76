package io.github.steelyard.robust;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.AdversarialConfiguration.Kind;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The loss at attacked samples, for training a robust classifier. With the cross-entropy CE, the
 * model f, samples x of labels y and changes d with |d| &lt;= epsilon in the valid range:
 *
 * <pre>
 * PGD:    CE(f(x + d), y),  d maximizes CE(f(x + d), y) by PGD from a uniform random start
 * TRADES: CE(f(x), y) + beta · KL(softmax f(x) || softmax f(x + d)),
 *         d maximizes that KL by PGD from 0.001 · N(0, 1); both KLs with gradients through f(x) in
 *         the loss, not in the attack
 * </pre>
 *
 * <p>Papers: Madry et al., "Towards deep learning models resistant to adversarial attacks", ICLR
 * 2018; Zhang et al., "Theoretically principled trade-off between robustness and accuracy", ICML
 * 2019. {@link AdversarialConfiguration.Kind#TRADES_PUBLISHED} is that of the authors' code and
 * differs in the start alone: it is not brought into the valid range before the first step. The
 * clean prediction, which that code computes again in every step, is computed once: in evaluation
 * mode it is the same, bit for bit, and a step of the attack costs a quarter less.
 *
 * <p>While it looks for d the model is in evaluation mode, so that batch statistics are neither
 * used nor moved; the loss itself is computed in the mode that the caller chose. Random starts come
 * from libtorch's processor generator on every device, whose state is in each checkpoint: a resumed
 * run attacks as an uninterrupted one. Targets may be class indices or probabilities. With class
 * weights, each sample counts in TRADES' second term as in the first.
 *
 * <p>Cost: a forward and a backward pass for each step of the attack, besides those of training;
 * with ten steps eleven times a plain step. The logits for metrics are those at attacked samples
 * (PGD) or clean ones (TRADES).
 */
public final class AdversarialLoss implements Loss {
  private static final double TRADES_START = 0.001;

  private final AdversarialConfiguration configuration;
  private final ThreatModel threat;
  private final CrossEntropy base;

  /**
   * Creates the loss.
   *
   * @param configuration which loss, and the attack's numbers
   * @param domain how the model's inputs come from seen values
   * @param base the cross-entropy, with or without label smoothing
   * @throws IllegalArgumentException if epsilon is larger than the inputs' range
   */
  public AdversarialLoss(
      AdversarialConfiguration configuration, InputDomain domain, CrossEntropy base) {
    this.configuration = configuration;
    this.threat = new ThreatModel(configuration.epsilon(), domain);
    this.base = base;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the model gives no gradient with respect to its input, or
   *     logits and targets do not fit
   */
  @Override
  public LossValue compute(Module model, Batch batch) {
    return switch (configuration.adversarial()) {
      case PGD -> pgd(model, batch);
      case TRADES, TRADES_PUBLISHED -> {
        Tensor noise =
            Scope.computeWithoutGradient(
                () -> torch.randn(batch.inputs().shape()).mul(new Scalar(TRADES_START)));
        yield trades(model, batch, attack(model, batch, noise));
      }
    };
  }

  private LossValue pgd(Module model, Batch batch) {
    Tensor attacked =
        attacked(model, batch, Target::random, target -> logits -> base.of(logits, batch));
    return base.compute(model, new Batch(attacked, batch.targets()));
  }

  /**
   * The samples that TRADES trains on, attacked from a given start.
   *
   * @param model the model; it is in evaluation mode meanwhile
   * @param batch inputs and targets
   * @param start the first change, in the inputs' shape and in seen units
   * @return attacked inputs, without gradients
   */
  public Tensor attack(Module model, Batch batch, Tensor start) {
    return attacked(
        model,
        batch,
        target -> {
          Tensor first = start.to(target.none().device(), target.none().scalar_type());
          return configuration.adversarial() == Kind.TRADES ? target.clip(first) : first.clone();
        },
        target -> {
          Tensor clean = logSoftmax(target.logits(target.none()));
          return logits -> divergence(clean, logSoftmax(logits)).mean();
        });
  }

  /**
   * The loss of TRADES at attacked samples.
   *
   * @param model the model, in the mode that the caller chose
   * @param batch inputs and targets
   * @param attacked what {@link #attack} gave
   * @return the loss, and the logits of the clean samples
   */
  public LossValue trades(Module model, Batch batch, Tensor attacked) {
    Tensor clean = model.forward(batch.inputs());
    Tensor other = model.forward(attacked);
    Tensor distance = base.mean(divergence(logSoftmax(clean), logSoftmax(other)), batch);
    Tensor loss = base.of(clean, batch).add(distance.mul(new Scalar(configuration.beta())));
    return new LossValue(loss, clean, base.weight(batch));
  }

  /** KL(p || q) of each sample. */
  private static Tensor divergence(Tensor logP, Tensor logQ) {
    return logP.exp().mul(logP.sub(logQ)).sum(1);
  }

  private static Tensor logSoftmax(Tensor logits) {
    // A softmax in half precision is too coarse.
    return switch (logits.scalar_type().intern()) {
      case BFloat16, Half -> torch.log_softmax(logits.to(ScalarType.Float), 1);
      default -> torch.log_softmax(logits, 1);
    };
  }

  private Tensor attacked(
      Module model,
      Batch batch,
      Function<Target, Tensor> start,
      Function<Target, UnaryOperator<Tensor>> objective) {
    return EvaluationMode.compute(
        model,
        () ->
            Scope.computeWithoutGradient(
                () -> {
                  Target target = new Target(model, batch, threat, Draws.shared());
                  UnaryOperator<Tensor> loss = objective.apply(target);
                  Tensor change = start.apply(target);
                  Scalar step = new Scalar(configuration.stepSize());
                  for (int i = 0; i < configuration.steps(); i++) {
                    Scope.run(
                        () -> {
                          Tensor gradient = target.gradient(change, loss).get(0);
                          target.move(change, gradient.sign(), step);
                        });
                  }
                  return target.inputs(change).contiguous();
                }));
  }

  @Override
  public String toString() {
    return "AdversarialLoss(" + configuration + ", " + base + ")";
  }
}
