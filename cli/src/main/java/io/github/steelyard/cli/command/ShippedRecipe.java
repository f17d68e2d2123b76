package io.github.steelyard.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A recipe that comes inside the jar.
 *
 * @param name its name, without its ending
 * @param content the file's content
 */
record ShippedRecipe(String name, byte[] content) {
  private static final String FOLDER = "/recipes/";
  private static final String ENDING = ".yaml";

  /** All, by their names. */
  static List<ShippedRecipe> all() {
    List<ShippedRecipe> all = new ArrayList<>();
    for (String line : new String(read("index.txt"), StandardCharsets.UTF_8).split("\n")) {
      if (!line.isBlank()) {
        String name = line.strip();
        all.add(new ShippedRecipe(name, read(name + ENDING)));
      }
    }
    return all;
  }

  /**
   * One by its name.
   *
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  static ShippedRecipe get(String name) {
    String wanted = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
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

  private static byte[] read(String file) {
    try (InputStream in = ShippedRecipe.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new IOException("recipes/" + file + " is missing from steelyard-cli's jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode root() {
    return YamlDocument.parse(name + ENDING, content).root();
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
