package io.github.steelyard.bench.campaign;

import static java.util.stream.Collectors.groupingBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compares the folder of a run that was disturbed with that of one that was not: the same files,
 * the same tensors bit for bit, the same results and log but for times, and nothing left behind. Of
 * a folder of checkpoints the newest and the best are compared: a run that was asked to stop keeps
 * the checkpoint of that moment among its newest, which a straight run never wrote. The older ones
 * must be readable and no more than a run keeps. What a folder of a straight run says is read once.
 */
final class FolderComparison {
  /**
   * Parts of names of values that hold times, paths, or the length of something that holds them.
   */
  private static final List<String> OWN =
      List.of(
          "seconds",
          "checksum", // also of times
          "created",
          "command",
          "machine",
          "folder",
          "file",
          "bytes",
          "ratio",
          "provenance",
          "graph of");

  /** Checkpoints of steps. Of each folder two are kept where a recipe says nothing. */
  private static final Pattern OF_STEP = Pattern.compile("(.*)step-\\d+\\.safetensors");

  private static final int KEPT = 2;

  private final Path straight;
  private final Map<String, Object> right = new HashMap<>();

  FolderComparison(Path straight) {
    this.straight = straight;
  }

  /** What differs, at most a few lines; empty if nothing does. */
  List<String> differences(Path disturbed) throws IOException {
    List<String> differences = new ArrayList<>();
    Map<String, Path> expected = withoutOlder(files(straight), differences);
    Map<String, Path> found = withoutOlder(files(disturbed), differences);
    TreeSet<String> names = new TreeSet<>(expected.keySet());
    names.addAll(found.keySet());
    for (String name : names) {
      if (!found.containsKey(name)) {
        differences.add("lacks " + name);
      } else if (!expected.containsKey(name)) {
        differences.add("has left " + name);
      } else {
        Object wanted = right.get(name);
        if (wanted == null) {
          wanted = content(expected.get(name), straight);
          right.put(name, wanted);
        }
        Object here = content(found.get(name), disturbed);
        if (!wanted.equals(here)) {
          differences.add("differs in " + name + first(wanted, here));
        }
      }
    }
    return differences.subList(0, Math.min(differences.size(), 6));
  }

  /** Without all but the newest checkpoint of each folder, which are judged here. */
  private static Map<String, Path> withoutOlder(Map<String, Path> files, List<String> wrong) {
    Map<String, List<String>> checkpoints =
        files.keySet().stream()
            .filter(name -> OF_STEP.matcher(name).matches())
            .collect(groupingBy(name -> OF_STEP.matcher(name).replaceFirst("$1")));
    Map<String, Path> kept = new TreeMap<>(files);
    checkpoints.forEach(
        (folder, names) -> {
          if (names.size() > KEPT) {
            wrong.add("keeps %d checkpoints in %s".formatted(names.size(), folder));
          }
          for (String older : names.subList(0, names.size() - 1)) {
            try {
              tensors(kept.remove(older));
            } catch (IOException e) {
              wrong.add("cannot read " + older + ": " + e.getMessage());
            }
          }
        });
    return kept;
  }

  private static String first(Object wanted, Object found) {
    if (wanted instanceof List<?> right && found instanceof List<?> here) {
      for (int i = 0; i < Math.max(right.size(), here.size()); i++) {
        Object a = i < right.size() ? right.get(i) : "nothing";
        Object b = i < here.size() ? here.get(i) : "nothing";
        if (!a.equals(b)) {
          return " (line %d: %s, but %s)".formatted(i + 1, brief(a), brief(b));
        }
      }
    }
    return "";
  }

  private static String brief(Object value) {
    String text = value.toString();
    return text.substring(0, Math.min(text.length(), 90));
  }

  /**
   * By relative name; each start of a run writes an event file of its own, so they count as one.
   */
  private static Map<String, Path> files(Path folder) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString();
        if (!name.endsWith(".lock")) {
          boolean empty = Files.size(file) == 0; // of a writer that was killed
          files.put(
              empty ? name : name.replaceFirst("events\\.out\\.tfevents\\..*", "events"), file);
        }
      }
    }
    return files;
  }

  /** Parts of a run name one another by paths. */
  private static String text(Path file, Path run) throws IOException {
    return Files.readString(file).replace(run.toString(), "RUN");
  }

  private static Object content(Path file, Path run) throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".safetensors")) {
      return tensors(file);
    }
    if (name.endsWith(".json")) {
      return timeless(Json.MAPPER.readTree(text(file, run)));
    }
    if (name.endsWith(".jsonl")) {
      List<Object> lines = new ArrayList<>();
      for (String line : text(file, run).lines().toList()) {
        lines.add(timeless(Json.MAPPER.readTree(line)));
      }
      return lines;
    }
    return name.endsWith(".yaml")
        ? text(file, run).replaceFirst("# checksum of .*", "")
        : Files.size(file) > 0;
  }

  /** Whether a file holds the same tensors as the only file of the straight folder. */
  boolean sameTensors(Path file) throws IOException {
    Path expected = files(straight).values().iterator().next();
    return tensors(expected).equals(tensors(file));
  }

  private static String tensors(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return Scope.compute(() -> TensorChecksum.of(new TreeMap<>(open.readAll())));
    }
  }

  /** Without what no two runs have alike. */
  static JsonNode timeless(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        if (OWN.stream().anyMatch(name::contains)) {
          names.remove();
        }
      }
    }
    node.forEach(FolderComparison::timeless);
    return node;
  }
}
