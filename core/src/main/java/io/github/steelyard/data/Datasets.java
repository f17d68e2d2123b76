package io.github.steelyard.data;

import io.github.steelyard.runtime.Register;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The register of data sets: ours and those of jars on the class path. */
public final class Datasets {
  /** Padding 4 and flips, as Random Erasing (Zhong et al., AAAI 2020) trains Fashion-MNIST. */
  private static final List<Transform> FASHION_AUGMENTATION =
      List.of(new RandomCrop(28, 28, 4), new RandomHorizontalFlip(0.5));

  /** Padding 4 and flips, as ResNet (He et al., CVPR 2016) trains CIFAR. */
  private static final List<Transform> CIFAR_AUGMENTATION =
      List.of(new RandomCrop(32, 32, 4), new RandomHorizontalFlip(0.5));

  private static final String IDX_FILES = String.join(", ", IdxFolder.stems()) + " (each or .gz)";

  private static final List<DatasetSource> OWN =
      List.of(
          new DatasetSource(
              "fashion-mnist",
              "12,000 training and 2,000 test images of Fashion-MNIST, built in; all 70,000 from a"
                  + " folder",
              "none, or " + IDX_FILES,
              Normalization.FASHION_MNIST,
              FASHION_AUGMENTATION,
              List.of(),
              false,
              (split, folder) ->
                  folder.isPresent()
                      ? FashionMnist.full(split, folder.get())
                      : FashionMnist.builtIn(split)),
          new DatasetSource(
              "fashion-mnist-full",
              "all 60,000 training and 10,000 test images of Fashion-MNIST",
              IDX_FILES + "; without a folder, those of Debian's dataset-fashion-mnist",
              Normalization.FASHION_MNIST,
              FASHION_AUGMENTATION,
              List.of(),
              false,
              (split, folder) ->
                  folder.isPresent()
                      ? FashionMnist.full(split, folder.get())
                      : FashionMnist.installed(split, FashionMnist.DEBIAN_FOLDER)),
          new DatasetSource(
              "mnist-idx",
              "MNIST or another grey data set in its four files; classes are numbered or named in "
                  + IdxFolder.CLASSES,
              IDX_FILES,
              Normalization.MNIST,
              List.of(),
              List.of(),
              true,
              (split, folder) ->
                  IdxFolder.open(
                      "IDX folder, " + FashionMnist.part(split),
                      required("mnist-idx", folder),
                      split)),
          new DatasetSource(
              "glyphs",
              "characters drawn from font files, as 'steelyard data glyphs' makes them; test fonts"
                  + " are unseen in training",
              IDX_FILES + ", " + IdxFolder.CLASSES,
              Normalization.GLYPHS,
              List.of(),
              List.of(),
              true,
              (split, folder) ->
                  IdxFolder.open("glyphs, " + FashionMnist.part(split), drawn(folder), split)),
          new DatasetSource(
              "cifar10",
              "50,000 training and 10,000 test photographs of 32 x 32 pixels, 10 classes",
              Cifar.TEN.files(),
              Normalization.CIFAR10,
              CIFAR_AUGMENTATION,
              List.of(),
              true,
              (split, folder) -> Cifar.TEN.open(split, required("cifar10", folder))),
          new DatasetSource(
              "cifar100",
              "50,000 training and 10,000 test photographs of 32 x 32 pixels, 100 classes",
              Cifar.HUNDRED.files(),
              Normalization.CIFAR100,
              CIFAR_AUGMENTATION,
              List.of(),
              true,
              (split, folder) -> Cifar.HUNDRED.open(split, required("cifar100", folder))),
          DatasetSource.pictures(ImageFolderConfiguration.defaults()),
          DatasetSource.generated(
              "modular-addition",
              "all sums of two numbers modulo a prime, split into training and test sums",
              ModularAdditionConfiguration.class,
              ModularAdditionConfiguration.defaults(),
              options -> Normalization.none(1),
              ModularAddition::of),
          DatasetSource.generated(
              "independent-blocks",
              "random images whose channels are independent and decide a part of the class each",
              IndependentBlocksConfiguration.class,
              IndependentBlocksConfiguration.defaults(),
              IndependentBlocks::normalization,
              IndependentBlocks::draw),
          DatasetSource.generated(
              "two-pictures",
              "pairs of pictures of clothes, each a channel; the class names both kinds",
              TwoPicturesConfiguration.class,
              TwoPicturesConfiguration.defaults(),
              TwoPictures::normalization,
              TwoPictures::draw));

  private Datasets() {}

  private static Register<DatasetSource> register() {
    return Register.load("data set", DatasetProvider.class, DatasetProvider::datasets);
  }

  /** The data sets of this room. */
  static List<DatasetSource> own() {
    return OWN;
  }

  /**
   * All data sets.
   *
   * @return in the order of the class path, and in which they are listed to a person
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<DatasetSource> all() {
    return register().all();
  }

  /**
   * Finds a data set.
   *
   * @param name its name in recipes
   * @return the data set
   * @throws IllegalArgumentException if there is none of that name; the message suggests the
   *     nearest
   */
  public static DatasetSource get(String name) {
    return register().get(name);
  }

  /** The folder of glyphs, which nobody has before drawing them. */
  private static Path drawn(Optional<Path> folder) throws IOException {
    Path glyphs = required("glyphs", folder);
    if (!Files.exists(glyphs)) {
      throw new IOException(
          glyphs
              + " does not exist; draw it from a folder of fonts with: steelyard data glyphs --fonts"
              + " /usr/share/fonts --output "
              + glyphs);
    }
    return glyphs;
  }

  private static Path required(String name, Optional<Path> folder) throws IOException {
    return folder.orElseThrow(
        () -> new IOException("The data set '" + name + "' needs the folder that holds its files"));
  }
}
