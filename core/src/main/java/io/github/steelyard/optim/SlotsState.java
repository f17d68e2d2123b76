package io.github.steelyard.optim;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How an optimizer's memory is saved: tensors {@code <parameter>.<moment>}; values {@code
 * optimizer} (its name), {@code steps} (per parameter) and {@code groups} (the rates per group, as
 * they are and as the group was made with).
 */
final class SlotsState {
  private static final String OPTIMIZER = "optimizer";
  private static final String STEPS = "steps";
  private static final String GROUPS = "groups";
  private static final String LEARNING_RATE = "learning_rate";
  private static final String BASE_LEARNING_RATE = "base_learning_rate";
  private static final String BASE_WEIGHT_DECAY = "base_weight_decay";
  private static final String WEIGHT_DECAY = "weight_decay";

  private final String optimizer;
  private final Map<String, ParameterGroup> groups;
  private final Map<String, Slot> slots;
  private final List<String> moments;

  SlotsState(
      String optimizer,
      Map<String, ParameterGroup> groups,
      Map<String, Slot> slots,
      List<String> moments) {
    this.optimizer = optimizer;
    this.groups = groups;
    this.slots = slots;
    this.moments = moments;
  }

  State save() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, Object> steps = new LinkedHashMap<>();
    slots.forEach(
        (name, slot) -> {
          steps.put(name, slot.steps);
          for (int i = 0; i < slot.moments.size(); i++) {
            tensors.put(name + "." + moments.get(i), slot.moments.get(i));
          }
        });
    Map<String, Object> rates = new LinkedHashMap<>();
    groups.forEach(
        (name, group) ->
            rates.put(
                name,
                Map.of(
                    LEARNING_RATE,
                    group.learningRate(),
                    BASE_LEARNING_RATE,
                    group.baseLearningRate(),
                    WEIGHT_DECAY,
                    group.weightDecay(),
                    BASE_WEIGHT_DECAY,
                    group.baseWeightDecay())));
    return new State(tensors, Map.of(OPTIMIZER, optimizer, STEPS, steps, GROUPS, rates));
  }

  void restore(State saved) {
    requireKnown("value", saved.values().keySet(), Set.of(OPTIMIZER, STEPS, GROUPS));
    Object name = saved.values().get(OPTIMIZER);
    if (!optimizer.equals(name)) {
      throw new IllegalArgumentException(
          "the state was saved by the optimizer '" + name + "', not by '" + optimizer + "'");
    }
    Map<String, Long> steps = steps(map(STEPS, saved.values().get(STEPS)));
    Map<String, Rates> rates = rates(map(GROUPS, saved.values().get(GROUPS)));
    Map<String, List<Tensor>> restored = moments(steps, saved.tensors());

    slots.forEach(
        (parameter, slot) -> {
          slot.steps = steps.get(parameter);
          slot.moments = restored.get(parameter);
        });
    groups.forEach(
        (group, target) -> {
          rates.get(group).setIn(target);
        });
  }

  private Map<String, Long> steps(Map<?, ?> saved) {
    requireSame("parameter", saved.keySet(), slots.keySet());
    Map<String, Long> steps = new LinkedHashMap<>();
    saved.forEach(
        (parameter, count) -> {
          if (!(count instanceof Long || count instanceof Integer)
              || ((Number) count).longValue() < 0) {
            throw new IllegalArgumentException(
                "the state's steps of '" + parameter + "' must be a count, but are " + count);
          }
          steps.put((String) parameter, ((Number) count).longValue());
        });
    return steps;
  }

  /** A group's rates as they were, and as the group was made with. */
  private record Rates(double learning, double baseLearning, double decay, double baseDecay) {
    /** A group that was made with another rate than the saved one keeps its own. */
    void setIn(ParameterGroup group) {
      if (group.baseLearningRate() == baseLearning) {
        group.setLearningRate(learning);
      }
      if (group.baseWeightDecay() == baseDecay) {
        group.setWeightDecay(decay);
      }
    }
  }

  private Map<String, Rates> rates(Map<?, ?> saved) {
    requireSame("parameter group", saved.keySet(), groups.keySet());
    Map<String, Rates> rates = new LinkedHashMap<>();
    saved.forEach(
        (group, value) -> {
          Map<?, ?> both = map("group '" + group + "'", value);
          requireSame(
              "rate",
              both.keySet(),
              Set.of(LEARNING_RATE, BASE_LEARNING_RATE, WEIGHT_DECAY, BASE_WEIGHT_DECAY));
          rates.put(
              (String) group,
              new Rates(
                  rate(group, LEARNING_RATE, both.get(LEARNING_RATE)),
                  rate(group, BASE_LEARNING_RATE, both.get(BASE_LEARNING_RATE)),
                  rate(group, WEIGHT_DECAY, both.get(WEIGHT_DECAY)),
                  rate(group, BASE_WEIGHT_DECAY, both.get(BASE_WEIGHT_DECAY))));
        });
    return rates;
  }

  private static double rate(Object group, String what, Object value) {
    if (value instanceof Number number
        && number.doubleValue() >= 0
        && !Double.isInfinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException(
        "the state's "
            + what
            + " of the group '"
            + group
            + "' must be at least 0, but is "
            + value);
  }

  private Map<String, List<Tensor>> moments(Map<String, Long> steps, Map<String, Tensor> saved) {
    Set<String> expected = new LinkedHashSet<>();
    steps.forEach(
        (parameter, count) -> {
          if (count > 0) {
            moments.forEach(moment -> expected.add(parameter + "." + moment));
          }
        });
    requireSame("tensor", saved.keySet(), expected);
    slots.forEach(
        (parameter, slot) -> {
          for (String moment : moments) {
            Tensor tensor = saved.get(parameter + "." + moment);
            if (tensor != null) {
              requireFits(parameter + "." + moment, tensor, slot);
            }
          }
        });
    Map<String, List<Tensor>> restored = new LinkedHashMap<>();
    Scope.withoutGradient(
        () ->
            slots.forEach(
                (parameter, slot) -> {
                  List<Tensor> own = new ArrayList<>();
                  if (steps.get(parameter) > 0) {
                    for (String moment : moments) {
                      own.add(copy(saved.get(parameter + "." + moment), slot));
                    }
                  }
                  restored.put(parameter, List.copyOf(own));
                }));
    return restored;
  }

  private static Tensor copy(Tensor saved, Slot slot) {
    Tensor like = torch.empty_like(slot.parameter.tensor()).to(slot.momentType());
    return Scope.keep(like.copy_(saved));
  }

  private static void requireFits(String name, Tensor saved, Slot slot) {
    Tensor parameter = slot.parameter.tensor();
    if (saved.scalar_type().intern() != slot.momentType()
        || !Arrays.equals(saved.shape(), parameter.shape())) {
      throw new IllegalArgumentException(
          "the state's tensor '"
              + name
              + "' is "
              + Slot.describe(saved)
              + ", but its parameter is "
              + Slot.describe(parameter));
    }
  }

  private Map<?, ?> map(String what, Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(
        "the state of the optimizer '"
            + optimizer
            + "' must hold a map of "
            + what
            + ", but it is "
            + value);
  }

  private void requireKnown(String what, Set<?> given, Set<String> known) {
    for (Object name : given) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "the state of the optimizer '"
                + optimizer
                + "' holds an unexpected "
                + what
                + " '"
                + name
                + "'"
                + Suggestion.clause(String.valueOf(name), known));
      }
    }
  }

  private void requireSame(String what, Set<?> given, Set<String> expected) {
    requireKnown(what, given, expected);
    for (String name : expected) {
      if (!given.contains(name)) {
        throw new IllegalArgumentException(
            "the state of the optimizer '" + optimizer + "' lacks the " + what + " '" + name + "'");
      }
    }
  }
}
