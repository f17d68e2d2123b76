package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** All parameters of one optimizer, in its groups, with what it remembers of each. */
final class Slots {
  static {
    Engine.start();
  }

  private final List<ParameterGroup> groups;
  private final Map<String, Slot> slots = new LinkedHashMap<>();
  private final SlotsState state;
  private final int momentCount;

  /**
   * Takes parameters in.
   *
   * @param optimizer the name in the saved state, such as {@code adamw}
   * @param groups the parameters, each in one group only
   * @param moments the names of the moments in the saved state, such as {@code exp_avg}
   * @param wide whether moments of half-precision parameters are in single precision
   * @throws IllegalArgumentException if there is no group, a name or a parameter appears twice, or
   *     a parameter is of an unsupported type or device
   */
  Slots(String optimizer, List<ParameterGroup> groups, List<String> moments, boolean wide) {
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("an optimizer needs at least one parameter group");
    }
    this.groups = List.copyOf(groups);
    Map<String, ParameterGroup> groupsByName = new LinkedHashMap<>();
    IdentityHashMap<Parameter, String> names = new IdentityHashMap<>();
    for (ParameterGroup group : groups) {
      if (groupsByName.putIfAbsent(group.name(), group) != null) {
        throw new IllegalArgumentException("two parameter groups are named '" + group.name() + "'");
      }
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                String other = names.putIfAbsent(parameter, name);
                if (other != null) {
                  throw new IllegalArgumentException(
                      "the parameters '" + other + "' and '" + name + "' are the same; keep one");
                }
                Slot slot = new Slot(name, parameter, group, moments, wide);
                if (slots.putIfAbsent(name, slot) != null) {
                  throw new IllegalArgumentException(
                      "two parameters are named '" + name + "'; groups must not overlap");
                }
              });
    }
    momentCount = moments.size();
    state = new SlotsState(optimizer, groupsByName, slots, moments);
  }

  List<ParameterGroup> groups() {
    return groups;
  }

  Collection<Slot> all() {
    return slots.values();
  }

  /**
   * Starts a step: checks every parameter that has a gradient, then counts the step for each. If a
   * check fails, nothing has changed.
   *
   * @return the parameters with a gradient, in as many buckets as needed
   * @throws IllegalStateException if a parameter or its gradient cannot be used
   */
  List<Bucket> advance() {
    record Key(ParameterGroup group, ScalarType type, long device, long steps) {}

    Map<Key, List<Slot>> buckets = new LinkedHashMap<>();
    for (Slot slot : slots.values()) {
      if (slot.hasGradient()) {
        Tensor tensor = slot.parameter.tensor();
        ScalarType type = tensor.scalar_type().intern();
        slot.requireMovable(type);
        Key key = new Key(slot.group, type, Slot.device(tensor), slot.steps);
        buckets.computeIfAbsent(key, k -> new ArrayList<>()).add(slot);
      }
    }
    List<Bucket> due = new ArrayList<>();
    buckets.forEach(
        (key, members) -> {
          members.forEach(slot -> slot.advance(momentCount));
          due.add(new Bucket(key.group(), members));
        });
    return due;
  }

  State state() {
    return state.save();
  }

  void restore(State saved) {
    state.restore(saved);
  }
}
