package io.github.steelyard.data;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Labelled images by index. Several threads may ask for samples at once; the same index always
 * gives the same sample.
 */
public interface Dataset {
  /**
   * What the data is, for messages and reports.
   *
   * @return such as {@code "Fashion-MNIST (test)"}
   */
  String name();

  /**
   * The number of samples.
   *
   * @return at least 1
   */
  int size();

  /**
   * Reads one sample.
   *
   * @param index from 0 to {@link #size()} - 1
   * @return the sample
   * @throws IOException if its file cannot be read or is damaged; the message names the file
   * @throws IndexOutOfBoundsException if there is no such sample
   */
  Sample sample(int index) throws IOException;

  /**
   * The class of a sample, without reading its image.
   *
   * @param index from 0 to {@link #size()} - 1
   * @return the class index, from 0 to the number of classes - 1
   * @throws IndexOutOfBoundsException if there is no such sample
   */
  int label(int index);

  /**
   * The names of the classes in the order of their indices.
   *
   * @return at least one name
   */
  List<String> classNames();

  /**
   * The shape that all images share.
   *
   * @return empty where images have different sizes
   */
  Optional<ImageShape> shape();

  /**
   * Which values of a sample were drawn together and independently of all others, where that is
   * known: the modules that a network of the data may have.
   *
   * @return the number of its part, from 0, for each value of {@link #shape()} in its order; empty
   *     where it is not known
   */
  default List<Integer> parts() {
    return List.of();
  }

  /**
   * Identifies the data, for provenance: the same content gives the same fingerprint.
   *
   * @return a SHA-256 in lower-case hexadecimal digits
   */
  String fingerprint();

  /**
   * Names a sample for a person.
   *
   * @param index from 0 to {@link #size()} - 1
   * @return such as {@code "image 17"} or the path of its file
   */
  default String describe(int index) {
    return "image " + index;
  }
}
