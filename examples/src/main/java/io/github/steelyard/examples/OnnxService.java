package io.github.steelyard.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Answers what pictures show, by ONNX Runtime and the JDK alone: {@code java -Xss4m ... OnnxService
 * model.onnx 8080}, for a file of {@code steelyard export --format onnx --with-preprocessing}, in
 * which pictures are resized, cropped and normalized. ONNX Runtime needs more stack than Java gives
 * a thread.
 */
public final class OnnxService {
  private OnnxService() {}

  /** Computes one logit for each class. */
  interface Network {
    float[] logits(BufferedImage picture) throws Exception;
  }

  /**
   * Serves until it is ended, this machine only.
   *
   * @param arguments the file, and the port to listen to; 0 for any that is free
   * @throws Exception if the file cannot be read or the port is taken
   */
  public static void main(String[] arguments) throws Exception {
    HttpServer server = start(arguments[0], Integer.parseInt(arguments[1]));
    System.out.println("http://localhost:" + server.getAddress().getPort());
  }

  static HttpServer start(String file, int port) throws Exception {
    OrtEnvironment runtime = OrtEnvironment.getEnvironment();
    OrtSession session = runtime.createSession(file);
    Network network =
        picture -> {
          long[] shape = {1, picture.getHeight(), picture.getWidth(), 3};
          ByteBuffer pixels = pixels(picture);
          try (OnnxTensor input =
                  OnnxTensor.createTensor(runtime, pixels, shape, OnnxJavaType.UINT8);
              OrtSession.Result result = session.run(Map.of("pictures", input))) {
            return ((float[][]) result.get(0).getValue())[0];
          }
        };
    return serve(port, names(session), network);
  }

  /** Red, green and blue of each pixel, row by row. */
  static ByteBuffer pixels(BufferedImage picture) {
    int width = picture.getWidth();
    int[] colors = picture.getRGB(0, 0, width, picture.getHeight(), null, 0, width);
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * colors.length);
    for (int color : colors) {
      pixels.put((byte) (color >> 16)).put((byte) (color >> 8)).put((byte) color);
    }
    return pixels.flip();
  }

  /** The names of the classes in the order of the logits, as JSON strings. */
  static String[] names(OrtSession session) throws OrtException {
    String list = session.getMetadata().getCustomMetadata().get("steelyard.class_names");
    Pattern name = Pattern.compile("\"(\\\\.|[^\"\\\\])*\"");
    return name.matcher(list).results().map(MatchResult::group).toArray(String[]::new);
  }

  /** The bytes of a picture come in, the name of a class goes out. */
  static HttpServer serve(int port, String[] names, Network network) throws IOException {
    // Two small writes for each answer would wait for one another otherwise (Nagle): 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server = HttpServer.create(new InetSocketAddress("localhost", port), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            BufferedImage picture = ImageIO.read(exchange.getRequestBody());
            String json =
                picture == null
                    ? "{\"error\": \"POST the bytes of a PNG, JPEG, GIF or BMP\"}"
                    : best(names, network.logits(picture));
            byte[] body = json.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(picture == null ? 400 : 200, body.length);
            exchange.getResponseBody().write(body);
          } catch (Exception e) {
            System.err.println(e);
          }
        });
    server.start();
    return server;
  }

  private static String best(String[] names, float[] logits) {
    int best = 0;
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
      sum += Math.exp(logits[i]);
    }
    return String.format(
        Locale.ROOT,
        "{\"name\": %s, \"probability\": %.4f}",
        names[best],
        Math.exp(logits[best]) / sum);
  }
}
