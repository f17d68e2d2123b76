package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.Part;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures a model on a source: in evaluation mode, without gradients, with flat memory. The source
 * is read as its epoch 0, so that every evaluation sees the same samples. Of many {@linkplain
 * io.github.steelyard.runtime.Distributed ranks} each measures consecutive batches, and all get the
 * values of one process, bit for bit.
 */
public final class Evaluator {
  private final BatchSource source;
  private final Loss loss;
  private final List<Metric> metrics;

  /**
   * Creates an evaluator with {@link CrossEntropy} as the loss.
   *
   * @param source the samples
   * @param metrics what to measure beside the mean {@code loss}, with different names
   * @throws IllegalArgumentException if two metrics have the same name
   */
  public Evaluator(BatchSource source, List<Metric> metrics) {
    this(source, new CrossEntropy(), metrics);
  }

  /**
   * Creates an evaluator.
   *
   * @param source the samples
   * @param loss runs the model and gives the {@code loss}
   * @param metrics what to measure beside the mean {@code loss}, with different names
   * @throws IllegalArgumentException if two metrics have the same name
   */
  public Evaluator(BatchSource source, Loss loss, List<Metric> metrics) {
    this.source = source;
    this.loss = loss;
    this.metrics = new ArrayList<>();
    this.metrics.add(new MeanLoss());
    this.metrics.addAll(metrics);
    Set<String> names = new LinkedHashSet<>();
    for (Metric metric : this.metrics) {
      if (!names.add(metric.name())) {
        throw new IllegalArgumentException("two metrics have the name '" + metric.name() + "'");
      }
    }
  }

  /**
   * What is measured: the mean loss and the metrics that were given.
   *
   * @return the live metrics in order; after {@link #evaluate} they hold its values
   */
  public List<Metric> metrics() {
    return List.copyOf(metrics);
  }

  /**
   * Measures a model. Every part of it has its own mode again afterwards.
   *
   * @param model the model
   * @param device where the model is and the batches are moved to
   * @return values by metric, {@code loss} first
   * @throws IllegalArgumentException if the source has no batch, or the model and the source do not
   *     fit
   */
  public Map<String, Double> evaluate(Module model, Device device) {
    if (source.batchesPerEpoch() < 1) {
      throw new IllegalArgumentException("the evaluation source has no batch");
    }
    metrics.forEach(Metric::reset);
    Part part = Part.ofBatches(source.batchesPerEpoch());
    int begin = part.begin(source.batchesPerEpoch());
    int end = part.end(source.batchesPerEpoch());
    MetricSums sums = new MetricSums(metrics);
    return EvaluationMode.compute(
        model,
        () -> {
          try (BatchStream stream = source.epoch(0, begin)) {
            for (int b = begin; b < end; b++) {
              Scope.withoutGradient(
                  () -> sums.count(take(model, Batches.on(stream.next(), device))));
            }
          }
          sums.overRanks();
          Map<String, Double> values = new LinkedHashMap<>();
          metrics.forEach(metric -> values.put(metric.name(), metric.value()));
          return values;
        });
  }

  private LossValue take(Module model, Batch batch) {
    LossValue value = loss.compute(model, batch);
    metrics.forEach(metric -> metric.update(value, batch));
    return value;
  }

  /** The direction of each metric, by name. */
  Map<String, Boolean> directions() {
    Map<String, Boolean> directions = new LinkedHashMap<>();
    metrics.forEach(metric -> directions.put(metric.name(), metric.higherIsBetter()));
    return directions;
  }
}
