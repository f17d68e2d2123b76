package io.github.steelyard.quant;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.WindowAttention;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Makes a model ready for quantization-aware training: each {@link Linear}, {@link Conv2d} and
 * {@link Attention} or {@link WindowAttention} is replaced by a quantized one that takes over its
 * weights. Train the result with any loop, then apply {@link ConvertQuantization}.
 *
 * <pre>{@code
 * Module prepared =
 *     new PrepareQuantization(QuantizationConfiguration.of(2, 2), loader).apply(model);
 * new Trainer(prepared, optimizer, loader, new CrossEntropy(), 10).run();
 * Module converted = new ConvertQuantization().apply(prepared);
 * }</pre>
 *
 * <p>The scales of activations are parameters whose number depends on the input, such as one for
 * each token. They take their size and first value from the sample, in evaluation mode. Make the
 * optimizer after this transform, as it adds parameters.
 *
 * <p>The first layer and the classifier (both heads of a distilled one) get {@link
 * QuantizationConfiguration#edges}; the second layer of an {@link io.github.steelyard.nn.Mlp},
 * which follows a GELU, is given an unsigned input as in the authors' code.
 */
public final class PrepareQuantization implements ModelTransform {
  private final QuantizationConfiguration configuration;
  private final Optional<Tensor> sample;

  /**
   * Prepares and takes the first scales from a sample.
   *
   * @param configuration bits and methods
   * @param sample a batch of the model's inputs, as those of training; some dozens are enough
   */
  public PrepareQuantization(QuantizationConfiguration configuration, Tensor sample) {
    this(configuration, Optional.of(sample));
  }

  /**
   * Prepares and takes the first scales from the first batch of a source.
   *
   * @param configuration bits and methods
   * @param source batches of the model's inputs, as those of training; one is read at once
   */
  public PrepareQuantization(QuantizationConfiguration configuration, BatchSource source) {
    this(configuration, Optional.of(firstInputs(source)));
  }

  /**
   * Prepares and takes the first scales from the first samples of a source.
   *
   * @param configuration bits and methods
   * @param source batches of the model's inputs, as those of training
   * @param samples how many to read at most, at least 1; those of several batches are put together
   * @throws IllegalArgumentException if there are fewer than 1 samples to read
   */
  public PrepareQuantization(
      QuantizationConfiguration configuration, BatchSource source, int samples) {
    this(configuration, Optional.of(firstInputs(source, samples)));
  }

  private static Tensor firstInputs(BatchSource source, int samples) {
    if (samples < 1) {
      throw new IllegalArgumentException("samples must be at least 1, but is " + samples);
    }
    TensorVector parts = new TensorVector();
    long found = 0;
    try (BatchStream batches = source.epoch(0, 0)) {
      while (found < samples && batches.hasNext()) {
        Tensor inputs = batches.next().inputs();
        parts.push_back(inputs);
        found += inputs.size(0);
      }
    }
    return torch.cat(parts, 0).narrow(0, 0, Math.min(found, samples));
  }

  private static Tensor firstInputs(BatchSource source) {
    try (BatchStream batches = source.epoch(0, 0)) {
      return batches.next().inputs();
    }
  }

  private PrepareQuantization(QuantizationConfiguration configuration, Optional<Tensor> sample) {
    this.configuration = configuration;
    this.sample = sample;
  }

  /**
   * Prepares without scales of activations, for a state dict that holds them. Without one, each
   * takes its scale from the first input of a forward pass.
   *
   * @param configuration bits and methods
   * @return the transform
   */
  public static PrepareQuantization withoutSample(QuantizationConfiguration configuration) {
    return new PrepareQuantization(configuration, Optional.empty());
  }

  /**
   * Prepares a model in place.
   *
   * @param model the model; if it is itself one of the layers that are replaced, use the result
   * @return the prepared model
   * @throws IllegalArgumentException if the model is quantized already, has no layer to quantize,
   *     has weights that are not finite, ties weights that would be quantized differently, has
   *     pruned weights that a quantizer would move, or a rule matches no layer; or if the sample is
   *     empty, not finite or does not fit. The model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    Map<String, Module> layers = QuantizableLayers.of(model);
    Map<String, LayerBits> bits = QuantizableLayers.bits(configuration, model, layers);
    requireFinite(model);
    Optional<Tensor> inputs = sample.map(own -> besideWeights(own, model));
    inputs.ifPresent(PrepareQuantization::requireUsable);
    Map<String, Module> chosen = QuantizableLayers.chosen(layers, bits);
    List<String> edges = QuantizableLayers.edges(model, layers);
    LayerReplacement replacement = new LayerReplacement(configuration, edges);
    chosen.forEach(replacement::check);
    new TiedWeights(configuration, edges).check(model, chosen, bits);
    inputs.ifPresent(input -> run(model, input));
    UndoReplacement undo = new UndoReplacement(model, chosen);
    try {
      Module prepared = model;
      for (Map.Entry<String, Module> entry : chosen.entrySet()) {
        String path = entry.getKey();
        boolean second = QuantizableLayers.isSecondOfMlp(model, path);
        Module quantized = replacement.of(path, entry.getValue(), bits, second);
        moveToWeights(entry.getValue(), quantized);
        if (path.isEmpty()) {
          quantized.train(model.isTraining());
          prepared = quantized;
        } else {
          model.setSubmodule(path, quantized);
        }
      }
      Module result = prepared;
      inputs.ifPresent(input -> run(result, input));
      result
          .namedModules()
          .values()
          .forEach(
              module -> {
                if (module instanceof QuantizedModule layer) {
                  layer.setPreparedBy(configuration);
                }
              });
      return result;
    } catch (RuntimeException e) {
      undo.run();
      throw e;
    }
  }

  private static Tensor besideWeights(Tensor sample, Module model) {
    Device device = Device.of(model.namedParameters().values().iterator().next().tensor());
    return Device.of(sample).equals(device)
        ? sample
        : sample.to(device.torch(), sample.scalar_type());
  }

  private static void requireUsable(Tensor sample) {
    if (sample.numel() == 0) {
      throw new IllegalArgumentException(
          "the sample is empty: its shape is " + Arrays.toString(sample.shape()));
    }
    if (!isFinite(sample)) {
      throw new IllegalArgumentException(
          "the sample holds NaN or infinite values, so activations have no scale");
    }
  }

  /** Parts that are new are made where the layer's weights are, and in their type. */
  private static void moveToWeights(Module layer, Module quantized) {
    Tensor weight = layer.namedParameters().values().iterator().next().tensor();
    quantized.to(Device.of(weight));
    quantized.to(weight.scalar_type().intern());
  }

  private static void run(Module model, Tensor input) {
    EvaluationMode.compute(
        model,
        () -> {
          Scope.withoutGradient(() -> model.forward(input));
          return null;
        });
  }

  private static void requireFinite(Module model) {
    model
        .namedParameters()
        .forEach(
            (name, parameter) -> {
              if (!isFinite(parameter.tensor())) {
                throw new IllegalArgumentException(
                    "the parameter '"
                        + name
                        + "' holds NaN or infinite values, so it has no scale; was the training"
                        + " that made it stable?");
              }
            });
  }

  private static boolean isFinite(Tensor tensor) {
    boolean[] finite = new boolean[1];
    Scope.withoutGradient(() -> finite[0] = tensor.isfinite().all().item_bool());
    return finite[0];
  }
}
