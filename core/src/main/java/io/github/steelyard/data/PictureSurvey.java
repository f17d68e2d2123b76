package io.github.steelyard.data;

import io.github.steelyard.data.PictureReport.Sizes;
import io.github.steelyard.data.PictureReport.Unreadable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Looks at every file of a list once, on all processors.
 *
 * @param kept the files that can be read
 * @param report what was found
 */
record PictureSurvey(List<PictureList.Entry> kept, PictureReport report) {
  private static final long MOST_DECODED = 1L << 30;
  private static final int MOST_NAMED = 50;

  /** What is known of one file; a problem or all the rest. */
  private record Finding(String problem, ImageShape shape, String hash) {}

  /** Whether files are decoded. */
  static boolean isWhole(List<PictureList.Entry> files, PictureCheck check) {
    long bytes = files.stream().mapToLong(PictureList.Entry::bytes).sum();
    return check == PictureCheck.WHOLE || (check == PictureCheck.AUTO && bytes <= MOST_DECODED);
  }

  static PictureSurvey of(PictureList list, PictureCheck check) {
    boolean whole = isWhole(list.files(), check);
    Finding[] findings = new Finding[list.files().size()];
    IntStream.range(0, findings.length)
        .parallel()
        .forEach(i -> findings[i] = look(list, list.files().get(i), whole));
    List<PictureList.Entry> kept = new ArrayList<>();
    List<String> hashes = new ArrayList<>();
    List<ImageShape> shapes = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    for (int i = 0; i < findings.length; i++) {
      PictureList.Entry entry = list.files().get(i);
      if (findings[i].problem() != null) {
        unreadable.add(new Unreadable(entry.shown(), findings[i].problem()));
        continue;
      }
      kept.add(entry);
      if (whole) {
        hashes.add(findings[i].hash());
        shapes.add(findings[i].shape());
      }
    }
    return new PictureSurvey(
        kept,
        new PictureReport(
            findings.length,
            unreadable,
            duplicates(kept, hashes),
            whole,
            shapes.isEmpty() ? Optional.empty() : Optional.of(sizes(shapes))));
  }

  private static Finding look(PictureList list, PictureList.Entry entry, boolean whole) {
    if (entry.problem() != null) {
      return new Finding(entry.problem(), null, null);
    }
    Path file = list.path(entry);
    try {
      if (!whole) {
        byte[] head = PictureList.head(file);
        return new Finding(
            PictureKind.of(head).isPresent() ? null : PictureKind.complaint(head), null, null);
      }
      byte[] content = ImageDecoder.content(file);
      ImageShape shape = ImageDecoder.decode(file, content).shape();
      MessageDigest digest = Fingerprint.start();
      return new Finding(null, shape, HexFormat.of().formatHex(digest.digest(content)));
    } catch (IOException e) {
      return new Finding(reason(file, e), null, null);
    }
  }

  /** The message without the file's name, which stands before it. */
  static String reason(Path file, IOException failure) {
    String message = String.valueOf(failure.getMessage());
    String name = file.toString();
    if (!message.startsWith(name)) {
      return failure.getClass().getSimpleName() + ": " + message;
    }
    String rest = message.substring(name.length());
    return rest.startsWith(":") ? rest.substring(1).strip() : rest.strip();
  }

  private static List<List<String>> duplicates(List<PictureList.Entry> files, List<String> hashes) {
    Map<String, List<String>> byContent = new LinkedHashMap<>();
    for (int i = 0; i < hashes.size(); i++) {
      byContent.computeIfAbsent(hashes.get(i), hash -> new ArrayList<>()).add(files.get(i).shown());
    }
    return byContent.values().stream().filter(same -> same.size() > 1).toList();
  }

  private static Sizes sizes(List<ImageShape> shapes) {
    return new Sizes(
        shapes.stream().mapToInt(ImageShape::height).min().orElseThrow(),
        shapes.stream().mapToInt(ImageShape::height).max().orElseThrow(),
        shapes.stream().mapToInt(ImageShape::width).min().orElseThrow(),
        shapes.stream().mapToInt(ImageShape::width).max().orElseThrow());
  }

  /**
   * Refuses unreadable files, if they are not to be skipped.
   *
   * @throws IOException that counts and names them
   */
  PictureSurvey require(Path root, OnUnreadable policy) throws IOException {
    List<Unreadable> problems = report.unreadable();
    if (policy == OnUnreadable.FAIL && !problems.isEmpty()) {
      String named =
          problems.stream()
              .limit(MOST_NAMED)
              .map(problem -> "\n  " + problem.file() + ": " + problem.reason())
              .collect(Collectors.joining());
      throw new IOException(
          "%d of %d files in %s cannot be read:%s%s\nRepair or remove them, or leave them out with on_unreadable: skip"
              .formatted(
                  problems.size(),
                  report.files(),
                  root,
                  named,
                  problems.size() > MOST_NAMED
                      ? "\n  and " + (problems.size() - MOST_NAMED) + " more"
                      : ""));
    }
    return this;
  }
}
