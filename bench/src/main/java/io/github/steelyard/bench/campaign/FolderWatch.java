package io.github.steelyard.bench.campaign;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Counts the changes of a folder and of those in it, as soon as they happen. */
final class FolderWatch implements AutoCloseable {
  private final Path root;
  private final WatchService service;
  private final Map<WatchKey, Path> folders = new HashMap<>();
  private long changes;
  private Path last;

  /**
   * Begins to watch.
   *
   * @param root is there
   */
  FolderWatch(Path root) throws IOException {
    this.root = root;
    this.service = root.getFileSystem().newWatchService();
    register(root);
  }

  private void register(Path folder) throws IOException {
    folders.put(folder.register(service, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE), folder);
    try (Stream<Path> inner = Files.list(folder)) { // What was made before the watch began.
      for (Path each : inner.toList()) {
        noticed(each);
      }
    }
  }

  private void noticed(Path path) throws IOException {
    changes++;
    last = path;
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && !folders.containsValue(path)) {
      try {
        register(path);
      } catch (java.nio.file.NoSuchFileException e) {
        folders.values().remove(path); // Gone already.
      }
    }
  }

  /** What was changed last; null if nothing was. */
  Path last() {
    return last == null ? null : root.relativize(last);
  }

  long changes() {
    return changes;
  }

  /**
   * Waits.
   *
   * @param process whose work it is
   * @param wanted how many changes to wait for
   * @return whether so many came before the process ended
   */
  boolean await(Process process, long wanted) throws IOException, InterruptedException {
    while (changes < wanted) {
      WatchKey key = service.poll(50, TimeUnit.MILLISECONDS);
      if (key == null) {
        if (!process.isAlive()) {
          return false;
        }
        continue;
      }
      List<WatchEvent<?>> events = key.pollEvents();
      Path folder = folders.get(key);
      for (WatchEvent<?> event : events) {
        if (folder != null && event.context() instanceof Path name) {
          noticed(folder.resolve(name));
        }
      }
      if (!key.reset()) {
        folders.remove(key);
      }
    }
    return process.isAlive();
  }

  @Override
  public void close() throws IOException {
    service.close();
  }
}
