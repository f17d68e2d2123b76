package io.github.steelyard.data;

import io.github.steelyard.data.PictureReport.Unreadable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * What pictures in a folder are: to be looked at before anything is trained on them.
 *
 * @param classNames in the order of the labels
 * @param isDrawn whether the split is drawn by the configuration's fraction and seed, as the data
 *     has none of its own
 * @param samples how many pictures that can be read each class has, by split
 * @param files how many files were seen
 * @param bytes how long they are together
 * @param formats how many pictures there are of each format, by its name
 * @param sizes how many there are of each size, upright, the most common first
 * @param unreadable files that cannot be read, and why
 * @param duplicates groups of files with the same bytes
 * @param isDecoded whether every picture was decoded; else only its header was read, and damage
 *     behind it is not known
 */
public record PictureInventory(
    List<String> classNames,
    boolean isDrawn,
    Map<Split, List<Integer>> samples,
    int files,
    long bytes,
    Map<String, Integer> formats,
    Map<Size, Integer> sizes,
    List<Unreadable> unreadable,
    List<List<Copy>> duplicates,
    boolean isDecoded) {
  /**
   * How large a picture is.
   *
   * @param height in pixels
   * @param width in pixels
   */
  public record Size(int height, int width) {
    @Override
    public String toString() {
      return height + " x " + width;
    }
  }

  /**
   * One of several files with the same bytes.
   *
   * @param file its path below the folder of its split, or as the CSV file names it
   * @param split where it is used
   * @param className its class
   */
  public record Copy(String file, Split split, String className) {}

  /** Told how far the look at the files is. */
  @FunctionalInterface
  public interface Watcher {
    /**
     * Called for each file, by one thread at a time.
     *
     * @param done how many files were looked at
     * @param all how many there are
     */
    void looked(long done, long all);
  }

  /** What is known of a file: a problem or all the rest. */
  private record Finding(String problem, PictureKind kind, ImageShape shape) {}

  /** A file that can be read. */
  private record Picture(PictureList list, PictureList.Entry entry, Split split) {
    Path path() {
      return list.path(entry);
    }
  }

  /**
   * Looks at every file once, on all processors. Memory is bounded by the number of files and a few
   * pictures.
   *
   * @param folder that holds the splits, or the classes, or the CSV file
   * @param configuration as the data would be opened with; files that cannot be read are named
   *     whatever it says of them
   * @param watcher told how far it is
   * @return what was found
   * @throws IOException if the folder or what it must hold is missing, or classes differ between
   *     splits
   */
  public static PictureInventory of(
      Path folder, ImageFolderConfiguration configuration, Watcher watcher) throws IOException {
    PictureParts parts = PictureParts.of(folder, configuration);
    Map<Split, PictureParts.Part> all = new EnumMap<>(Split.class);
    all.putAll(parts.named());
    parts.whole().ifPresent(whole -> all.put(Split.TRAIN, whole));
    List<Picture> seen = new ArrayList<>();
    all.forEach(
        (split, part) ->
            part.list().files().forEach(e -> seen.add(new Picture(part.list(), e, split))));
    List<PictureList.Entry> entries = seen.stream().map(Picture::entry).toList();
    boolean whole = PictureSurvey.isWhole(entries, configuration.check());
    AtomicLong done = new AtomicLong();
    Finding[] findings = new Finding[seen.size()];
    IntStream.range(0, findings.length)
        .parallel()
        .forEach(
            i -> {
              findings[i] = look(seen.get(i), whole);
              synchronized (done) {
                watcher.looked(done.incrementAndGet(), findings.length);
              }
            });
    List<String> classNames = all.values().iterator().next().list().classNames();
    return new Collected(seen, List.of(findings))
        .inventory(classNames, parts.whole().isPresent(), configuration, whole);
  }

  private static Finding look(Picture picture, boolean whole) {
    if (picture.entry().problem() != null) {
      return new Finding(picture.entry().problem(), null, null);
    }
    Path file = picture.path();
    try {
      byte[] head = PictureList.head(file, PictureHeader.FIRST);
      PictureKind kind = ImageDecoder.kind(file, head);
      ImageShape shape =
          whole
              ? ImageDecoder.decode(file, ImageDecoder.content(file)).shape()
              : PictureHeader.size(file, kind, head, picture.entry().bytes());
      return new Finding(null, kind, shape);
    } catch (IOException e) {
      return new Finding(PictureSurvey.reason(file, e), null, null);
    }
  }

  /** All files and what is known of each. */
  private record Collected(List<Picture> seen, List<Finding> findings) {
    PictureInventory inventory(
        List<String> classNames,
        boolean isDrawn,
        ImageFolderConfiguration configuration,
        boolean isDecoded)
        throws IOException {
      List<Unreadable> unreadable = new ArrayList<>();
      List<Picture> kept = new ArrayList<>();
      Map<String, Integer> formats = new TreeMap<>();
      Map<Size, Integer> sizes = new LinkedHashMap<>();
      for (int i = 0; i < findings.size(); i++) {
        Finding finding = findings.get(i);
        if (finding.problem() != null) {
          unreadable.add(new Unreadable(seen.get(i).entry().shown(), finding.problem()));
          continue;
        }
        kept.add(seen.get(i));
        formats.merge(finding.kind().title(), 1, Integer::sum);
        sizes.merge(new Size(finding.shape().height(), finding.shape().width()), 1, Integer::sum);
      }
      List<Picture> split = isDrawn ? drawn(kept, classNames, configuration) : kept;
      return new PictureInventory(
          classNames,
          isDrawn,
          samples(split, classNames.size()),
          findings.size(),
          seen.stream().mapToLong(picture -> picture.entry().bytes()).sum(),
          formats,
          mostCommonFirst(sizes),
          unreadable,
          duplicates(split, classNames),
          isDecoded);
    }

    /** As a run would split them. */
    private static List<Picture> drawn(
        List<Picture> kept, List<String> classNames, ImageFolderConfiguration configuration)
        throws IOException {
      if (kept.isEmpty()) {
        return kept;
      }
      List<Integer> labels = kept.stream().map(picture -> picture.entry().label()).toList();
      Subset held;
      try {
        held =
            Subset.heldBack(
                new LabelsOnly(kept.get(0).list().root().toString(), labels, classNames),
                configuration.validationFraction(),
                configuration.splitSeed());
      } catch (IllegalArgumentException e) {
        return kept; // No class has two pictures: nothing can be held back.
      }
      List<Picture> split = new ArrayList<>(kept);
      for (int i = 0; i < held.size(); i++) {
        Picture picture = kept.get(held.indexInWhole(i));
        split.set(held.indexInWhole(i), new Picture(picture.list(), picture.entry(), Split.TEST));
      }
      return split;
    }

    private static Map<Split, List<Integer>> samples(List<Picture> pictures, int classes) {
      Map<Split, List<Integer>> samples = new EnumMap<>(Split.class);
      for (Split split : Split.values()) {
        int[] counts = new int[classes];
        pictures.stream()
            .filter(picture -> picture.split() == split)
            .forEach(picture -> counts[picture.entry().label()]++);
        samples.put(split, IntStream.of(counts).boxed().toList());
      }
      return samples;
    }

    private static Map<Size, Integer> mostCommonFirst(Map<Size, Integer> sizes) {
      Map<Size, Integer> sorted = new LinkedHashMap<>();
      sizes.entrySet().stream()
          .sorted(
              Map.Entry.<Size, Integer>comparingByValue()
                  .reversed()
                  .thenComparing(entry -> (long) entry.getKey().height() * entry.getKey().width()))
          .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
      return sorted;
    }

    private static List<List<Copy>> duplicates(List<Picture> pictures, List<String> classNames)
        throws IOException {
      List<List<Picture>> same =
          SameFiles.of(pictures, picture -> picture.entry().bytes(), Picture::path);
      return same.stream()
          .map(
              group ->
                  group.stream()
                      .map(
                          picture ->
                              new Copy(
                                  picture.entry().shown(),
                                  picture.split(),
                                  classNames.get(picture.entry().label())))
                      .toList())
          .toList();
    }
  }

  /**
   * The smallest and the largest picture, by its pixels.
   *
   * @return two sizes; empty if no picture can be read
   */
  public Optional<List<Size>> extremes() {
    Comparator<Size> byPixels =
        Comparator.comparingLong((Size size) -> (long) size.height() * size.width())
            .thenComparing(Size::height);
    return sizes.isEmpty()
        ? Optional.empty()
        : Optional.of(
            List.of(
                sizes.keySet().stream().min(byPixels).orElseThrow(),
                sizes.keySet().stream().max(byPixels).orElseThrow()));
  }

  /**
   * Duplicates of which some are trained on and others measured on: a network that has seen a
   * picture knows its answer.
   *
   * @return some of {@link #duplicates}
   */
  public List<List<Copy>> leaks() {
    return duplicates.stream()
        .filter(group -> group.stream().map(Copy::split).distinct().count() > 1)
        .toList();
  }

  /**
   * Duplicates in several classes, of which at least one is wrong.
   *
   * @return some of {@link #duplicates}
   */
  public List<List<Copy>> contradictions() {
    return duplicates.stream()
        .filter(group -> group.stream().map(Copy::className).distinct().count() > 1)
        .toList();
  }
}
