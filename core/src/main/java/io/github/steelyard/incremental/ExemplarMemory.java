package io.github.steelyard.incremental;

import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The samples of old classes that a learner keeps: for each class the best of its exemplars first.
 * Immutable: each step makes a new memory. It holds the images as they were before any transform,
 * so that a learner can go on without the old data. Costs one byte a pixel and channel (2,000
 * exemplars of CIFAR: 6 MB); of large photographs, learn from a folder that was resized.
 */
public final class ExemplarMemory {
  private static final String CLASSES = "classes";
  private static final String IMAGES = ".images";
  private static final String SHAPES = ".shapes";

  private final List<List<Image>> images;

  private ExemplarMemory(List<List<Image>> images) {
    this.images = images.stream().map(List::copyOf).toList();
  }

  /**
   * A memory without exemplars.
   *
   * @return an empty memory
   */
  public static ExemplarMemory empty() {
    return new ExemplarMemory(List.of());
  }

  /**
   * The number of classes that have exemplars.
   *
   * @return at least 0
   */
  public int classes() {
    return images.size();
  }

  /**
   * The number of exemplars.
   *
   * @return of all classes together
   */
  public int size() {
    return images.stream().mapToInt(List::size).sum();
  }

  /**
   * The exemplars of a class.
   *
   * @param row the class's row of the last layer, from 0 to {@link #classes()} - 1
   * @return the best first; at least one
   * @throws IndexOutOfBoundsException if the class has none
   */
  public List<Image> of(int row) {
    return images.get(row);
  }

  /** The memory after a step: old classes cut to the quota, new ones added up to the quota. */
  ExemplarMemory with(int newClasses, int quota, IntFunction<List<Image>> best) {
    List<List<Image>> all = new ArrayList<>();
    for (List<Image> old : images) {
      all.add(old.subList(0, Math.min(quota, old.size())));
    }
    for (int row = images.size(), end = row + newClasses; row < end; row++) {
      all.add(best.apply(row));
    }
    return new ExemplarMemory(all);
  }

  /**
   * What is needed to continue: for each row the pixels in one tensor and the shapes in another.
   *
   * @return tensors {@code <row>.images} uint8 and {@code <row>.shapes} int64 [n, 3]
   */
  public State state() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int row = 0; row < images.size(); row++) {
      List<Image> own = images.get(row);
      int bytes = own.stream().mapToInt(image -> image.pixels().length).reduce(0, Math::addExact);
      ByteBuffer pixels = ByteBuffer.allocate(bytes);
      long[] shapes = new long[3 * own.size()];
      for (int i = 0; i < own.size(); i++) {
        ImageShape shape = own.get(i).shape();
        pixels.put(own.get(i).pixels());
        shapes[3 * i] = shape.channels();
        shapes[3 * i + 1] = shape.height();
        shapes[3 * i + 2] = shape.width();
      }
      tensors.put(row + IMAGES, bytes(pixels.array()));
      tensors.put(row + SHAPES, Tensor.create(shapes, (long) own.size(), 3L));
    }
    return new State(tensors, Map.of(CLASSES, images.size()));
  }

  private static Tensor bytes(byte[] values) {
    Tensor tensor = Tensor.create(values, false, (long) values.length);
    return tensor.to(ScalarType.Byte);
  }

  /**
   * Reads a memory back.
   *
   * @param state what {@link #state()} gave
   * @return the memory
   * @throws IllegalArgumentException if a tensor is missing or of another kind; the message names
   *     it
   */
  public static ExemplarMemory of(State state) {
    if (!(state.values().get(CLASSES) instanceof Number classes)) {
      throw new IllegalArgumentException(
          "the memory needs a number '" + CLASSES + "', but has " + state.values());
    }
    return Scope.computeWithoutGradient(
        () -> {
          List<List<Image>> images = new ArrayList<>();
          for (int row = 0; row < classes.intValue(); row++) {
            images.add(
                images(
                    row,
                    tensor(state, row + IMAGES, ScalarType.Byte),
                    tensor(state, row + SHAPES, ScalarType.Long)));
          }
          return new ExemplarMemory(images);
        });
  }

  private static Tensor tensor(State state, String name, ScalarType type) {
    Tensor tensor = state.tensors().get(name);
    if (tensor == null || tensor.scalar_type().intern() != type) {
      throw new IllegalArgumentException(
          "the memory needs the tensor '"
              + name
              + "' of type "
              + type
              + ", but has "
              + (tensor == null ? "none" : tensor.scalar_type().intern().toString()));
    }
    return tensor.cpu().contiguous();
  }

  private static List<Image> images(int row, Tensor pixels, Tensor shapes) {
    byte[] bytes = new byte[Math.toIntExact(pixels.numel())];
    pixels.view(ScalarType.Char).data_ptr_char().get(bytes);
    long[] sizes = new long[Math.toIntExact(shapes.numel())];
    shapes.data_ptr_long().get(sizes);
    List<Image> images = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i + 2 < sizes.length; i += 3) {
      ImageShape shape =
          new ImageShape(
              Math.toIntExact(sizes[i]),
              Math.toIntExact(sizes[i + 1]),
              Math.toIntExact(sizes[i + 2]));
      if (shape.values() > bytes.length - begin) {
        throw new IllegalArgumentException(
            "the exemplars of row "
                + row
                + " need more pixels than the "
                + bytes.length
                + " stored");
      }
      images.add(new Image(shape, Arrays.copyOfRange(bytes, begin, begin + shape.values())));
      begin += shape.values();
    }
    if (images.isEmpty() || begin != bytes.length) {
      throw new IllegalArgumentException(
          "the exemplars of row "
              + row
              + " have "
              + bytes.length
              + " pixels, but shapes for "
              + begin);
    }
    return images;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExemplarMemory memory && images.equals(memory.images);
  }

  @Override
  public int hashCode() {
    return images.hashCode();
  }

  @Override
  public String toString() {
    return size() + " exemplars of " + classes() + " classes";
  }
}
