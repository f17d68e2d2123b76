package com.example.ternary;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxRun;
import io.github.steelyard.nn.Module;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another runtime makes of a quantizer from outside. */
class TernaryOnnxTest {
  @TempDir Path folder;

  @Test
  void givenATernaryNetwork_whenExported_thenOnnxRuntimeAgrees() throws Exception {
    Module model = TernaryWeightsTest.prepared();
    TernaryWeightsTest.trainer(model).run();
    Path file = folder.resolve("ternary.onnx");
    OnnxFile.save(file, model, new long[] {1, 8, 8}, TernaryWeightsTest.PROVENANCE);

    try (OnnxRun run = new OnnxRun(file)) {
      Tensor difference =
          run.logits(TernaryWeightsTest.batch(9).inputs())
              .sub(TernaryWeightsTest.logits(model))
              .abs();
      assertThat(difference.max().item_double())
          .isLessThan(1e-5 * TernaryWeightsTest.logits(model).abs().max().item_double());
    }
  }
}
