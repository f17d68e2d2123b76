package io.github.steelyard.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A recipe that comes inside the jar.
 *
 * @param name its name, without its ending
 * @param text what the file says
 */
record ShippedRecipe(String name, String text) {
  private static final String FOLDER = "/recipes/";
  private static final String ENDING = ".yaml";

  /** All, by their names. */
  static List<ShippedRecipe> all() {
    try {
      URI demo = ShippedRecipe.class.getResource(FOLDER + "demo" + ENDING).toURI();
      if (demo.getScheme().equals("jar")) {
        try (FileSystem jar = FileSystems.newFileSystem(demo, Map.of())) {
          return in(jar.getPath(FOLDER));
        }
      }
      return in(Path.of(demo).getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a resource has no address", e);
    }
  }

  private static List<ShippedRecipe> in(Path folder) throws IOException {
    List<ShippedRecipe> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(ENDING)) {
          found.add(
              new ShippedRecipe(
                  name.substring(0, name.length() - ENDING.length()), Files.readString(file)));
        }
      }
    }
    return found;
  }

  /**
   * One by its name.
   *
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  static ShippedRecipe get(String name) {
    String wanted =
        name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    List<ShippedRecipe> all = all();
    return all.stream()
        .filter(recipe -> recipe.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no recipe '"
                        + name
                        + "'"
                        + Suggestion.clause(
                            wanted, all.stream().map(ShippedRecipe::name).toList())));
  }

  /** The file's content. */
  byte[] content() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode root() {
    return YamlDocument.parse(name + ENDING, content()).root();
  }

  /** What kind of run it is. */
  String kind() {
    return RunKinds.load().of(root()).name();
  }

  /** What it is for. */
  String about() {
    return root().path("description").asText();
  }

  /** Recipes that it names, and that must be beside it. */
  List<ShippedRecipe> needed() {
    List<ShippedRecipe> needed = new ArrayList<>();
    for (String key : List.of("recipe", "start")) {
      JsonNode beside = root().path(key);
      if (beside.isTextual()) {
        needed.add(get(beside.asText()));
      }
    }
    return needed;
  }
}
