package io.github.steelyard.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** The JDK's HTTP server: the bytes of a picture come in, the name of a class goes out. */
final class PictureServer {
  /** Computes one logit for each class. */
  interface Network {
    float[] logits(BufferedImage picture) throws Exception;
  }

  private PictureServer() {}

  /**
   * Listens on this machine only.
   *
   * @param port 0 for any that is free
   * @param names JSON strings, in the order of the logits
   */
  static HttpServer start(int port, List<String> names, Network network) throws IOException {
    // Two small writes for each answer would wait for one another otherwise (Nagle): 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server = HttpServer.create(new InetSocketAddress("localhost", port), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            BufferedImage picture = ImageIO.read(exchange.getRequestBody());
            if (picture == null) {
              send(exchange, 400, "{\"error\": \"POST the bytes of a PNG, JPEG, GIF or BMP\"}");
            } else {
              send(exchange, 200, best(names, network.logits(picture)));
            }
          } catch (Exception e) {
            System.err.println(e);
          }
        });
    server.start();
    return server;
  }

  private static String best(List<String> names, float[] logits) {
    int best =
        IntStream.range(0, logits.length)
            .reduce((one, other) -> logits[other] > logits[one] ? other : one)
            .orElseThrow();
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[best]);
    }
    return String.format(
        Locale.ROOT, "{\"name\": %s, \"probability\": %.4f}", names.get(best), 1 / sum);
  }

  private static void send(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
