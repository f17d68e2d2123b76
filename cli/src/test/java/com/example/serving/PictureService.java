package com.example.serving;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/** Asks a network about pictures with ONNX Runtime alone; any number of threads may ask at once. */
public final class PictureService implements AutoCloseable {
  private final OrtEnvironment runtime = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  public PictureService(Path file) throws OrtException {
    session = runtime.createSession(file.toString());
  }

  /** The names of the classes in the order of the logits, a JSON list. */
  public String classNames() throws OrtException {
    return session.getMetadata().getCustomMetadata().get("steelyard.class_names");
  }

  public float[] logits(BufferedImage picture) throws OrtException {
    int height = picture.getHeight();
    int width = picture.getWidth();
    ByteBuffer pixels = ByteBuffer.allocateDirect(height * width * 3);
    for (int color : picture.getRGB(0, 0, width, height, null, 0, width)) {
      pixels.put((byte) (color >> 16)).put((byte) (color >> 8)).put((byte) color);
    }
    long[] shape = {1, height, width, 3};
    try (OnnxTensor input =
            OnnxTensor.createTensor(runtime, pixels.flip(), shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of("pictures", input))) {
      return ((float[][]) result.get(0).getValue())[0];
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
