package com.example.balanced;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.incremental.Corrections;
import io.github.steelyard.incremental.ReadOuts;
import io.github.steelyard.incremental.Restrictions;
import io.github.steelyard.incremental.Strategy;
import io.github.steelyard.incremental.StrategyProvider;
import io.github.steelyard.incremental.TrainingSamples;
import io.github.steelyard.nn.Module;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Replay with the logit-adjusted loss (Menon et al., "Long-tail learning via logit adjustment",
 * ICLR 2021, arXiv 2007.07314): few exemplars of an old class count as much as many samples of a
 * new one.
 *
 * <pre>
 * L = -log softmax(o + log pi)_y,   pi_k = share of class k among the samples of the step
 * </pre>
 *
 * <p>A foreign strategy in one file: everything but the loss is ours.
 */
public final class LogitAdjustment implements StrategyProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public LogitAdjustment() {}

  @Override
  public List<Strategy> strategies() {
    return List.of(
        new Strategy(
            "logit_adjustment",
            "replay whose loss makes up for the few exemplars of old classes",
            "Menon et al., Long-tail learning via logit adjustment, ICLR 2021",
            TrainingSamples.NEW_AND_EXEMPLARS,
            step -> new AdjustedLoss(priors(step.training(), step.classes().size())),
            Restrictions.NONE,
            Corrections.NONE,
            ReadOuts.SOFTMAX));
  }

  /** The share of each class, by row of the last layer. */
  static float[] priors(Dataset training, int classes) {
    float[] priors = new float[classes];
    for (int i = 0; i < training.size(); i++) {
      priors[training.label(i)] += 1f / training.size();
    }
    return priors;
  }

  /** The loss of one step. */
  static final class AdjustedLoss implements Loss {
    private final float[] priors;
    private final CrossEntropy crossEntropy = new CrossEntropy();

    AdjustedLoss(float[] priors) {
      this.priors = priors;
    }

    @Override
    public LossValue compute(Module model, Batch batch) {
      Tensor logits = model.forward(batch.inputs());
      Tensor shift = torch.tensor(priors).log().to(logits.device(), logits.scalar_type());
      return new LossValue(crossEntropy.of(logits.add(shift), batch), logits);
    }
  }
}
