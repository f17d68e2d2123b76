package io.github.steelyard.examples;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Answers what pictures show, by ONNX Runtime and the JDK alone: {@code java -Xss4m ... OnnxService
 * model.onnx 8080}, for a file of {@code steelyard export --format onnx --with-preprocessing}, in
 * which pictures are resized, cropped and normalized. ONNX Runtime needs more stack than Java gives
 * a thread.
 */
public final class OnnxService {
  private OnnxService() {}

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
    OrtSession session = OrtEnvironment.getEnvironment().createSession(file);
    return PictureServer.start(port, names(session), picture -> logits(session, picture));
  }

  /** The names of the classes in the order of the logits, as JSON strings. */
  static List<String> names(OrtSession session) throws OrtException {
    String list = session.getMetadata().getCustomMetadata().get("steelyard.class_names");
    return Pattern.compile("\"(\\\\.|[^\"\\\\])*\"")
        .matcher(list)
        .results()
        .map(MatchResult::group)
        .toList();
  }

  static float[] logits(OrtSession session, BufferedImage picture) throws OrtException {
    long[] shape = {1, picture.getHeight(), picture.getWidth(), 3};
    try (OnnxTensor input =
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), pixels(picture), shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of("pictures", input))) {
      return ((float[][]) result.get(0).getValue())[0];
    }
  }

  /** Red, green and blue of each pixel, row by row. */
  static ByteBuffer pixels(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    ByteBuffer pixels = ByteBuffer.allocateDirect(height * width * 3);
    for (int color : picture.getRGB(0, 0, width, height, null, 0, width)) {
      pixels.put((byte) (color >> 16)).put((byte) (color >> 8)).put((byte) color);
    }
    return pixels.flip();
  }
}
