package io.github.steelyard.cli.console;

import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Finds the file or folder that a person probably meant, for messages about one that is none. */
public final class PathSuggestion {
  private PathSuggestion() {}

  /**
   * The end of a message: the path whose name is nearest, beside the written one or in the folder
   * where such paths usually are.
   *
   * @param written what is not there
   * @param usual such as {@code recipes}
   * @param valid which paths would have been right
   * @return such as {@code "; did you mean recipes/adamp.yaml?"}; empty if none is near
   */
  public static String clause(Path written, Path usual, Predicate<Path> valid) {
    Map<String, Path> byName = new LinkedHashMap<>();
    Path folder = written.getParent();
    for (Path there : List.of(folder == null ? Path.of("") : folder, usual)) {
      paths(there, valid).forEach(path -> byName.putIfAbsent(path.getFileName().toString(), path));
    }
    return Suggestion.nearest(written.getFileName().toString(), byName.keySet())
        .map(name -> "; did you mean " + byName.get(name) + "?")
        .orElse("");
  }

  private static List<Path> paths(Path folder, Predicate<Path> valid) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(valid).sorted().toList();
    } catch (IOException e) {
      return List.of(); // the message without a suggestion says what is wrong, too
    }
  }
}
