package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the learning rate changes. Times are in epochs and may be fractions.
 *
 * @param name {@code constant}, {@code step}, {@code multi_step} or {@code cosine}
 * @param warmupEpochs how long the rate first rises linearly; 0 for not at all
 * @param warmupStart the fraction of the rate at which the rise begins, from 0 to 1
 * @param minimum the fraction of the rate at which {@code cosine} ends, from 0 to 1
 * @param everyEpochs how often {@code step} multiplies the rate by gamma
 * @param milestones when {@code multi_step} multiplies the rate by gamma, rising
 * @param gamma the factor of {@code step} and {@code multi_step}, above 0
 */
public record ScheduleRecipe(
    String name,
    double warmupEpochs,
    double warmupStart,
    double minimum,
    double everyEpochs,
    List<Double> milestones,
    double gamma) {
  private static final Map<String, List<String>> OPTIONS =
      Map.of(
          "constant", List.of(),
          "step", List.of("every_epochs", "gamma"),
          "multi_step", List.of("milestones", "gamma"),
          "cosine", List.of("minimum"));

  /**
   * Checks the values.
   *
   * @param name {@code constant}, {@code step}, {@code multi_step} or {@code cosine}
   * @param warmupEpochs at least 0
   * @param warmupStart from 0 to 1
   * @param minimum from 0 to 1
   * @param everyEpochs above 0
   * @param milestones rising, above 0
   * @param gamma above 0
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public ScheduleRecipe {
    if (!OPTIONS.containsKey(name)) {
      throw new IllegalArgumentException(
          "there is no schedule '"
              + name
              + "'"
              + Suggestion.clause(name, List.of("constant", "step", "multi_step", "cosine")));
    }
    milestones = List.copyOf(milestones);
    require(warmupEpochs >= 0, "warmup_epochs must be at least 0", warmupEpochs);
    require(warmupStart >= 0 && warmupStart <= 1, "warmup_start must be from 0 to 1", warmupStart);
    require(minimum >= 0 && minimum <= 1, "minimum must be from 0 to 1", minimum);
    require(everyEpochs > 0, "every_epochs must be above 0", everyEpochs);
    require(gamma > 0, "gamma must be above 0", gamma);
    double before = 0;
    for (double milestone : milestones) {
      require(milestone > before, "milestones must rise from above 0", milestone);
      before = milestone;
    }
    if (name.equals("multi_step") && milestones.isEmpty()) {
      throw new IllegalArgumentException("milestones must hold at least one epoch");
    }
  }

  private static void require(boolean holds, String rule, double value) {
    if (!holds || Double.isInfinite(value)) {
      throw new IllegalArgumentException(rule + ", but is " + value);
    }
  }

  static ScheduleRecipe read(Mapping section) {
    String name = section.text("name", "constant");
    List<String> own = OPTIONS.get(name);
    if (own != null) { // else the constructor says which schedules there are
      List<String> valid = new ArrayList<>(List.of("name", "warmup_epochs", "warmup_start"));
      valid.addAll(own);
      section.allowOnly(valid);
    }
    return section.read(
        ScheduleRecipe.class, new ScheduleRecipe("constant", 0, 0.01, 0, 1, List.of(), 0.1));
  }

  ObjectNode toTree() {
    ObjectNode all = Mapping.MAPPER.valueToTree(this);
    List<String> kept = new ArrayList<>(List.of("name", "warmup_epochs", "warmup_start"));
    kept.addAll(OPTIONS.get(name));
    return all.retain(kept);
  }
}
