package io.github.steelyard.incremental;

import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What a model says of data without augmentation, sample by sample in the data's order and in
 * evaluation mode.
 *
 * @param model the classifier
 * @param head the last layer's path; empty to find it
 * @param data gives the preprocessing and the batches
 * @param device where the model is
 */
public record Outputs(Module model, String head, StreamData data, Device device) {

  /**
   * The features before the last layer.
   *
   * @param samples the samples
   * @return float [n, d] on the processor
   */
  public Tensor features(Dataset samples) {
    ClassifierHead found = ClassifierHead.of(model, head);
    return collected(samples, found::features);
  }

  /**
   * The logits.
   *
   * @param samples the samples
   * @return float [n, classes] on the processor
   */
  public Tensor logits(Dataset samples) {
    return collected(samples, model::forward);
  }

  /**
   * The labels.
   *
   * @param samples the samples
   * @return int64 [n] on the processor
   */
  public static Tensor labels(Dataset samples) {
    long[] labels = new long[samples.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = samples.label(i);
    }
    return Tensor.create(labels, (long) labels.length);
  }

  /**
   * Batches without augmentation, such as for gradients of them.
   *
   * @param samples the samples
   * @return a loader in the data's order
   */
  public DataLoader loader(Dataset samples) {
    try {
      return new DataLoader(samples, data.preprocessing(), List.of(), data.inOrder());
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private Tensor collected(Dataset samples, UnaryOperator<Tensor> forward) {
    DataLoader loader = loader(samples);
    return EvaluationMode.compute(
        model,
        () ->
            Scope.computeWithoutGradient(
                () -> {
                  TensorVector parts = new TensorVector();
                  try (BatchStream batches = loader.epoch(0, 0)) {
                    while (batches.hasNext()) {
                      parts.push_back(Scope.compute(() -> output(batches, forward)));
                    }
                  }
                  return torch.cat(parts, 0);
                }));
  }

  private Tensor output(BatchStream batches, UnaryOperator<Tensor> forward) {
    Tensor inputs = batches.next().inputs();
    return forward.apply(inputs.to(device.torch(), inputs.scalar_type())).detach().cpu();
  }
}
