package io.github.steelyard.data;

import io.github.steelyard.io.AtomicFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Fetches the full Fashion-MNIST, 31 MB. Nothing else in Steelyard opens a network connection, and
 * this only when it is called. Each file is checked against the SHA-256 of its unpacked content
 * (archives that pack it anew are as good) and then appears whole, or not at all. Files that are
 * there already and right are kept, so an interrupted download is continued by a second call.
 */
public final class FashionMnistDownload {
  /** The address that the authors publish. */
  public static final URI OFFICIAL =
      URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/");

  private static final int MOST_BYTES = 32 << 20;
  private static final int MOST_UNPACKED = 64 << 20;
  private static final Duration CONNECT = Duration.ofSeconds(20);

  private final URI source;
  private final Map<String, String> hashes;
  private final Duration patience;

  /**
   * A download from a mirror.
   *
   * @param source where the four files are; ends with a slash
   */
  public FashionMnistDownload(URI source) {
    this(source, hashes(), Duration.ofMinutes(10));
  }

  FashionMnistDownload(URI source, Map<String, String> hashes, Duration patience) {
    this.source = source;
    this.hashes = hashes;
    this.patience = patience;
  }

  /** SHA-256 of the unpacked files, by name. */
  private static Map<String, String> hashes() {
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put(
        "train-images-idx3-ubyte.gz",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888");
    hashes.put(
        "train-labels-idx1-ubyte.gz",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9");
    hashes.put(
        "t10k-images-idx3-ubyte.gz",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");
    hashes.put(
        "t10k-labels-idx1-ubyte.gz",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
    return hashes;
  }

  /**
   * Downloads what is missing.
   *
   * @param folder where to; created if it does not exist
   * @param progress told in a few words what happens to each file
   * @throws IOException if a file cannot be fetched in ten minutes or is not the published one, or
   *     the folder holds another file of that name, which is left alone
   */
  public void to(Path folder, Consumer<String> progress) throws IOException {
    Files.createDirectories(folder);
    HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT)
            .build();
    for (Map.Entry<String, String> entry : hashes.entrySet()) {
      Path file = folder.resolve(entry.getKey());
      if (Files.exists(file)) {
        if (!entry.getValue().equals(unpackedHash(Files.readAllBytes(file), file.toString()))) {
          throw new IOException(
              file + " exists and is not Fashion-MNIST's; move it away or choose another folder");
        }
        progress.accept(file + " is there already");
        continue;
      }
      URI address = source.resolve(entry.getKey());
      byte[] content = fetch(client, address);
      String hash = unpackedHash(content, address.toString());
      if (!hash.equals(entry.getValue())) {
        throw new IOException(
            "%s is not the published file: its unpacked content has SHA-256 %s, expected %s"
                .formatted(address, hash, entry.getValue()));
      }
      AtomicFile.write(file, content);
      progress.accept("%s: %d bytes from %s".formatted(file, content.length, address));
    }
  }

  private byte[] fetch(HttpClient client, URI address) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    HttpRequest request = HttpRequest.newBuilder(address).timeout(patience).build();
    CompletableFuture<HttpResponse<Void>> running =
        client.sendAsync(
            request,
            BodyHandlers.ofByteArrayConsumer(part -> part.ifPresent(bytes -> add(body, bytes))));
    try {
      int status = running.get(patience.toMillis(), TimeUnit.MILLISECONDS).statusCode();
      if (status != 200) {
        throw new IOException("%s answered with status %d".formatted(address, status));
      }
      return body.toByteArray();
    } catch (ExecutionException e) {
      throw new IOException(
          "%s could not be fetched: %s".formatted(address, e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("%s was not fetched within %s".formatted(address, patience), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while fetching " + address);
    } finally {
      running.cancel(true);
    }
  }

  private static void add(ByteArrayOutputStream body, byte[] bytes) {
    if (body.size() + bytes.length > MOST_BYTES) {
      throw new IllegalStateException("the answer is longer than " + MOST_BYTES + " bytes");
    }
    body.writeBytes(bytes);
  }

  private static String unpackedHash(byte[] content, String source) throws IOException {
    MessageDigest digest = Fingerprint.start();
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(content), 1 << 16)) {
      byte[] buffer = new byte[1 << 16];
      long all = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        all += read;
        if (all > MOST_UNPACKED) {
          throw new IOException(source + " unpacks to more than " + MOST_UNPACKED + " bytes");
        }
        digest.update(buffer, 0, read);
      }
    } catch (ZipException | EOFException e) {
      throw new IOException(source + " is no whole gzip file: " + e.getMessage(), e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
