package io.github.steelyard.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Images of one shape in one array. Costs one byte a pixel and channel (Fashion-MNIST's training
 * set: 47 MB).
 */
public final class InMemoryDataset implements Dataset {
  private final String name;
  private final ImageShape shape;
  private final byte[] pixels;
  private final int[] labels;
  private final List<String> classNames;
  private final List<Integer> parts;
  private final String fingerprint;

  /**
   * Wraps images of which no independent parts are known.
   *
   * @param name what the data is
   * @param shape the shape of every image
   * @param pixels unsigned 8-bit values [n, channels, height, width]; not copied, and not to be
   *     changed afterwards
   * @param labels class indices [n]; copied
   * @param classNames the classes' names, in the order of their indices
   * @throws IllegalArgumentException if there are no samples, the number of pixels does not fit the
   *     number of labels, or a label is out of range
   */
  public InMemoryDataset(
      String name, ImageShape shape, byte[] pixels, int[] labels, List<String> classNames) {
    this(name, shape, pixels, labels, classNames, List.of());
  }

  /** Wraps images of which {@link #parts} are independent. */
  InMemoryDataset(
      String name,
      ImageShape shape,
      byte[] pixels,
      int[] labels,
      List<String> classNames,
      List<Integer> parts) {
    this.parts = List.copyOf(parts);
    this.name = name;
    this.shape = shape;
    this.pixels = pixels;
    this.labels = labels.clone();
    this.classNames = List.copyOf(classNames);
    if ((long) labels.length * shape.values() != pixels.length) {
      throw new IllegalArgumentException(
          "%s: %d labels need %d images of %s, but there are %s"
              .formatted(
                  name,
                  labels.length,
                  labels.length,
                  shape,
                  pixels.length % shape.values() == 0
                      ? pixels.length / shape.values()
                      : pixels.length + " bytes, which is no whole number of images"));
    }
    Labels.check(this.labels, this.classNames, name);
    this.fingerprint = digest();
  }

  private String digest() {
    MessageDigest digest = Fingerprint.start();
    digest.update(shape.toString().getBytes(StandardCharsets.UTF_8));
    digest.update(pixels);
    ByteBuffer bytes = ByteBuffer.allocate(4 * labels.length);
    bytes.asIntBuffer().put(labels);
    digest.update(bytes);
    digest.update(String.join("\n", classNames).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Integer> parts() {
    return parts;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Sample sample(int index) {
    Objects.checkIndex(index, labels.length);
    int from = index * shape.values();
    byte[] image = Arrays.copyOfRange(pixels, from, from + shape.values());
    return new Sample(new Image(shape, image), labels[index]);
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public Optional<ImageShape> shape() {
    return Optional.of(shape);
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }
}
