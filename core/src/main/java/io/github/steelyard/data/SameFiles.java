package io.github.steelyard.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Finds files of the same bytes. Only files of the same length and the same first bytes are read
 * whole, so that a large folder without duplicates costs little.
 */
final class SameFiles {
  private static final int FIRST = 1 << 12;
  private static final int CHUNK = 1 << 16;

  private SameFiles() {}

  /** Groups of two or more, each in the order of the list, in the order of their first files. */
  static <T> List<List<T>> of(List<T> files, ToLongFunction<T> length, Function<T, Path> path)
      throws IOException {
    List<List<T>> same = new ArrayList<>();
    try {
      for (List<T> ofLength : groups(files, length::applyAsLong)) {
        for (List<T> ofHead : groups(ofLength, file -> digest(path.apply(file), FIRST))) {
          same.addAll(groups(ofHead, file -> digest(path.apply(file), Long.MAX_VALUE)));
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return same;
  }

  private static <T> List<List<T>> groups(List<T> files, Function<T, Object> key) {
    Map<Object, List<T>> groups = new LinkedHashMap<>();
    files.parallelStream()
        .map(file -> Map.entry(key.apply(file), file))
        .forEachOrdered(
            entry ->
                groups
                    .computeIfAbsent(entry.getKey(), k -> new ArrayList<>())
                    .add(entry.getValue()));
    return groups.values().stream().filter(group -> group.size() > 1).toList();
  }

  private static String digest(Path file, long most) {
    MessageDigest digest = Fingerprint.start();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = new byte[(int) Math.min(CHUNK, most)];
      long left = most;
      int read = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, left));
      while (read > 0) {
        digest.update(chunk, 0, read);
        left -= read;
        read = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, left));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
