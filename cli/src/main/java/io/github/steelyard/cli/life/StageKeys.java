package io.github.steelyard.cli.life;

import io.github.steelyard.cli.life.LifeStage.Kind;
import io.github.steelyard.cli.recipe.AddedSections;
import io.github.steelyard.cli.recipe.Section;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which keys a stage of a life takes.
 *
 * @param added the sections that the class path adds to recipes
 */
public record StageKeys(AddedSections added) {
  private static final List<String> TRAINING = List.of("data", "optimizer", "schedule", "train");
  private static final Map<Kind, List<String>> KEYS = table();

  private static Map<Kind, List<String>> table() {
    Map<Kind, List<String>> keys = new EnumMap<>(Kind.class);
    keys.put(Kind.TRAIN, with(TRAINING, "classes", "loss", "penalties", "compander"));
    keys.put(Kind.PRUNE, with(TRAINING, "loss", "penalties", "compander", "pruning"));
    keys.put(Kind.QUANTIZE, with(TRAINING, "loss", "penalties", "compander", "quantization"));
    keys.put(Kind.EXTEND, with(TRAINING, "classes", "penalties", "compander", "incremental"));
    keys.put(
        Kind.EXPLAIN,
        List.of(
            "layers",
            "samples",
            "basis",
            "compare",
            "loss_increase",
            "threshold",
            "resolution",
            "norm",
            "edges"));
    keys.put(Kind.EXPORT, List.of("formats"));
    return keys;
  }

  private static List<String> with(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(Arrays.asList(more));
    return all;
  }

  /** The keys of stages of all kinds. */
  public static Set<String> keysOfAll() {
    Set<String> all = new TreeSet<>(Set.of("kind"));
    KEYS.values().forEach(all::addAll);
    return all;
  }

  /** Refuses every other key, and says of one of another kind that it has no meaning here. */
  void require(Section stage, Kind kind) {
    List<String> valid = of(kind);
    Set<String> elsewhere = keysOfAll();
    elsewhere.addAll(added.keys());
    elsewhere.remove("kind");
    elsewhere.removeAll(valid);
    for (String key : elsewhere) {
      if (stage.node().has(key)) {
        throw stage.error(
            key,
            "has no meaning in a stage '"
                + kind.key()
                + "', which takes "
                + String.join(", ", valid));
      }
    }
    added.requireKnown(stage, with(valid, "kind"));
  }

  /** What a stage takes; one that trains takes the sections that the class path adds too. */
  List<String> of(Kind kind) {
    List<String> keys = new ArrayList<>(KEYS.get(kind));
    if (keys.containsAll(TRAINING)) {
      keys.addAll(added.keys());
    }
    return keys;
  }
}
