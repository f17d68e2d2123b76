package io.github.steelyard.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;

/** Asks a service about pictures. {@code java Ask.java URL PICTURE...} */
public final class Ask {
  private Ask() {}

  /**
   * Prints each answer and how long it took.
   *
   * @param arguments where the service is, and files of pictures
   * @throws Exception if a file cannot be read, or the service does not answer
   */
  public static void main(String[] arguments) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    for (int i = 1; i < arguments.length; i++) {
      Path picture = Path.of(arguments[i]);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(arguments[0]))
              .POST(BodyPublishers.ofFile(picture))
              .build();
      long begin = System.nanoTime();
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      System.out.printf(
          "%s  %s  %.1f ms%n", picture, answer.body(), (System.nanoTime() - begin) / 1e6);
    }
  }
}
