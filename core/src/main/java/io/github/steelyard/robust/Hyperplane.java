package io.github.steelyard.robust;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The smallest steps onto hyperplanes within boxes, FAB's projection (Croce and Hein, ICML 2020,
 * arXiv 1907.02044, section 2.1): for each row the d of smallest norm with
 *
 * <pre>
 * w · d + c = 0   and   low &lt;= d &lt;= high,   where low &lt;= 0 &lt;= high
 * </pre>
 *
 * <p>All values move together until one after another meets its bound. With room_i how far value i
 * may go, it goes min(t · v_i, room_i): v_i = 1 for L-infinity, v_i = |w_i| for L2. What is left of
 * |c| falls piecewise linearly in t, so sorting the t at which values meet their bounds gives the t
 * where nothing is left. Where the hyperplane misses the box all values go to their bounds.
 *
 * <p>Cost: a sort of each row, in double precision.
 */
final class Hyperplane {
  private Hyperplane() {}

  /**
   * The steps.
   *
   * @param norm what is smallest
   * @param w normals [n, d]
   * @param c what is to be compensated [n]
   * @param low the lowest steps [n, d], at most 0
   * @param high the highest steps [n, d], at least 0
   * @return [n, d], of w's type
   */
  static Tensor step(Norm norm, Tensor w, Tensor c, Tensor low, Tensor high) {
    Tensor normal = w.to(ScalarType.Double);
    Tensor constant = c.to(ScalarType.Double).unsqueeze(1);
    Tensor direction = normal.sign().mul(constant.sign()).neg();
    Tensor room = torch.where(direction.gt(new Scalar(0.0)), high, low.neg()).to(ScalarType.Double);
    Tensor size = normal.abs();
    Tensor needed = constant.abs();

    Tensor speed = norm == Norm.L2 ? size : torch.ones_like(size);
    Tensor still = size.eq(new Scalar(0.0));
    Tensor meets = room.div(speed).masked_fill(still, new Scalar(0.0));
    Tensor gain = size.mul(speed);

    Tensor order = meets.argsort(1, false);
    Tensor t = meets.gather(1, order);
    Tensor saturated = size.mul(room).gather(1, order).cumsum(1);
    Tensor gains = gain.gather(1, order).cumsum(1);
    Tensor total = gains.narrow(1, gains.size(1) - 1, 1);
    Tensor compensated = saturated.add(t.mul(total.sub(gains)));

    Tensor met = compensated.lt(needed).sum(1).unsqueeze(1);
    Tensor before = met.sub(new Scalar(1)).clamp_min(new Scalar(0));
    Tensor any = met.gt(new Scalar(0)).to(ScalarType.Double);
    Tensor rest = needed.sub(saturated.gather(1, before).mul(any));
    Tensor moving = total.sub(gains.gather(1, before).mul(any));
    Tensor last = t.narrow(1, t.size(1) - 1, 1);
    Tensor misses = met.ge(new Scalar(t.size(1)));
    // Within rounding nothing moves any more where all have met their bounds.
    Tensor exact = rest.div(moving.clamp_min(new Scalar(Double.MIN_NORMAL))).minimum(last);
    Tensor time = torch.where(misses, last, exact);
    return direction.mul(time.mul(speed).minimum(room)).to(w.scalar_type());
  }
}
