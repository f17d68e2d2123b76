package io.github.steelyard.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An exported ONNX file in ONNX Runtime beside the packed file of the same model in this library:
 * equal answers and the largest difference of logits over the test images of Fashion-MNIST.
 *
 * <p>Run: {@code java -cp "bench/target/classes:bench/target/lib/*"
 * io.github.steelyard.bench.OnnxAgreement RUN/exports [RUN/exports ...]}, where each folder holds
 * {@code model-packed.safetensors} and {@code model.onnx}.
 */
public final class OnnxAgreement {
  private static final int BATCH = 200;

  private OnnxAgreement() {}

  /**
   * Compares and prints a table.
   *
   * @param folders the folders with the exported files
   * @throws IOException if a file or the data set cannot be read
   * @throws OrtException if ONNX Runtime cannot run the graph
   */
  public static void main(String[] folders) throws IOException, OrtException {
    Engine.start();
    System.out.println(
        "| export | images | same top-1 | largest difference | images that differ by more than 1e-5"
            + " of the largest logit | largest logit |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    for (String folder : folders) {
      compare(Path.of(folder));
    }
  }

  private static void compare(Path folder) throws IOException, OrtException {
    Module model = PackedModel.load(folder.resolve("model-packed.safetensors"));
    DatasetSource source = Datasets.get("fashion-mnist");
    LoaderConfiguration loading = new LoaderConfiguration(BATCH, false, false, 0, 0, 1);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    long images = 0;
    long same = 0;
    long apart = 0;
    double difference = 0;
    double largest = 0;
    try (OrtSession session = environment.createSession(folder.resolve("model.onnx").toString());
        BatchStream batches =
            new DataLoader(source.open(Split.TEST), source.evaluationPreprocessing(), loading)
                .epoch(0, 0)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        Tensor inputs = batch.inputs();
        Tensor ours = Scope.computeWithoutGradient(() -> model.forward(inputs));
        Tensor theirs = run(environment, session, inputs);
        Tensor distance = theirs.sub(ours).abs().amax(new long[] {1}, false);
        double scale = ours.abs().max().item_double();
        images += ours.size(0);
        same += top(theirs).eq(top(ours)).sum().item_long();
        apart += distance.gt(new Scalar(1e-5 * scale)).sum().item_long();
        difference = Math.max(difference, distance.max().item_double());
        largest = Math.max(largest, scale);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %,d | %,d | %.2g | %,d | %.2f |%n",
        folder,
        images,
        same,
        difference,
        apart,
        largest);
  }

  private static Tensor top(Tensor logits) {
    return logits.argmax(new LongOptional(1), false);
  }

  private static Tensor run(OrtEnvironment environment, OrtSession session, Tensor batch)
      throws OrtException {
    FloatBuffer values = batch.contiguous().createBuffer();
    try (OnnxTensor input = OnnxTensor.createTensor(environment, values, batch.shape());
        OrtSession.Result result = session.run(Map.of("input", input))) {
      OnnxTensor output = (OnnxTensor) result.get("logits").orElseThrow();
      float[] numbers = new float[output.getFloatBuffer().remaining()];
      output.getFloatBuffer().get(numbers);
      return torch.tensor(numbers).view(output.getInfo().getShape());
    }
  }
}
