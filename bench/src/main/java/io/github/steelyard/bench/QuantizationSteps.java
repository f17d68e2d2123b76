package io.github.steelyard.bench;

import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.ActivationQuantizer;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.IntegerArithmetic;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A step of quantization-aware training at 2 bits (forward, cross entropy, backward, AdamW) beside
 * the step of the same model in full precision and beside the plain sequence of operations; which
 * quantizer costs how much; and the evaluation of a converted model.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.QuantizationSteps}; with
 * names of parts ({@code steps}, {@code tracking}, {@code quantizers}, {@code places}, {@code
 * evaluation}) only those.
 */
public final class QuantizationSteps {
  private static final String FLOAT = "full precision";
  private static final String QKR = "StatsQ and QKR";
  private static final QuantizationConfiguration W2A2 = QuantizationConfiguration.of(2, 2);

  /** A model, its batch and how often it is measured. */
  record Study(String model, long batch, int channels, long size, int rounds) {
    Tensor images() {
      return Scope.keep(torch.randn(batch, channels, size, size));
    }

    Module create() {
      Seeds.set(1);
      ModelOptions options =
          ModelOptions.none().with(o -> o.classes = 10).with(o -> o.inputChannels = channels);
      return Models.create(model, options);
    }

    Module prepare(QuantizationConfiguration configuration, Tensor images) {
      return new PrepareQuantization(configuration, images).apply(create());
    }

    @Override
    public String toString() {
      return model + ", batch " + batch;
    }
  }

  private static final Study DEIT = new Study("deit_tiny_patch16_224", 16, 3, 224, 15);

  private QuantizationSteps() {}

  /**
   * Measures and prints tables.
   *
   * @param arguments the parts to measure; all if there are none
   */
  public static void main(String[] arguments) {
    Engine.start();
    System.out.println("threads: " + Engine.settings().threads());
    List<String> parts = List.of(arguments);
    if (parts.isEmpty() || parts.contains("steps")) {
      steps(DEIT);
      steps(new Study("vit_mini_patch7_28", 128, 1, 28, 41));
      steps(new Study("resnet8", 128, 1, 28, 41));
    }
    if (parts.isEmpty() || parts.contains("tracking")) {
      TrackingSteps.print(DEIT);
      TrackingSteps.print(new Study("vit_mini_patch7_28", 128, 1, 28, 41));
    }
    if (parts.isEmpty() || parts.contains("quantizers")) {
      QuantizerPasses.print();
    }
    if (parts.isEmpty() || parts.contains("places")) {
      places(DEIT);
    }
    if (parts.isEmpty() || parts.contains("evaluation")) {
      evaluation(DEIT);
      evaluation(new Study("vit_mini_patch7_28", 128, 1, 28, 41));
    }
  }

  private static void steps(Study study) {
    Tensor images = study.images();
    QuantizationConfiguration plain = W2A2.withQueryKeyReparameterization(false);
    SideBySide table = new SideBySide();
    table.with(FLOAT, step(study.create(), images));
    if (study.model.startsWith("resnet")) {
      table.with("StatsQ", step(study.prepare(plain, images), images));
      table.with("LSQ", step(study.prepare(plain.withMethod("lsq"), images), images));
      table.with(
          "plain StatsQ", step(PlainQuantizers.replaceIn(study.prepare(plain, images)), images));
    } else {
      table.with("StatsQ", step(study.prepare(plain, images), images));
      table.with(QKR, step(study.prepare(W2A2, images), images));
      table.with("LSQ", step(study.prepare(plain.withMethod("lsq"), images), images));
      table.with(
          "plain StatsQ", step(PlainQuantizers.replaceIn(study.prepare(plain, images)), images));
      table.with(
          "plain " + QKR, step(PlainQuantizers.replaceIn(study.prepare(W2A2, images)), images));
    }
    System.out.println("\n" + study + ": a training step, W2A2\n");
    table.measure(3, study.rounds).print(FLOAT);
  }

  private static Runnable step(Module model, Tensor images) {
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 1e-5, 0.05), Map.of());
    Tensor labels = Scope.keep(torch.randint(10, new long[] {images.size(0)}));
    List<Parameter> parameters = List.copyOf(model.namedParameters().values());
    return () -> {
      parameters.forEach(parameter -> parameter.tensor().mutable_grad().reset());
      torch.cross_entropy_loss(model.forward(images), labels).backward();
      optimizer.step();
    };
  }

  /** What a step saves when the quantizers of one place are taken out. */
  private static void places(Study study) {
    Tensor images = study.images();
    Map<String, String> groups = new LinkedHashMap<>();
    groups.put(
        "inputs of attention, qkv and proj", "(attn|attn\\.qkv|attn\\.proj)\\.input_quantizer");
    groups.put("M x", "attn\\.product_quantizer");
    groups.put("values", "attn\\.value_quantizer");
    groups.put("probabilities", "attn\\.probability_quantizer");
    groups.put("inputs of fc1", "mlp\\.fc1\\.input_quantizer");
    groups.put("inputs of fc2", "mlp\\.fc2\\.input_quantizer");
    SideBySide table = new SideBySide();
    table.with(FLOAT, step(study.create(), images));
    table.with(QKR, step(study.prepare(W2A2, images), images));
    groups.forEach(
        (name, pattern) ->
            table.with(
                name, step(without(study.prepare(W2A2, images), ".*\\." + pattern), images)));
    table.with("all weights", step(withoutWeights(study.prepare(W2A2, images)), images));
    table.with(
        "all activations", step(without(study.prepare(W2A2, images), ".*_quantizer"), images));
    Module neither = withoutWeights(without(study.prepare(W2A2, images), ".*_quantizer"));
    table.with("all quantizers", step(neither, images));
    table.measure(2, study.rounds);
    System.out.println("\n" + study + ": where the time of the step with QKR goes\n");
    System.out.println("| quantizers taken out | saved, ms | share of the step |");
    System.out.println("| --- | --- | --- |");
    double whole = table.median(QKR);
    Consumer<String> row =
        name -> {
          double saved = table.difference(QKR, name);
          System.out.printf(
              Locale.ROOT, "| %s | %.1f | %.0f %% |%n", name, saved, 100 * saved / whole);
        };
    groups.keySet().forEach(row);
    List.of("all weights", "all activations", "all quantizers").forEach(row);
    System.out.printf(
        Locale.ROOT,
        "%nThe whole step: %.1f ms; in full precision: %.1f ms.%n",
        whole,
        table.median(FLOAT));
  }

  private static Module without(Module model, String pattern) {
    List<String> paths =
        model.namedModules().entrySet().stream()
            .filter(entry -> entry.getValue() instanceof ActivationQuantizer)
            .map(Map.Entry::getKey)
            .filter(path -> path.matches(pattern))
            .toList();
    paths.forEach(path -> model.setSubmodule(path, new Identity()));
    return model;
  }

  private static Module withoutWeights(Module model) {
    QuantizedWeight.of(model).values().stream()
        .flatMap(weight -> weight.parameter().stream())
        .forEach(Parameter::materialize);
    return model;
  }

  private static void evaluation(Study study) {
    Tensor images = study.images();
    Module whole = study.create();
    Module prepared = study.prepare(W2A2, images);
    System.out.println("\n" + study + ": a forward pass in evaluation mode\n");
    SideBySide table =
        new SideBySide()
            .with(FLOAT, () -> evaluate(whole, images))
            .with("W2A2 with QKR, prepared", () -> evaluate(prepared, images));
    for (int bits : List.of(2, 4)) {
      QuantizationConfiguration withQkr = QuantizationConfiguration.of(bits, bits);
      for (QuantizationConfiguration each :
          List.of(withQkr, withQkr.withQueryKeyReparameterization(false))) {
        Module converted = new ConvertQuantization().apply(study.prepare(each, images));
        Module integers =
            new IntegerArithmetic()
                .apply(new ConvertQuantization().apply(study.prepare(each, images)));
        String name =
            "W%dA%d %s QKR"
                .formatted(bits, bits, each.queryKeyReparameterization() ? "with" : "without");
        table.with(name + ", converted", () -> evaluate(converted, images));
        table.with(name + ", integers", () -> evaluate(integers, images));
      }
    }
    table.measure(3, study.rounds).print(FLOAT);
  }

  private static void evaluate(Module model, Tensor images) {
    model.eval();
    Scope.withoutGradient(() -> model.forward(images));
  }
}
