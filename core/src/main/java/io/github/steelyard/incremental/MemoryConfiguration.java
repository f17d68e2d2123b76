package io.github.steelyard.incremental;

/**
 * How many exemplars of old classes are kept, and which. Start from {@link #total} or {@link
 * #perClass}.
 *
 * @param budget what the size counts
 * @param size samples in the whole memory or of each class, at least 1
 * @param selection how the exemplars of a class are chosen
 */
public record MemoryConfiguration(Budget budget, int size, Selection selection) {

  /** What the size of a memory counts. */
  public enum Budget {
    /** All samples together; the more classes, the fewer each has. */
    TOTAL,
    /** The samples of each class; the memory grows with the classes. */
    PER_CLASS
  }

  /**
   * Checks the size.
   *
   * @param budget what the size counts
   * @param size at least 1
   * @param selection how exemplars are chosen
   * @throws IllegalArgumentException if the size is below 1
   */
  public MemoryConfiguration {
    if (size < 1) {
      throw new IllegalArgumentException(
          "a memory holds at least one exemplar, not "
              + size
              + "; for none, use a strategy without");
    }
  }

  /**
   * A fixed memory for all classes together, chosen by herding. The paper uses 2,000 for CIFAR-100
   * and 20,000 for ImageNet.
   *
   * @param size exemplars of all classes together, at least 1
   * @return the configuration
   * @throws IllegalArgumentException if the size is below 1
   */
  public static MemoryConfiguration total(int size) {
    return new MemoryConfiguration(Budget.TOTAL, size, Selection.HERDING);
  }

  /**
   * A fixed number of exemplars for each class, chosen by herding.
   *
   * @param size exemplars of each class, at least 1
   * @return the configuration
   * @throws IllegalArgumentException if the size is below 1
   */
  public static MemoryConfiguration perClass(int size) {
    return new MemoryConfiguration(Budget.PER_CLASS, size, Selection.HERDING);
  }

  /**
   * How many exemplars each class has.
   *
   * @param classes how many classes share the memory, at least 1
   * @return at least 1: the size, or for a total the size divided by the classes, rounded down
   * @throws IllegalArgumentException if the memory has not one place for each class
   */
  public int quota(int classes) {
    if (budget == Budget.PER_CLASS) {
      return size;
    }
    if (size < classes) {
      throw new IllegalArgumentException(
          "a memory of "
              + size
              + " exemplars has no place for each of "
              + classes
              + " classes; it needs at least "
              + classes);
    }
    return size / classes;
  }
}
