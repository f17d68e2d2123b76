package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A text file with one class name a line, in the order of the labels. */
final class ClassNamesFile {
  private ClassNamesFile() {}

  /** Reads the file that a configuration names, if it names one. */
  static Optional<List<String>> read(Path folder, String name) throws IOException {
    return name == null ? Optional.empty() : Optional.of(read(folder.resolve(name)));
  }

  static List<String> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + (Files.exists(file) ? " is no file" : " does not exist"));
    }
    List<String> names;
    try {
      names = new ArrayList<>(Files.readAllLines(file));
    } catch (CharacterCodingException e) {
      throw new FileFormatException(file, "is no text in UTF-8", e);
    }
    names.replaceAll(name -> name.replace("\uFEFF", "")); // Editors put it at the beginning.
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).isBlank() || !seen.add(names.get(i))) {
        throw new FileFormatException(
            file,
            "line %d is '%s'; expected one name a line, each once".formatted(i + 1, names.get(i)));
      }
    }
    if (names.isEmpty()) {
      throw new FileFormatException(file, "is empty; expected one class name a line");
    }
    return names;
  }

  /** Checks that there is one name for each class folder. */
  static List<String> require(Path root, List<String> names, List<String> folders)
      throws IOException {
    if (names.size() != folders.size()) {
      throw new IOException(
          "There are %d class names, but %d class folders in %s (%s to %s)"
              .formatted(
                  names.size(),
                  folders.size(),
                  root,
                  folders.get(0),
                  folders.get(folders.size() - 1)));
    }
    return names;
  }
}
