package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxRun;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedLayer;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A finished model, and the files that it is written to. */
record Shipped(Module model, Optional<QuantizationConfiguration> quantization) {
  private static final Provenance PROVENANCE = Provenance.now(0, Map.of(), Map.of(), List.of());

  /** The safetensors file gives the same logits, bit for bit, and ONNX Runtime the same numbers. */
  void requireSameInFiles(Path folder, Module fresh) throws Exception {
    Tensor logits = Network.logits(model);
    assertThat(Network.difference(Network.logits(loaded(folder, fresh)), logits)).isZero();
    Path onnx = folder.resolve("model.onnx");
    OnnxFile.save(onnx, model, new long[] {1, Network.SIDE, Network.SIDE}, PROVENANCE);
    try (OnnxRun run = new OnnxRun(onnx)) {
      assertThat(Network.difference(run.logits(Network.images()), logits))
          .isLessThanOrEqualTo(tolerance() * Network.largest(logits));
    }
  }

  /** Float32 sums may have another order; an activation at a threshold then takes another level. */
  private double tolerance() {
    return quantization.filter(own -> own.bits().activations() <= 8).isPresent() ? 0.05 : 1e-5;
  }

  private Module loaded(Path folder, Module fresh) throws Exception {
    Path file = folder.resolve("model.safetensors");
    if (quantization.isPresent()) {
      PackedModel.save(file, model, quantization.get(), Optional.empty(), PROVENANCE);
      return PackedModel.load(file, fresh);
    }
    ModelFile.save(file, model, PROVENANCE);
    ModelFile.loadStrict(file, fresh);
    return fresh;
  }

  /** The share of zeros among the weights that layers see. */
  double sparsity() {
    return Scope.computeWithoutGradient(
        () -> {
          List<Tensor> weights =
              Stream.concat(
                      model.namedModules().values().stream()
                          .filter(QuantizedLayer.class::isInstance)
                          .flatMap(layer -> ((QuantizedLayer) layer).packedWeight().stream())
                          .map(packed -> packed.value()),
                      LayerWeights.of(model).values().stream().map(weight -> weight.value()))
                  .toList();
          double zeros =
              weights.stream().mapToLong(w -> w.eq(new Scalar(0.0)).sum().item_long()).sum();
          return zeros / weights.stream().mapToLong(Tensor::numel).sum();
        });
  }
}
