package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;

/** Reads the tensors that make a case. */
final class Tensors {
  private Tensors() {}

  static Tensor read(SafeTensorsFile file, String name) throws IOException {
    if (!file.tensors().containsKey(name)) {
      throw new IllegalArgumentException("the tensor '" + name + "' is missing");
    }
    return file.read(name);
  }

  /** A number at the beginning of a name's part, such as 2 in {@code b2}. */
  static int number(String part, String prefix) {
    if (!part.matches(prefix + "\\d{1,3}")) {
      throw new IllegalArgumentException(
          "'" + part + "' must be '" + prefix + "' and a number, such as " + prefix + "2");
    }
    return Integer.parseInt(part.substring(prefix.length()));
  }
}
