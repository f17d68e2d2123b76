package io.github.steelyard.train;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Stateful;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * An exponential moving average of a model's weights (Polyak and Juditsky 1992; in this form as in
 * Tarvainen and Valpola, NeurIPS 2017, and timm's {@code ModelEmaV2}). After each step,
 *
 * <pre>a = d_t a + (1 - d_t) w,   d_t = min(d, (1 + t) / (10 + t)) with warm-up, else d</pre>
 *
 * for every floating-point tensor w of the state dict, running statistics included; other tensors
 * are copied. t is the number of updates before this one. The average starts as a copy of the
 * weights. Cost: memory for one more copy of the model, one pass over it a step.
 *
 * <p>{@link #published} is the average of the code of L0 regularization (Louizos et al., 2018) and
 * TSCNC (Feng et al., 2025) instead: it averages parameters alone, copies running statistics, and
 * is read as a / (1 - d^n) after n updates, as if it had started from zero. Since it starts from
 * the weights, that is too large by their share d^n / (1 - d^n): a hundred times after one update
 * with d = 0.99, by 10 % after 240, nothing after a thousand. Use it to compare with those papers
 * only.
 *
 * <p>When not to use it: the average lags by about 1 / (1 - d) steps, so short runs need a smaller
 * d or the warm-up.
 */
public final class WeightAverage implements Stateful {
  private static final String DIVISOR = "divisor";
  private static final String COPIED = "copied";

  private final Module model;
  private final double decay;
  private final boolean warmUp;
  private final boolean published;
  private final Set<String> copied = new HashSet<>();
  private final Map<String, Tensor> average = new LinkedHashMap<>();
  private long updates;

  /**
   * Starts an average at the model's weights.
   *
   * @param model the model; its device and its parts must not change afterwards
   * @param decay the decay d, in (0, 1), such as 0.999
   * @param warmUp whether early updates use a smaller decay
   * @throws IllegalArgumentException if the decay is out of range
   */
  public WeightAverage(Module model, double decay, boolean warmUp) {
    this(model, decay, warmUp, false);
  }

  private WeightAverage(Module model, double decay, boolean warmUp, boolean published) {
    if (!(decay > 0 && decay < 1)) {
      throw new IllegalArgumentException("the decay must be in (0, 1), but is " + decay);
    }
    this.model = model;
    this.decay = decay;
    this.warmUp = warmUp;
    this.published = published;
    if (published) {
      copied.addAll(model.namedBuffers().keySet());
    }
    Scope.withoutGradient(
        () ->
            model
                .stateDict()
                .forEach((name, tensor) -> average.put(name, Scope.keep(tensor.detach().clone()))));
  }

  /**
   * Starts the average of the published code of TSCNC at the model's weights.
   *
   * @param model the model; its device and its parts must not change afterwards
   * @param decay the decay d, in (0, 1); the authors have 0.99
   * @return the average
   * @throws IllegalArgumentException if the decay is out of range
   */
  public static WeightAverage published(Module model, double decay) {
    return new WeightAverage(model, decay, false, true);
  }

  /** Takes in the model's weights as they are now. */
  public void update() {
    double t = updates++;
    double rate = warmUp ? Math.min(decay, (1 + t) / (10 + t)) : decay;
    Scope.withoutGradient(
        () -> {
          Scalar weight = new Scalar(1 - rate);
          model
              .stateDict()
              .forEach(
                  (name, tensor) -> {
                    Tensor mean = mean(name);
                    if (tensor.is_floating_point() && !copied.contains(name)) {
                      mean.lerp_(tensor, weight);
                    } else {
                      mean.copy_(tensor);
                    }
                  });
        });
  }

  private Tensor mean(String name) {
    Tensor mean = average.get(name);
    if (mean == null) {
      throw new IllegalStateException(
          "the model got a tensor '"
              + name
              + "' after its weight average was made; make the average last");
    }
    return mean;
  }

  /**
   * The averaged weights.
   *
   * @return tensors by their names in the state dict, live except for a published average; copy
   *     them to keep them
   */
  public Map<String, Tensor> weights() {
    if (!published || updates == 0) {
      return Collections.unmodifiableMap(average);
    }
    return divided(average, divisor(), copied);
  }

  private double divisor() {
    return 1 - Math.pow(decay, (double) updates);
  }

  private static Map<String, Tensor> divided(
      Map<String, Tensor> average, double divisor, Collection<?> copied) {
    Scalar scalar = new Scalar(divisor);
    Map<String, Tensor> read = new LinkedHashMap<>();
    average.forEach(
        (name, mean) -> read.put(name, copied.contains(name) ? mean : mean.div(scalar)));
    return read;
  }

  /** The averaged weights of a saved state. */
  static Map<String, Tensor> weights(State saved) {
    if (saved.values().get(DIVISOR) instanceof Number divisor
        && saved.values().get(COPIED) instanceof Collection<?> copied) {
      return divided(saved.tensors(), divisor.doubleValue(), copied);
    }
    return saved.tensors();
  }

  /**
   * How often {@link #update} was called.
   *
   * @return at least 0
   */
  public long updates() {
    return updates;
  }

  /**
   * Runs work on the model with the averaged weights in it, and puts its own weights back, without
   * copying either. The work must not train the model.
   *
   * @param <T> the type of the result
   * @param work what to do, such as an evaluation
   * @return what the work returned
   */
  public <T> T during(Supplier<T> work) {
    Map<String, Tensor> live = model.stateDict();
    return Scope.computeWithoutGradient(
        () -> {
          Map<String, Tensor> own = new LinkedHashMap<>();
          live.forEach((name, tensor) -> own.put(name, tensor.detach()));
          live.keySet().forEach(this::mean);
          Map<String, Tensor> read = weights();
          try {
            live.forEach((name, tensor) -> tensor.set_data(read.get(name)));
            return work.get();
          } finally {
            live.forEach((name, tensor) -> tensor.set_data(own.get(name)));
          }
        });
  }

  @Override
  public State state() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("updates", updates);
    if (published && updates > 0) { // what a reader needs who does not know the decay
      values.put(DIVISOR, divisor());
      values.put(COPIED, copied.stream().sorted().toList());
    }
    return new State(average, values);
  }

  @Override
  public void restore(State state) {
    if (!state.tensors().keySet().equals(average.keySet())) {
      throw new IllegalArgumentException(
          "the checkpoint's weight average has other tensors than the model: "
              + state.tensors().keySet()
              + " instead of "
              + average.keySet());
    }
    average.forEach(
        (name, mean) -> {
          long[] shape = state.tensors().get(name).shape();
          if (!Arrays.equals(shape, mean.shape())) {
            throw new IllegalArgumentException(
                "the checkpoint's weight average has '"
                    + name
                    + "' with shape "
                    + Arrays.toString(shape)
                    + " instead of "
                    + Arrays.toString(mean.shape()));
          }
        });
    if (!(state.values().get("updates") instanceof Number saved)) {
      throw new IllegalArgumentException(
          "the checkpoint's weight average lacks the number 'updates'");
    }
    Scope.withoutGradient(
        () -> average.forEach((name, mean) -> mean.copy_(state.tensors().get(name))));
    updates = saved.longValue();
  }
}
