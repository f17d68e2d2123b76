package io.github.steelyard.cli.run;

import io.github.steelyard.data.CenterCrop;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.RandomCrop;
import io.github.steelyard.data.RandomHorizontalFlip;
import io.github.steelyard.data.RandomResizedCrop;
import io.github.steelyard.data.Resize;
import java.util.List;
import java.util.Optional;

/**
 * The size at which a user's own pictures are trained and measured: that of the recipe's crop, or
 * of the pictures themselves where all are small squares of one size.
 *
 * @param height in pixels
 * @param width in pixels
 * @param interpolation of a resize
 */
record PictureSize(int height, int width, Interpolation interpolation) {
  /** STL-10's; larger pictures are photographs, which networks do not take whole. */
  private static final int LARGEST_SMALL = 96;

  /** Of the resized shorter side, the part that is cut out: torchvision's 224 of 256. */
  private static final double CROP = 0.875;

  /** Empty where neither recipe nor pictures say it. */
  static Optional<PictureSize> of(Optional<List<Record>> augment, Dataset data) {
    if (augment.isEmpty()) {
      return data.shape()
          .filter(shape -> shape.height() == shape.width() && shape.height() <= LARGEST_SMALL)
          .map(shape -> new PictureSize(shape.height(), shape.width(), Interpolation.BILINEAR));
    }
    PictureSize last = null;
    for (Record step : augment.get()) {
      if (step instanceof RandomCrop crop) {
        last = new PictureSize(crop.height(), crop.width(), Interpolation.BILINEAR);
      } else if (step instanceof RandomResizedCrop crop) {
        last = new PictureSize(crop.height(), crop.width(), crop.interpolation());
      } else if (step instanceof CenterCrop crop) {
        last = new PictureSize(crop.height(), crop.width(), Interpolation.BILINEAR);
      }
    }
    return Optional.ofNullable(last);
  }

  /** Pictures of this size are taken whole; others are resized, and the middle is cut out. */
  Preprocessing measuring(Normalization normalization, Dataset data) {
    Optional<ImageShape> shape = data.shape();
    if (shape.isPresent() && shape.get().height() == height && shape.get().width() == width) {
      return Preprocessing.of(normalization);
    }
    int shorter = (int) Math.floor(Math.max(height, width) / CROP);
    return Preprocessing.of(
        normalization, new Resize(shorter, interpolation), new CenterCrop(height, width));
  }

  /** Padding by an eighth and flips, as ResNet (He et al., CVPR 2016) trains CIFAR. */
  Preprocessing training(Normalization normalization) {
    int padding = Math.max(1, height / 8);
    return Preprocessing.of(
        normalization, new RandomCrop(height, width, padding), new RandomHorizontalFlip(0.5));
  }
}
