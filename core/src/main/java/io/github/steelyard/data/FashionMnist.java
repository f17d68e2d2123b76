package io.github.steelyard.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Fashion-MNIST: 70,000 grey images of 28 x 28 pixels, ten kinds of clothing (Xiao, Rasul and
 * Vollgraf, arXiv:1708.07747; MIT licence, Zalando SE). A stratified part of it is built in.
 */
final class FashionMnist {
  static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** Where Debian's package dataset-fashion-mnist puts the files. */
  static final Path DEBIAN_FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

  private FashionMnist() {}

  /** 12,000 training or 2,000 test images, chosen as the note beside the resources says. */
  static Dataset builtIn(Split split) throws IOException {
    return IdxFolder.dataset(
        "Fashion-MNIST built-in subset, " + part(split),
        resource(IdxFolder.stem(split, "images-idx3")),
        resource(IdxFolder.stem(split, "labels-idx1")),
        CLASS_NAMES);
  }

  static Dataset full(Split split, Path folder) throws IOException {
    return IdxFolder.read("Fashion-MNIST, " + part(split), folder, split, CLASS_NAMES);
  }

  /**
   * The full set where the system has it.
   *
   * @param standard Debian's folder
   * @throws IOException if it is not there; the message names the ways to get it
   */
  static Dataset installed(Split split, Path standard) throws IOException {
    if (!IdxFolder.isComplete(standard)) {
      throw new IOException(
          "The full Fashion-MNIST is not on this machine (looked in "
              + standard
              + "). Either name the folder that holds its four files ("
              + String.join(".gz, ", IdxFolder.stems())
              + ".gz), or install Debian's package dataset-fashion-mnist, or download them once"
              + " (31 MB) with 'steelyard data download' or FashionMnistDownload. The data set"
              + " 'fashion-mnist' is a built-in subset and needs none of this.");
    }
    return full(split, standard);
  }

  static String part(Split split) {
    return split == Split.TRAIN ? "training images" : "test images";
  }

  private static IdxArray resource(String stem) throws IOException {
    String name = "fashion-mnist/" + stem + ".gz";
    try (InputStream in = FashionMnist.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("The built-in file " + name + " is missing from Steelyard's jar");
      }
      return IdxReader.read(Path.of(name), in.readAllBytes());
    }
  }
}
