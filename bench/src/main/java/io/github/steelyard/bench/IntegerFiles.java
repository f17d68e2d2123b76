package io.github.steelyard.bench;

import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes ONNX files of a network with random weights, in float32 and in few bits, for {@code
 * bench/peers/integer.py}. Shifts are drawn too: those that are 0 would leave out work.
 */
public final class IntegerFiles {
  private IntegerFiles() {}

  /**
   * Writes {@code NAME-float.onnx}, {@code NAME-w2a2.onnx} and {@code NAME-w4a4.onnx}, and those of
   * transformers with query-key reparameterization too.
   *
   * @param arguments the folder, and names of models
   * @throws IOException if a file cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    for (int i = 1; i < arguments.length; i++) {
      String name = arguments[i];
      long[] shape =
          Models.get(name).inputShape(ModelOptions.none()).stream()
              .mapToLong(Integer::longValue)
              .toArray();
      write(folder.resolve(name + "-float.onnx"), create(name), shape);
      for (Map.Entry<String, QuantizationConfiguration> way : ways(name).entrySet()) {
        Scope.run(
            () -> {
              Tensor images = torch.randn(new long[] {4, shape[0], shape[1], shape[2]});
              Module model = new PrepareQuantization(way.getValue(), images).apply(create(name));
              drawShifts(model);
              write(
                  folder.resolve(name + way.getKey() + ".onnx"),
                  new ConvertQuantization().apply(model),
                  shape);
            });
      }
    }
  }

  private static Module create(String name) {
    Seeds.set(1);
    return Models.create(name, ModelOptions.none());
  }

  private static Map<String, QuantizationConfiguration> ways(String name) {
    Map<String, QuantizationConfiguration> ways = new LinkedHashMap<>();
    boolean attends = name.contains("vit") || name.contains("deit") || name.contains("swin");
    for (int bits : new int[] {2, 4}) {
      QuantizationConfiguration qkr = QuantizationConfiguration.of(bits, bits);
      String key = "-w%da%d".formatted(bits, bits);
      ways.put(key, qkr.withQueryKeyReparameterization(false));
      if (attends && !name.contains("swin")) {
        ways.put(key + "-qkr", qkr);
      }
    }
    return ways;
  }

  private static void drawShifts(Module model) {
    model
        .namedParameters()
        .forEach(
            (path, parameter) -> {
              if (path.contains("shift_")) {
                Scope.withoutGradient(
                    () -> parameter.tensor().normal_(0, 0.1, new GeneratorOptional()));
              }
            });
  }

  private static void write(Path file, Module model, long... shape) throws IOException {
    model.eval();
    OnnxFile.save(file, model, shape);
    System.out.println(file + ": " + Files.size(file) + " bytes");
  }
}
