package io.github.steelyard.robust;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What gates need around a step: a new sample before it, and log alpha back in [log 0.01, log 100]
 * after it. At the end of each epoch the run's log gets an event {@code gates}: how many are open,
 * and how many are expected to be.
 *
 * <p>Use {@link AddGates} before the optimizer is made, and add this callback in every training of
 * a gated model, also where the gates themselves are frozen.
 */
public final class GateTraining implements Callback {
  /** Creates the callback. */
  public GateTraining() {}

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the model has no gates, or the optimizer lacks them
   */
  @Override
  public void beforeRun(TrainingContext context) {
    Map<String, HardConcreteGate> gates = HardConcreteGate.of(context.model());
    if (gates.isEmpty()) {
      throw new IllegalArgumentException(
          "there are no gates to train in "
              + context.model()
              + ": apply AddGates to the model before the optimizer is made");
    }
    Set<Parameter> moved = Collections.newSetFromMap(new IdentityHashMap<>());
    context.optimizer().groups().forEach(group -> moved.addAll(group.parameters().values()));
    List<String> left = new ArrayList<>();
    gates.forEach(
        (path, gate) -> {
          if (gate.logAlpha().isTrainable() && !moved.contains(gate.logAlpha())) {
            left.add(path);
          }
        });
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          "the optimizer does not move the gates of "
              + left
              + ": make it after AddGates, or freeze them with setTrainable(false)");
    }
  }

  @Override
  public void beforeStep(TrainingContext context) {
    HardConcreteGate.of(context.model()).values().forEach(HardConcreteGate::draw);
  }

  @Override
  public void afterStep(TrainingContext context) {
    HardConcreteGate.of(context.model()).values().forEach(HardConcreteGate::clamp);
  }

  @Override
  public void afterEpoch(TrainingContext context) {
    context.log("gates", values(context.model()));
  }

  private static Map<String, Object> values(Module model) {
    long open = 0;
    long all = 0;
    double expected = 0;
    for (HardConcreteGate gate : HardConcreteGate.of(model).values()) {
      open += gate.open();
      all += gate.logAlpha().tensor().numel();
      expected += GateReport.expectedOpen(gate);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("open", open);
    values.put("expected_open", expected);
    values.put("gates", all);
    return values;
  }
}
