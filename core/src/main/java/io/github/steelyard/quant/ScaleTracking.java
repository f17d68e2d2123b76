package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import io.github.steelyard.train.TrainingResult;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Watches the learned scales of all {@link Lsq} quantizers of a model. A scale that learning pushes
 * to zero or below is held at 1e-5, and what it scales is rounded to almost nothing. After each
 * epoch the callback counts these scales and writes an event {@code scales} to the run's log:
 * {@code smallest} (how many are held), {@code all}, and {@code quantizers} with the numbers by
 * path; {@link #warning()} says it in words.
 *
 * <p>Such scales are common where a barely trained transformer is quantized to 2 bits: nearly
 * uniform attention probabilities p are rounded to 0 by the first scale, 2.3 mean(p), so that the
 * attention's output, and its first scale, are zero. And an optimizer such as Adam moves a scale by
 * about the learning rate however small it is.
 *
 * <p>Cost: one pass over the scales an epoch.
 */
public final class ScaleTracking implements Callback {
  private static final System.Logger LOG = System.getLogger(ScaleTracking.class.getName());

  private final Map<String, Long> smallest = new LinkedHashMap<>();
  private long all;

  /** Creates the callback. */
  public ScaleTracking() {}

  @Override
  public void afterEpoch(TrainingContext context) {
    count(context.model());
    context.log(
        "scales", Map.of("smallest", smallest(), "all", all, "quantizers", Map.copyOf(smallest)));
  }

  /** Warns where scales are held at their smallest value at the end. */
  @Override
  public void afterRun(TrainingContext context, TrainingResult result) {
    warning().ifPresent(text -> LOG.log(System.Logger.Level.WARNING, text));
  }

  /** Holds the scales of a model at their smallest value and counts them. */
  void count(Module model) {
    smallest.clear();
    all = 0;
    Scope.withoutGradient(() -> quantizers(model).forEach(this::count));
  }

  private void count(String path, Lsq quantizer) {
    long held = quantizer.holdScale();
    all += quantizer.scale().tensor().numel();
    if (held > 0) {
      smallest.put(path, held);
    }
  }

  private static Map<String, Lsq> quantizers(Module model) {
    Map<String, Lsq> found = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof Lsq quantizer) {
                found.put(path, quantizer);
              }
              module
                  .ownParameters()
                  .forEach((name, parameter) -> add(found, path, name, parameter));
            });
    return found;
  }

  private static void add(Map<String, Lsq> found, String path, String name, Parameter parameter) {
    parameter.parametrizations().stream()
        .filter(Lsq.class::isInstance)
        .map(Lsq.class::cast)
        .forEach(quantizer -> found.put(path.isEmpty() ? name : path + "." + name, quantizer));
  }

  /**
   * How many scales are held at their smallest value, as after the last epoch.
   *
   * @return at least 0
   */
  public long smallest() {
    return smallest.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * What a person should know about the scales, as they were after the last epoch.
   *
   * @return a sentence, or empty if no scale is held at its smallest value
   */
  public Optional<String> warning() {
    return smallest.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(
            most ->
                String.format(
                    Locale.ROOT,
                    "%,d of %,d learned scales are held at their smallest value 1e-5, so that what"
                        + " they scale is rounded to almost nothing; most of them in %s (%,d). Train"
                        + " the full-precision model for longer first, lower the learning rate or"
                        + " use more bits",
                    smallest(),
                    all,
                    most.getKey(),
                    most.getValue()));
  }
}
