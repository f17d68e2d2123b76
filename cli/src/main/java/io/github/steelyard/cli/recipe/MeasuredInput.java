package io.github.steelyard.cli.recipe;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.data.CenterCrop;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.RandomCrop;
import io.github.steelyard.data.RandomHorizontalFlip;
import io.github.steelyard.data.RandomResizedCrop;
import io.github.steelyard.data.Resize;
import io.github.steelyard.data.Transform;
import io.github.steelyard.nn.models.InputConfiguration;
import io.github.steelyard.nn.models.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides how pictures become inputs when a network is measured. What the recipe leaves open
 * follows, for pictures of the user's own, its last crop, its network's published settings and the
 * pictures; the data sets that are built in have a size and numbers of their own.
 */
public final class MeasuredInput {
  /** STL-10's; larger pictures are photographs, which networks do not take whole. */
  private static final int LARGEST_SMALL = 96;

  /** Of photographs, as torchvision measures: 224 of 256. */
  private static final int USUAL_SIZE = 224;

  private static final double USUAL_CROP = 0.875;

  private MeasuredInput() {}

  private record Size(int height, int width) {
    static Size square(int size) {
      return new Size(size, size);
    }

    boolean is(Optional<ImageShape> shape) {
      return shape.filter(own -> own.height() == height && own.width() == width).isPresent();
    }
  }

  /**
   * Decides everything for a data set.
   *
   * @param recipe which data
   * @param source where it comes from
   * @param model the network that sees it; empty if none is known
   * @param data what the pictures are
   * @return everything decided
   * @throws UsageException if choices of the recipe do not fit each other
   */
  public static PictureInput of(
      DataRecipe recipe, DatasetSource source, Optional<ModelRecipe> model, Dataset data) {
    InputRecipe chosen = recipe.input().orElse(InputRecipe.NONE);
    boolean isOwn = isOwn(recipe);
    Optional<InputConfiguration> published =
        isOwn ? model.flatMap(network -> Models.get(network.name()).input()) : Optional.empty();
    Size size = size(recipe, published, model, data);
    Normalization usual = source.evaluationPreprocessing().normalization();
    return new PictureInput(
        size.height(),
        size.width(),
        chosen.cropPct() != null ? chosen.cropPct() : cropPct(size, published, data, isOwn),
        chosen.interpolation() != null
            ? chosen.interpolation()
            : interpolation(recipe, published, isOwn),
        normalization(chosen, published, usual));
  }

  /**
   * Whether pictures are the user's own, whose size the data set's name does not tell.
   *
   * @param recipe which data
   * @return false for data sets that are built in
   */
  public static boolean isOwn(DataRecipe recipe) {
    return recipe.options().filter(ImageFolderConfiguration.class::isInstance).isPresent();
  }

  private static Size size(
      DataRecipe recipe,
      Optional<InputConfiguration> published,
      Optional<ModelRecipe> model,
      Dataset data) {
    Optional<Size> crop = recipe.augment().flatMap(MeasuredInput::lastCrop);
    if (recipe.input().isPresent() && recipe.input().get().size() != null) {
      Size size = new Size(recipe.input().get().height(), recipe.input().get().width());
      if (crop.isPresent() && !crop.get().equals(size)) {
        throw new UsageException(
            "data.input.size is %d x %d, but the last crop of data.augment is %d x %d; make them equal, or leave data.input.size out"
                .formatted(size.height(), size.width(), crop.get().height(), crop.get().width()));
      }
      return size;
    }
    Optional<Size> own = data.shape().map(shape -> new Size(shape.height(), shape.width()));
    if (!isOwn(recipe)) {
      Optional<Size> chosen = recipe.input().isPresent() ? crop : Optional.empty();
      return chosen.or(() -> own).orElse(Size.square(USUAL_SIZE));
    }
    if (crop.isPresent()) {
      return crop.get();
    }
    Integer image = model.map(network -> network.options().imageSize()).orElse(null);
    if (image != null) {
      return Size.square(image);
    }
    if (recipe
            .augment()
            .filter(steps -> steps.stream().noneMatch(Resize.class::isInstance))
            .isPresent()
        && own.isPresent()) {
      return own.get(); // Nothing changes the size in training.
    }
    if (published.isPresent()) {
      return Size.square(published.get().size());
    }
    return own.filter(size -> isSmall(size) && recipe.augment().isEmpty())
        .orElse(Size.square(USUAL_SIZE));
  }

  private static boolean isSmall(Size size) {
    return size.height() == size.width() && size.height() <= LARGEST_SMALL;
  }

  private static Optional<Size> lastCrop(List<Record> augment) {
    Size last = null;
    for (Record step : augment) {
      if (step instanceof RandomCrop crop) {
        last = new Size(crop.height(), crop.width());
      } else if (step instanceof RandomResizedCrop crop) {
        last = new Size(crop.height(), crop.width());
      } else if (step instanceof CenterCrop crop) {
        last = new Size(crop.height(), crop.width());
      }
    }
    return Optional.ofNullable(last);
  }

  /** Pictures that have the size are taken whole, unless the network was published otherwise. */
  private static double cropPct(
      Size size, Optional<InputConfiguration> published, Dataset data, boolean isOwn) {
    boolean isPublished = published.filter(own -> Size.square(own.size()).equals(size)).isPresent();
    if (!isOwn || (!isPublished && size.is(data.shape()))) {
      return 1;
    }
    return published.map(InputConfiguration::cropPct).orElse(USUAL_CROP);
  }

  private static Interpolation interpolation(
      DataRecipe recipe, Optional<InputConfiguration> published, boolean isOwn) {
    if (published.isPresent()) {
      return published.get().interpolation().equals("bicubic")
          ? Interpolation.BICUBIC
          : Interpolation.BILINEAR;
    }
    Interpolation last = Interpolation.BILINEAR;
    for (Record step : isOwn ? recipe.augment().orElse(List.of()) : List.<Record>of()) {
      if (step instanceof RandomResizedCrop crop) {
        last = crop.interpolation();
      }
    }
    return last;
  }

  private static Normalization normalization(
      InputRecipe chosen, Optional<InputConfiguration> published, Normalization usual) {
    List<Double> mean =
        chosen.mean() != null
            ? chosen.mean()
            : published.map(InputConfiguration::mean).orElse(usual.mean());
    List<Double> std =
        chosen.std() != null
            ? chosen.std()
            : published.map(InputConfiguration::std).orElse(usual.deviation());
    if (mean.size() != std.size()) {
      throw new UsageException(
          "data.input: mean has %d numbers and std has %d; give one for each channel"
              .formatted(mean.size(), std.size()));
    }
    return new Normalization(mean, std);
  }

  /**
   * The usual augmentation: pictures that have the size are padded by an eighth, cropped and
   * flipped, as ResNet (He et al., CVPR 2016) trains CIFAR; of photographs a part is cut out and
   * resized, as ImageNet's networks are trained; data sets that are built in keep theirs.
   *
   * @param input how the network is measured
   * @param isOwn whether the pictures are the user's own
   * @param data what is trained on
   * @param usual that of a data set that is built in
   * @return the preprocessing
   */
  public static Preprocessing training(
      PictureInput input, boolean isOwn, Dataset data, Preprocessing usual) {
    int height = input.height();
    int width = input.width();
    Normalization normalization = input.normalization();
    Size size = new Size(height, width);
    if (!isOwn) {
      List<Transform> steps = new ArrayList<>(usual.transforms());
      if (!size.is(data.shape())) {
        steps.add(new Resize(Math.max(height, width), input.interpolation()));
        steps.add(new CenterCrop(height, width));
      }
      return new Preprocessing(steps, normalization, usual.valueTransforms());
    }
    RandomHorizontalFlip flip = new RandomHorizontalFlip(0.5);
    if (isSmall(size) && size.is(data.shape())) {
      return Preprocessing.of(
          normalization, new RandomCrop(height, width, Math.max(1, height / 8)), flip);
    }
    RandomResizedCrop of = RandomResizedCrop.of(height);
    return Preprocessing.of(
        normalization,
        new RandomResizedCrop(
            height,
            width,
            of.minimumArea(),
            of.maximumArea(),
            of.minimumRatio(),
            of.maximumRatio(),
            input.interpolation()),
        flip);
  }

  /**
   * As a recipe says it.
   *
   * @param input how the network is measured
   * @return with everything chosen
   */
  public static InputRecipe toRecipe(PictureInput input) {
    return new InputRecipe(
        input.height() == input.width()
            ? List.of(input.height())
            : List.of(input.height(), input.width()),
        input.cropPct(),
        input.interpolation(),
        input.normalization().mean(),
        input.normalization().deviation());
  }
}
