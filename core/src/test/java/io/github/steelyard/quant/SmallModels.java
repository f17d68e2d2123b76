package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.DistilledVisionTransformer;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.nn.models.VisionTransformer;
import io.github.steelyard.nn.models.VisionTransformerConfiguration;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Models for images of [n, 1, 28, 28] that are quantized within a moment. */
final class SmallModels {
  private static final VisionTransformerConfiguration VIT =
      new VisionTransformerConfiguration(
          28, 7, 1, 10, 24, 2, 3, 2, false, TransformerDropout.none());

  private SmallModels() {}

  static Module create(String name) {
    Seeds.set(11);
    return switch (name) {
      case "vit" -> new VisionTransformer(VIT);
      case "distilled" -> new DistilledVisionTransformer(VIT);
      default -> Models.create(name, ModelOptions.none());
    };
  }

  static Tensor images(int count) {
    Seeds.set(12);
    return torch.randn(count, 1, 28, 28);
  }

  static QuantizationConfiguration configuration(int bits, String method, boolean reparameterized) {
    return new QuantizationConfiguration(
        new LayerBits(bits, bits), method, reparameterized, new LayerBits(8, 8), List.of());
  }

  static Module prepared(String name, QuantizationConfiguration configuration) {
    return new PrepareQuantization(configuration, images(8)).apply(create(name));
  }

  /** Prepared and trained for some steps. */
  static Module trained(String name, QuantizationConfiguration configuration) {
    Module model = prepared(name, configuration);
    train(model, images(8), 3);
    return model;
  }

  /** The loss before each step and after the last. */
  static double[] train(Module model, Tensor images, int steps) {
    long[] classes = LongStream.range(0, images.size(0)).map(i -> i % 10).toArray();
    Tensor labels = torch.tensor(classes);
    AdamW optimizer = new AdamW(ParameterGroup.of(model, 2e-3, 0), AdamWConfiguration.defaults());
    double[] losses = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      boolean last = i == steps;
      losses[i] =
          Scope.compute(
              () -> {
                optimizer.zeroGrad();
                Tensor loss = torch.cross_entropy_loss(model.forward(images), labels);
                if (!last) {
                  loss.backward();
                  optimizer.step();
                }
                return loss.item_double();
              });
    }
    return losses;
  }

  /** Outputs in evaluation mode. */
  static Tensor logits(Module model, Tensor images) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images));
  }

  /** Copies of all tensors. */
  static Map<String, Tensor> copy(Module model) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> copies.put(name, tensor.detach().clone()));
    return copies;
  }
}
