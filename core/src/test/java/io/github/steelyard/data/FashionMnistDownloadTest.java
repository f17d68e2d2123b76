package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistDownloadTest {
  private static final byte[] FIRST =
      IdxReaderTest.gzip("the first file".repeat(5000).getBytes(StandardCharsets.UTF_8));
  private static final byte[] SECOND =
      IdxReaderTest.gzip("the second file".getBytes(StandardCharsets.UTF_8));

  @TempDir Path folder;
  private HttpServer server;
  private ExecutorService threads;
  private URI address;
  private final List<String> progress = new ArrayList<>();

  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.start();
    address =
        URI.create(
            "http://%s:%d/"
                .formatted(
                    InetAddress.getLoopbackAddress().getHostAddress(),
                    server.getAddress().getPort()));
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(String path, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            answer.to(exchange);
          }
        });
  }

  private static Answer content(byte[] bytes) {
    return exchange -> {
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  private FashionMnistDownload download() {
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put("one.gz", sha256("the first file".repeat(5000)));
    hashes.put("two.gz", sha256("the second file"));
    return new FashionMnistDownload(address, hashes, Duration.ofSeconds(30));
  }

  private static String sha256(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Fingerprint.start().digest(bytes));
  }

  private List<String> files() {
    try (Stream<Path> list = Files.list(folder)) {
      return list.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void givenAServerThatRedirects_whenTheFilesAreFetched_thenTheyAreThereWhole() throws IOException {
    serve(
        "/one.gz",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/elsewhere");
          exchange.sendResponseHeaders(302, -1);
        });
    serve("/elsewhere", content(FIRST));
    serve("/two.gz", content(SECOND));
    download().to(folder, progress::add);
    assertThat(Files.readAllBytes(folder.resolve("one.gz"))).isEqualTo(FIRST);
    assertThat(Files.readAllBytes(folder.resolve("two.gz"))).isEqualTo(SECOND);
    assertThat(files()).containsExactly("one.gz", "two.gz");
    server.removeContext("/one.gz");
    server.removeContext("/two.gz");
    download().to(folder, progress::add);
    assertThat(progress.get(3)).contains("is there already");
  }

  @Test
  void givenAnotherFile_whenItIsFetched_thenItsHashIsRefusedAndNothingIsLeft() {
    serve("/one.gz", content(SECOND));
    assertThatThrownBy(() -> download().to(folder, progress::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("one.gz is not the published file")
        .hasMessageContaining(sha256("the second file"));
    assertThat(files()).isEmpty();
  }

  @Test
  void givenAnAnswerThatEndsEarly_whenItIsFetched_thenNothingIsLeft() {
    serve(
        "/one.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, FIRST.length);
          exchange.getResponseBody().write(FIRST, 0, 50);
        });
    assertThatThrownBy(() -> download().to(folder, progress::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("one.gz could not be fetched");
    assertThat(files()).isEmpty();
  }

  @Test
  void givenAFileThatIsCutShort_whenItIsFetched_thenItIsNoWholeGzipFile() {
    serve("/one.gz", content(Arrays.copyOf(FIRST, FIRST.length - 20)));
    assertThatThrownBy(() -> download().to(folder, progress::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("one.gz is no whole gzip file");
    assertThat(files()).isEmpty();
  }

  @Test
  void givenAMissingFile_whenItIsFetched_thenTheStatusIsTold() throws IOException {
    serve("/one.gz", content(FIRST));
    assertThatThrownBy(() -> download().to(folder, progress::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("two.gz answered with status 404");
    assertThat(files()).as("what was whole stays").containsExactly("one.gz");
  }

  @Test
  void givenAnotherFileOfThatName_whenTheFilesAreFetched_thenItIsLeftAlone() throws IOException {
    Files.write(folder.resolve("one.gz"), SECOND);
    assertThatThrownBy(() -> download().to(folder, progress::add))
        .hasMessageContaining("one.gz exists and is not Fashion-MNIST's");
    assertThat(Files.readAllBytes(folder.resolve("one.gz"))).isEqualTo(SECOND);
  }

  @Test
  void givenAServerThatStalls_whenTheThreadIsInterrupted_thenItStopsAndNothingIsLeft()
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    serve(
        "/one.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, FIRST.length);
          OutputStream body = exchange.getResponseBody();
          body.write(FIRST, 0, 50);
          body.flush();
          begun.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                download().to(folder, progress::add);
              } catch (IOException | RuntimeException e) {
                outcome.set(e);
              }
            });
    thread.start();
    begun.await();
    thread.interrupt();
    thread.join();
    end.countDown();
    assertThat(outcome.get()).isInstanceOf(InterruptedIOException.class);
    assertThat(files()).isEmpty();
  }
}
