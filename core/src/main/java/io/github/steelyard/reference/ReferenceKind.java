package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import java.io.IOException;

/** A family of reference cases that are replayed in the same way. */
interface ReferenceKind {
  /**
   * Whether a file is of this kind, by its metadata and the names of its tensors.
   *
   * @param file the open file
   * @return true if {@link #replay} can be tried
   */
  boolean recognises(SafeTensorsFile file);

  /**
   * What the relative error of every tensor must stay below.
   *
   * @return such as 2e-6
   */
  double tolerance();

  /**
   * Computes the case and compares it with what the file expects.
   *
   * @param file the open file; runs inside a scope
   * @param deviation receives the comparisons
   * @throws IOException if a tensor cannot be read
   * @throws IllegalArgumentException if the file's content does not make a case
   */
  void replay(SafeTensorsFile file, Deviation deviation) throws IOException;
}
