package io.github.steelyard.examples;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.nio.file.Path;

/**
 * {@link OnnxService} through DJL, for programs that ask models of several engines by one
 * interface. DJL does not tell a file's metadata, so that ONNX Runtime reads the names of classes;
 * it must come second, as DJL refuses an ONNX Runtime that was started by others.
 */
public final class DjlService {
  private DjlService() {}

  /**
   * Serves until it is ended.
   *
   * @param arguments the file, and the port to listen to; 0 for any that is free
   * @throws Exception if the file cannot be read or the port is taken
   */
  public static void main(String[] arguments) throws Exception {
    HttpServer server = start(arguments[0], Integer.parseInt(arguments[1]));
    System.out.println("http://localhost:" + server.getAddress().getPort());
  }

  static HttpServer start(String file, int port) throws Exception {
    // DJL counts its users over the network otherwise.
    System.setProperty("OPT_OUT_TRACKING", "true");
    ZooModel<BufferedImage, float[]> model =
        Criteria.builder()
            .setTypes(BufferedImage.class, float[].class)
            .optModelPath(Path.of(file))
            .optEngine("OnnxRuntime")
            .optTranslator(new Logits())
            .build()
            .loadModel();
    String[] names;
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file)) {
      names = OnnxService.names(session);
    }
    return OnnxService.serve(port, names, picture -> logits(model, picture));
  }

  private static float[] logits(ZooModel<BufferedImage, float[]> model, BufferedImage picture)
      throws Exception {
    try (Predictor<BufferedImage, float[]> predictor = model.newPredictor()) {
      return predictor.predict(picture);
    }
  }

  private static final class Logits implements NoBatchifyTranslator<BufferedImage, float[]> {
    @Override
    public NDList processInput(TranslatorContext context, BufferedImage picture) {
      Shape shape = new Shape(1, picture.getHeight(), picture.getWidth(), 3);
      return new NDList(
          context.getNDManager().create(OnnxService.pixels(picture), shape, DataType.UINT8));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList logits) {
      return logits.singletonOrThrow().toFloatArray();
    }
  }
}
