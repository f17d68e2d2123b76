package io.github.steelyard.robust;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * What an attack maximizes, for logits z, label y and the sorted logits z_(1) &gt;= z_(2) &gt;= ...
 */
public enum AttackLoss {
  /** The cross-entropy, {@code -log softmax(z)_y}. */
  CROSS_ENTROPY {
    @Override
    public Tensor of(Tensor logits, Tensor labels) {
      return torch.cross_entropy_loss(logits, labels, new TensorOptional(), 0, -100, 0);
    }
  },
  /** The margin of Carlini and Wagner (S&amp;P 2017), {@code max_{i != y} z_i - z_y}. */
  MARGIN {
    @Override
    public Tensor of(Tensor logits, Tensor labels) {
      return bestOther(logits, labels).sub(own(logits, labels));
    }
  },
  /**
   * The difference of logits ratio (Croce and Hein, ICML 2020), {@code (max_{i != y} z_i - z_y) /
   * (z_(1) - z_(3))}: unlike the cross-entropy it does not change when logits are scaled, so that
   * large logits cannot hide the gradient. Needs three classes.
   */
  DLR {
    @Override
    public Tensor of(Tensor logits, Tensor labels) {
      requireClasses(logits, 3, "the DLR loss", "APGD-CE");
      Tensor sorted = logits.sort(1, true).get0();
      Tensor spread = sorted.select(1, 0).sub(sorted.select(1, 2)).add(new Scalar(TINY));
      return MARGIN.of(logits, labels).div(spread);
    }
  };

  private static final double TINY = 1e-12;

  /**
   * The loss of each sample.
   *
   * @param logits float [n, classes]
   * @param labels class indices, int64 [n]
   * @return [n], with gradients recorded
   * @throws IllegalArgumentException if there are too few classes
   */
  public abstract Tensor of(Tensor logits, Tensor labels);

  /**
   * The targeted form of {@link #DLR}: {@code (z_t - z_y) / (z_(1) - (z_(3) + z_(4)) / 2)}. Needs
   * four classes.
   */
  static Tensor targetedDlr(Tensor logits, Tensor labels, Tensor targets) {
    requireClasses(logits, 4, "the targeted DLR loss", "APGD-DLR or APGD-CE");
    Tensor sorted = logits.sort(1, true).get0();
    Tensor low = sorted.select(1, 2).add(sorted.select(1, 3)).mul(new Scalar(0.5));
    Tensor spread = sorted.select(1, 0).sub(low).add(new Scalar(TINY));
    return own(logits, targets).sub(own(logits, labels)).div(spread);
  }

  private static Tensor own(Tensor logits, Tensor labels) {
    return logits.gather(1, labels.unsqueeze(1)).squeeze(1);
  }

  private static Tensor bestOther(Tensor logits, Tensor labels) {
    return logits
        .scatter(1, labels.unsqueeze(1), new Scalar(Double.NEGATIVE_INFINITY))
        .amax(new long[] {1}, false);
  }

  private static void requireClasses(Tensor logits, long least, String loss, String instead) {
    if (logits.dim() != 2 || logits.size(1) < least) {
      throw new IllegalArgumentException(
          loss
              + " needs logits of at least "
              + least
              + " classes, but the model gives "
              + Arrays.toString(logits.shape())
              + "; use "
              + instead);
    }
  }
}
