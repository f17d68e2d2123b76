package io.github.steelyard.runtime;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Loader;

/**
 * The copying of native libraries out of their jars: about 400 MB, once on a machine. A program
 * that wants to show it listens before the engine starts.
 */
public final class NativeExtraction {
  private static final long INTERVAL_MILLIS = 100;

  private static volatile Listener listener = (folder, done, total) -> {};

  private NativeExtraction() {}

  /** Is told how far it is, a few times a second, on a thread of its own. */
  @FunctionalInterface
  public interface Listener {
    /**
     * So much is copied. The last call says that all is.
     *
     * @param folder the cache that it is copied into
     * @param done bytes so far
     * @param total bytes in all, above 0
     */
    void extracted(Path folder, long done, long total);
  }

  /**
   * Tells a listener of the extraction, if there is one; without effect once the engine runs.
   *
   * @param next takes the place of the listener before
   */
  public static void listen(Listener next) {
    listener = next;
  }

  /** Copies what is not in the cache yet; gives the files by the names given. */
  static Map<String, Path> extract(Map<String, URL> libraries) throws IOException {
    Path cache = Path.of(NativeLibraries.cacheFolder());
    Map<Path, Long> missing = new LinkedHashMap<>();
    for (URL library : libraries.values()) {
      if (library.openConnection() instanceof JarURLConnection jar) {
        Path copy =
            cache
                .resolve(Path.of(jar.getJarFile().getName()).getFileName())
                .resolve(jar.getEntryName());
        long size = jar.getJarEntry().getSize();
        if (size(copy) != size) {
          missing.put(copy, size);
        }
      }
    }
    long total = missing.values().stream().mapToLong(Long::longValue).sum();
    Thread watcher = new Thread(() -> watch(cache, missing, total), "native-extraction");
    watcher.setDaemon(true);
    if (total > 0) {
      watcher.start();
    }
    try {
      Map<String, Path> files = new LinkedHashMap<>();
      for (Map.Entry<String, URL> library : libraries.entrySet()) {
        files.put(library.getKey(), Loader.cacheResource(library.getValue()).toPath());
      }
      return files;
    } finally {
      watcher.interrupt();
      join(watcher);
    }
  }

  private static void watch(Path cache, Map<Path, Long> missing, long total) {
    try {
      while (true) {
        listener.extracted(cache, done(missing), total);
        Thread.sleep(INTERVAL_MILLIS);
      }
    } catch (InterruptedException e) {
      listener.extracted(cache, done(missing), total);
    }
  }

  private static long done(Map<Path, Long> missing) {
    return missing.entrySet().stream()
        .mapToLong(file -> Math.min(file.getValue(), size(file.getKey())))
        .sum();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0;
    }
  }

  private static void join(Thread watcher) {
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
