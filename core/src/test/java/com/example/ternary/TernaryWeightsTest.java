package com.example.ternary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.io.onnx.OnnxExport;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.ConfidenceGuidedAnnealing;
import io.github.steelyard.quant.ConfidenceGuidedAnnealingConfiguration;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.IterativeFreezing;
import io.github.steelyard.quant.IterativeFreezingConfiguration;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.OscillationTrackingConfiguration;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedTensor;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.quant.Quantizers;
import io.github.steelyard.quant.WeightQuantizer;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A quantizer from outside goes through the whole life of a quantized model. */
class TernaryWeightsTest {
  private static final QuantizationConfiguration TERNARY =
      QuantizationConfiguration.of(2, 8).withMethod("twn");
  private static final ModelOptions OPTIONS =
      ModelOptions.none()
          .with(o -> o.classes = 3)
          .with(o -> o.imageSize = 8)
          .with(o -> o.hidden = List.of(12, 10));
  static final Provenance PROVENANCE =
      Provenance.now(7, Map.of(), Map.of("data", "random"), List.of());

  @TempDir Path folder;

  @Test
  void givenAWeightByHand_whenQuantized_thenItIsThePapersFormula() {
    Tensor weight = torch.tensor(new float[] {0.1f, -0.9f, 0.4f, 0.5f, 0, 0, 0, 0}).view(2, 4);
    Tensor latent = weight.clone().requires_grad_(true);
    WeightQuantizer quantizer = Quantizers.create("twn", 2);

    Tensor value = quantizer.forward(latent);
    value.sum().backward();

    // delta = 0.7 * 1.9 / 4 = 0.3325 and a = (0.9 + 0.4 + 0.5) / 3.
    Tensor expected = torch.tensor(new float[] {0, -0.6f, 0.6f, 0.6f, 0, 0, 0, 0}).view(2, 4);
    assertThat(torch.allclose(value, expected)).isTrue();
    assertThat(latent.grad().eq(torch.ones_like(latent)).all().item_bool()).isTrue();
    QuantizedTensor stored = quantizer.quantize(weight);
    assertThat(torch.equal(stored.dequantize(), value.detach())).isTrue();
    assertThat(stored.bits()).isEqualTo(2);
    // 0.4 lies at 0.4 / 0.665 of a step, 0.1015 above the threshold.
    assertThat(quantizer.distanceToThreshold(weight).view(-1).select(0, 2).item_double())
        .isCloseTo(0.10150, within(1e-4));
  }

  @Test
  void givenATernaryNetwork_whenTrained_thenItLearnsIsTrackedPackedAndExportedToTheSameBits()
      throws Exception {
    Module model = prepared();
    OscillationTracking tracking = new OscillationTracking(OscillationTrackingConfiguration.of(5));
    double before = loss(model);
    trainer(model)
        .callback(
            "annealing",
            new ConfidenceGuidedAnnealing(ConfidenceGuidedAnnealingConfiguration.of(1)))
        .callback("oscillation", tracking)
        .run();

    assertThat(loss(model)).isLessThan(0.5 * before);
    assertThat(QuantizedWeight.of(model).get("fc2.weight").quantizer())
        .isInstanceOf(TernaryWeights.class);
    assertThat(tracking.samples()).isNotEmpty();
    assertThat(tracking.samples().get(0).shares()).containsKey("fc2.weight");

    Tensor expected = logits(model);
    Path packed = folder.resolve("ternary.safetensors");
    PackedModel.save(
        packed, model, TERNARY, Optional.of(new PackedModel.Origin("mlp", OPTIONS)), PROVENANCE);
    assertThat(PackedModel.configuration(packed)).isEqualTo(TERNARY);
    assertThat(torch.equal(logits(PackedModel.load(packed)), expected)).isTrue();
    Path onnx = folder.resolve("ternary.onnx");
    OnnxExport export = OnnxFile.save(onnx, model, new long[] {1, 8, 8}, PROVENANCE);
    assertThat(export.constantBytes().keySet()).anyMatch(type -> !type.equals("FLOAT"));
    Module converted = new ConvertQuantization().apply(model);
    assertThat(torch.equal(logits(converted), expected)).isTrue();
  }

  @Test
  void givenAStateDict_whenLoadedIntoAnotherTernaryNetwork_thenBothAgree() {
    Module model = prepared();
    trainer(model).run();
    Module other = PrepareQuantization.withoutSample(TERNARY).apply(Models.create("mlp", OPTIONS));
    Map<String, Tensor> state = new LinkedHashMap<>(model.stateDict());

    other.loadStateDict(state);

    assertThat(torch.equal(logits(other), logits(model))).isTrue();
  }

  @Test
  void givenWhatItCannotDo_whenAskedFor_thenTheReasonIsSaid() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> QuantizationConfiguration.of(4, 8).withMethod("twn"))
        .withMessage("the quantizer 'twn' takes 2 bits, but was asked for 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TERNARY.withQueryKeyReparameterization(true))
        .withMessageContaining("which the method 'twn' does not");
    assertThat(TERNARY.queryKeyReparameterization()).isFalse();
    assertThat(Quantizers.get("twn").freezes()).isFalse();
    Trainer freezing =
        trainer(prepared())
            .callback("freezing", new IterativeFreezing(IterativeFreezingConfiguration.defaults()));
    assertThatIllegalArgumentException()
        .isThrownBy(freezing::run)
        .withMessageContaining("TWN(2 bits)");
  }

  static Module prepared() {
    Seeds.set(3);
    return new PrepareQuantization(TERNARY, batch(9).inputs()).apply(Models.create("mlp", OPTIONS));
  }

  static Trainer trainer(Module model) {
    Optimizer optimizer = Optimizers.create("adamw", ParameterGroup.of(model, 0.01, 0), Map.of());
    return new Trainer(
        model,
        optimizer,
        new ComputedBatches(8, (epoch, number) -> batch(number)),
        new CrossEntropy(),
        TrainingConfiguration.ofEpochs(4).with(t -> t.seed = 5));
  }

  private static double loss(Module model) {
    return Scope.computeWithoutGradient(
        () -> new CrossEntropy().compute(model, batch(9)).loss().item_double());
  }

  static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(batch(9).inputs()));
  }

  /** Images of 8 x 8 pixels whose mean is their class. */
  static Batch batch(int number) {
    Seeds.set(number);
    Tensor targets = torch.randint(0, 3, new long[] {24}).to(torch.ScalarType.Long);
    Tensor means = targets.sub(new Scalar(1)).view(-1, 1, 1, 1);
    return new Batch(torch.randn(24, 1, 8, 8).add(means), targets);
  }
}
