package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One start of {@link Apgd}; letters as in the paper's Algorithm 1. */
final class ApgdRun {
  private static final double MOMENTUM = 0.75;
  private static final double THRESHOLD = 0.75;

  private final Target target;
  private final int steps;
  private final BinaryOperator<Tensor> loss;
  private final Findings findings;
  private final Tensor x;
  private final Tensor previous;
  private final Tensor gradient;
  private final Tensor best;
  private final Tensor bestGradient;
  private final Tensor bestLoss;
  private final Tensor lastLoss;
  private final Tensor step;
  private final Tensor rises;
  private final Tensor bestAtCheck;
  private final Tensor halvedAtCheck;

  ApgdRun(Target target, int steps, BinaryOperator<Tensor> loss) {
    this.target = target;
    this.steps = steps;
    this.loss = loss;
    findings = new Findings(target);
    x = start();
    List<Tensor> first = evaluate();
    previous = x.clone();
    best = x.clone();
    gradient = first.get(0).clone();
    bestGradient = gradient.clone();
    bestLoss = first.get(1).clone();
    lastLoss = bestLoss.clone();
    bestAtCheck = bestLoss.clone();
    step = torch.full_like(perSample(bestLoss), new Scalar(2 * target.epsilon()));
    rises = torch.zeros_like(bestLoss);
    halvedAtCheck = torch.ones_like(bestLoss).to(ScalarType.Bool);
  }

  /** A random direction, stretched until its largest component is epsilon. */
  private Tensor start() {
    Tensor direction = target.uniform(target.shape());
    Tensor largest = perSample(direction.abs().flatten(1, -1).amax(new long[] {1}, false));
    return target.clip(direction.div(largest).mul(new Scalar(target.epsilon())));
  }

  private List<Tensor> evaluate() {
    List<Tensor> found = target.gradient(x, logits -> loss.apply(logits, target.labels()));
    findings.take(x, found.get(2));
    return found;
  }

  Tensor perturb() {
    double share = Math.max(0.22 * steps, 1);
    int interval = (int) share;
    int sinceCheck = 0;
    for (int k = 0; k < steps; k++) {
      boolean first = k == 0;
      Scope.withoutGradient(() -> move(first));
      sinceCheck++;
      if (sinceCheck == interval) {
        int checked = interval;
        Scope.withoutGradient(() -> check(checked));
        sinceCheck = 0;
        interval =
            Math.max(interval - (int) Math.max(0.03 * steps, 1), (int) Math.max(0.06 * steps, 1));
      }
    }
    return findings.orElse(best);
  }

  private void move(boolean first) {
    double a = first ? 1 : MOMENTUM;
    Tensor z = target.clip(x.add(gradient.sign().mul(step)));
    Tensor next =
        target.clip(x.add(z.sub(x).mul(new Scalar(a))).add(x.sub(previous).mul(new Scalar(1 - a))));
    previous.copy_(x);
    x.copy_(next);
    List<Tensor> found = evaluate();
    gradient.copy_(found.get(0));
    Tensor losses = found.get(1);
    Tensor better = losses.gt(bestLoss);
    best.copy_(torch.where(perSample(better), x, best));
    bestGradient.copy_(torch.where(perSample(better), gradient, bestGradient));
    bestLoss.copy_(torch.where(better, losses, bestLoss));
    rises.add_(losses.gt(lastLoss));
    lastLoss.copy_(losses);
  }

  /** Halves the step of each sample whose loss rose too seldom, or not at all since the last. */
  private void check(int interval) {
    Tensor seldom = rises.le(new Scalar(THRESHOLD * interval));
    Tensor stuck = halvedAtCheck.logical_not().logical_and(bestAtCheck.ge(bestLoss));
    Tensor halved = seldom.logical_or(stuck);
    Tensor where = perSample(halved);
    step.copy_(torch.where(where, step.mul(new Scalar(0.5)), step));
    x.copy_(torch.where(where, best, x));
    gradient.copy_(torch.where(where, bestGradient, gradient));
    halvedAtCheck.copy_(halved);
    bestAtCheck.copy_(bestLoss);
    rises.zero_();
  }

  private Tensor perSample(Tensor values) {
    return target.perSample(values);
  }
}
