package io.github.steelyard.data;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Pictures that a CSV file names, with the columns path, label and perhaps split. Paths are
 * relative to the file.
 *
 * @param list all of them
 * @param splits the part that each belongs to; empty where the file has no such column
 */
record PictureTable(PictureList list, Optional<List<Split>> splits) {
  private static final List<String> TRAINING = List.of("train", "training");
  private static final List<String> MEASURING = List.of("val", "valid", "validation", "test");

  /**
   * Reads the file.
   *
   * @param names the classes in the order of their labels; empty to take the labels' own
   */
  static PictureTable read(Path csv, Optional<List<String>> names) throws IOException {
    if (!Files.isRegularFile(csv)) {
      throw new IOException(csv + (Files.exists(csv) ? " is no file" : " does not exist"));
    }
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setIgnoreHeaderCase(true)
            .setIgnoreSurroundingSpaces(true)
            .get();
    List<String[]> rows = new ArrayList<>();
    boolean split;
    try (CSVParser parser = CSVParser.parse(csv, StandardCharsets.UTF_8, format)) {
      List<String> columns =
          parser.getHeaderNames().stream()
              .map(name -> name.replace("\uFEFF", "").strip().toLowerCase(Locale.ROOT))
              .toList();
      requireColumn(csv, columns, "path");
      requireColumn(csv, columns, "label");
      split = columns.contains("split");
      for (CSVRecord record : parser) {
        if (!record.isConsistent()) {
          throw new FileFormatException(
              csv,
              "line %d has %d values, but there are %d columns"
                  .formatted(parser.getCurrentLineNumber(), record.size(), columns.size()));
        }
        rows.add(
            new String[] {
              record.get(columns.indexOf("path")),
              record.get(columns.indexOf("label")),
              split ? record.get(columns.indexOf("split")) : ""
            });
      }
    } catch (CSVException | UncheckedIOException | IllegalArgumentException e) {
      throw new FileFormatException(csv, "is no CSV file: " + e.getMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new FileFormatException(csv, "names no pictures");
    }
    return of(csv, rows, names, split);
  }

  private static void requireColumn(Path csv, List<String> columns, String name)
      throws FileFormatException {
    if (!columns.contains(name)) {
      throw new FileFormatException(
          csv,
          "has no column '%s'; expected a first line such as path,label, but it is %s"
              .formatted(name, String.join(",", columns)));
    }
  }

  private static PictureTable of(
      Path csv, List<String[]> rows, Optional<List<String>> names, boolean split)
      throws IOException {
    List<String> own =
        rows.stream().map(row -> row[1]).distinct().sorted(naturalOrder(rows)).toList();
    boolean indices = names.isPresent() && !names.get().containsAll(own) && isNumbers(rows);
    List<String> classes = names.orElse(own);
    // As for IDX files: labels 1 to 3 of three names, or 2, 5 and 9, are closed up.
    boolean closed =
        indices
            && own.size() == classes.size()
            && Integer.parseInt(own.get(own.size() - 1)) >= classes.size();
    Path root = csv.toAbsolutePath().getParent();
    List<PictureList.Entry> entries = new ArrayList<>();
    List<Split> splits = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String[] row : rows) {
      int label =
          closed
              ? own.indexOf(row[1])
              : indices ? index(csv, row[1], classes) : classes.indexOf(row[1]);
      if (label < 0) {
        throw new FileFormatException(
            csv,
            "the label '%s' of %s is not among the class names%s"
                .formatted(row[1], row[0], Suggestion.clause(row[1], classes)));
      }
      entries.add(entry(root, row[0], label, !seen.add(row[0])));
      splits.add(split ? part(csv, row) : Split.TRAIN);
    }
    return new PictureTable(
        new PictureList(root, classes, entries), split ? Optional.of(splits) : Optional.empty());
  }

  private static int index(Path csv, String label, List<String> classes)
      throws FileFormatException {
    int index = Integer.parseInt(label);
    if (index >= classes.size()) {
      throw new FileFormatException(
          csv,
          "the label %s is too large: with %d class names labels are 0 to %d"
              .formatted(label, classes.size(), classes.size() - 1));
    }
    return index;
  }

  private static PictureList.Entry entry(Path root, String name, int label, boolean again) {
    try {
      Path file = root.resolve(name);
      boolean there = Files.isRegularFile(file);
      String problem = again ? "is named twice" : there ? null : "does not exist";
      return new PictureList.Entry(name, label, there ? Files.size(file) : 0, problem);
    } catch (InvalidPathException | IOException e) {
      return new PictureList.Entry(name, label, 0, "cannot be opened: " + e.getMessage());
    }
  }

  private static Split part(Path csv, String[] row) throws FileFormatException {
    String part = row[2].toLowerCase(Locale.ROOT);
    if (TRAINING.contains(part)) {
      return Split.TRAIN;
    }
    if (MEASURING.contains(part)) {
      return Split.TEST;
    }
    throw new FileFormatException(
        csv, "the split of %s is '%s'; expected train, val or test".formatted(row[0], row[2]));
  }

  private static boolean isNumbers(List<String[]> rows) {
    return rows.stream().allMatch(row -> row[1].matches("\\d{1,9}"));
  }

  /** 2 before 10. */
  private static Comparator<String> naturalOrder(List<String[]> rows) {
    return isNumbers(rows)
        ? Comparator.comparingInt((String label) -> Integer.parseInt(label))
            .thenComparing(label -> label)
        : Comparator.naturalOrder();
  }
}
