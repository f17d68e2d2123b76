package io.github.steelyard.bench.campaign;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;

/** Exports networks again and again in one process, in turns to each format, and opens them. */
final class Exports implements Part {
  private final Path folder;
  private final Module plain = Models.create("resnet8", ModelOptions.none());
  private final Module quantized;
  private final Leaks leaks = new Leaks(300);

  Exports(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    quantized =
        new PrepareQuantization(
                QuantizationConfiguration.of(4, 4).withMethod("lsq"), torch.rand(4, 1, 28, 28))
            .apply(Models.create("resnet8", ModelOptions.none()));
  }

  @Override
  public Verdict judge(long number) throws IOException {
    String format = number % 3 == 0 ? "ONNX" : number % 3 == 1 ? "safetensors" : "packed";
    Path file = folder.resolve("model-" + number);
    Scope.<IOException>run(
        () -> {
          switch (format) {
            case "ONNX" -> OnnxFile.save(file, plain, 1, 28, 28);
            case "safetensors" -> {
              ModelFile.save(file, plain);
              ModelFile.loadStrict(file, plain);
            }
            default -> PackedModel.save(file, quantized);
          }
        });
    Files.delete(file);
    return leaks.judge("exports in one process, " + format, 1);
  }
}
