package io.github.steelyard.robust;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** {@link Square}'s changes for L-infinity: stripes, then squares, of plus or minus epsilon. */
final class SquareSigns implements Square.Moves {

  @Override
  public Tensor start(Target target) {
    Windows image = Windows.of(target);
    Tensor stripes =
        image
            .signs(image.channels(), 1, image.width())
            .expand(target.size(), image.channels(), image.height(), image.width());
    return image.change(stripes).mul(new Scalar(target.epsilon()));
  }

  @Override
  public Tensor next(Target target, Tensor from, double share) {
    Windows image = Windows.of(target);
    long side = Math.max(1, Math.round(Math.sqrt(share * image.height() * image.width())));
    Tensor window = image.random(Math.min(side, image.height()), Math.min(side, image.width()));
    Tensor values = image.signs(image.channels(), 1).mul(new Scalar(target.epsilon()));
    return image.change(image.pixels(from).scatter(2, window, values.expand_as(window)));
  }
}
