package io.github.steelyard.robust;

import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The samples that a run still works on. Broken ones leave it, a tenth of them or more at a time:
 * what remains to be done becomes cheaper, and copying is not worth it for single samples.
 */
final class OpenSamples {
  private static final double LEAST_SHARE = 0.1;

  private final Target whole;
  private final Findings findings;
  private Target target;
  private Tensor indices;
  private Tensor broken;
  private long gone;

  OpenSamples(Target whole) {
    this.whole = whole;
    findings = new Findings(whole);
    target = whole;
    indices = torch.arange(new Scalar(whole.size())).to(whole.labels().device(), ScalarType.Long);
    broken = torch.zeros_like(whole.labels()).to(ScalarType.Bool);
  }

  /** The samples that the run's tensors are of. */
  Target target() {
    return target;
  }

  /** Notes the changes that break samples for the first time. */
  void take(Tensor change, Tensor logits) {
    keep(change, target.broken(logits));
  }

  /** Notes which changes break samples. */
  void keep(Tensor change, Tensor breaks) {
    Tensor fresh = breaks.logical_and(broken.logical_not()).nonzero().reshape(-1);
    if (fresh.numel() > 0) {
      gone += fresh.numel();
      findings.mark(
          indices.index_select(0, fresh),
          change.index_select(0, fresh),
          breaks.index_select(0, fresh));
      broken.logical_or_(breaks);
    }
  }

  boolean isEmpty() {
    return gone == target.size();
  }

  /**
   * Leaves broken samples out, if there are many.
   *
   * @return which rows of the run's tensors are kept; none if all are
   */
  Optional<Tensor> shrink() {
    if (gone == target.size() || gone < LEAST_SHARE * target.size() || gone == 0) {
      return Optional.empty();
    }
    Tensor kept = broken.logical_not().nonzero().reshape(-1);
    target = target.select(kept);
    gone = 0;
    indices = indices.index_select(0, kept);
    broken = broken.index_select(0, kept);
    return Optional.of(kept);
  }

  /** The change that broke each sample of the whole target; for others the one given. */
  Tensor finish(Tensor change) {
    Tensor all = whole.none().index_copy(0, indices, change);
    return findings.orElse(all);
  }
}
