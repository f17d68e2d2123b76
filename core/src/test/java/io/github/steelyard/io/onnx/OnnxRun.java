package io.github.steelyard.io.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** An ONNX file in ONNX Runtime, on one thread so that libtorch's threads keep their cores. */
public final class OnnxRun implements AutoCloseable {
  private final OrtSession session;

  /** Opens a file. */
  public OnnxRun(Path file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      session = OrtEnvironment.getEnvironment().createSession(file.toString(), options);
    }
  }

  OrtSession session() {
    return session;
  }

  /** The output for a batch. */
  public Tensor logits(Tensor batch) throws OrtException {
    FloatBuffer values = batch.contiguous().createBuffer();
    try (OnnxTensor input =
            OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, batch.shape());
        OrtSession.Result result = session.run(Map.of("input", input))) {
      OnnxTensor output = (OnnxTensor) result.get("logits").orElseThrow();
      float[] numbers = new float[output.getFloatBuffer().remaining()];
      output.getFloatBuffer().get(numbers);
      return Tensor.create(numbers, output.getInfo().getShape());
    }
  }

  /** Closes the session. */
  @Override
  public void close() throws OrtException {
    session.close();
  }
}
