package io.github.steelyard.train;

import io.github.steelyard.io.inspect.Histogram;
import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Records how weights are distributed as layers see them, that is through their parametrizations:
 * an event {@code histograms} of the run's log before the first step and after the last one, with
 * {@code all} weights together and each of the {@code weights} by its name; and a picture of each
 * in TensorBoard after every epoch. Weights are parameters of two and more dimensions.
 *
 * <p>Cost: some passes over the weights at these moments, nothing in between.
 */
public final class WeightHistograms implements Callback {
  private final WeightInspection inspection;

  /**
   * Creates the callback.
   *
   * @param bins bins of a histogram, 1 to 10,000
   * @throws IllegalArgumentException if the number of bins is out of range
   */
  public WeightHistograms(int bins) {
    inspection = new WeightInspection(new InspectionConfiguration(bins, 0));
  }

  /**
   * How the values of some weights are distributed, all together, as they are stored.
   *
   * @param model the model
   * @param names the names of the weights in the state dict, at least one that the model has
   * @param bins bins of the histogram, 1 to 10,000
   * @return the histogram
   * @throws IllegalArgumentException if the model has none of the weights, or the number of bins is
   *     out of range
   */
  public static Histogram together(Module model, Set<String> names, int bins) {
    WeightInspection inspection = new WeightInspection(new InspectionConfiguration(bins, 0));
    return Scope.computeWithoutGradient(
        () -> {
          TensorVector flat = new TensorVector();
          model
              .namedParameters()
              .forEach(
                  (name, parameter) -> {
                    if (names.contains(name)) {
                      flat.push_back(parameter.tensor().detach().cpu().reshape(-1));
                    }
                  });
          if (flat.empty()) {
            throw new IllegalArgumentException("the model has none of the weights " + names);
          }
          return inspection.inspect("weights", torch.cat(flat, 0)).statistics().histogram();
        });
  }

  @Override
  public void beforeRun(TrainingContext context) {
    if (!context.isResumed()) {
      log(context);
    }
  }

  @Override
  public void afterEpoch(TrainingContext context) {
    Scope.withoutGradient(
        () ->
            weights(context)
                .forEach((name, weight) -> context.logHistogram("weights/" + name, weight)));
  }

  @Override
  public void afterRun(TrainingContext context, TrainingResult result) {
    log(context);
  }

  private void log(TrainingContext context) {
    Scope.withoutGradient(
        () -> {
          Map<String, Object> each = new LinkedHashMap<>();
          TensorVector flat = new TensorVector();
          weights(context)
              .forEach(
                  (name, weight) -> {
                    each.put(name, histogram(weight));
                    flat.push_back(weight.reshape(-1));
                  });
          if (!each.isEmpty()) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("all", histogram(torch.cat(flat, 0)));
            values.put("weights", each);
            context.log("histograms", values);
          }
        });
  }

  private Object histogram(Tensor weight) {
    return inspection.inspect("weight", weight).statistics().histogram();
  }

  private static Map<String, Tensor> weights(TrainingContext context) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    context
        .model()
        .plainlyNamedParameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.shape().length > 1) {
                weights.put(name, parameter.value().detach());
              }
            });
    return weights;
  }
}
