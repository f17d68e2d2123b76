package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.PictureInventory;
import io.github.steelyard.data.PictureInventory.Copy;
import io.github.steelyard.data.PictureInventory.Size;
import io.github.steelyard.data.Split;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What people see of pictures of their own, before anything is trained on them.
 *
 * @param folder where they are
 * @param configuration how they were opened
 * @param found what was found
 */
record ShownPictures(Path folder, ImageFolderConfiguration configuration, PictureInventory found) {
  /** More lines say no more; JSON has all. */
  private static final int MOST_LINES = 40;

  /** From here on a network may learn to name the frequent class always. */
  private static final double IMBALANCED = 3;

  Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("name", "image-folder");
    values.put("folder", folder.toString());
    values.put("files", found.files());
    values.put("bytes", found.bytes());
    values.put("decoded", found.isDecoded());
    Map<String, Object> split = new LinkedHashMap<>();
    split.put("drawn", found.isDrawn());
    if (found.isDrawn()) {
      split.put("validation_fraction", configuration.validationFraction());
      split.put("split_seed", configuration.splitSeed());
    }
    values.put("split", split);
    for (Split each : Split.values()) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("samples", samples(each));
      Map<String, Integer> classes = new LinkedHashMap<>();
      for (int c = 0; c < found.classNames().size(); c++) {
        classes.put(found.classNames().get(c), found.samples().get(each).get(c));
      }
      part.put("samples_by_class", classes);
      values.put(Output.word(each), part);
    }
    values.put("formats", found.formats());
    found.extremes().ifPresent(extremes -> values.put("sizes", sizes(extremes)));
    values.put("unreadable", found.unreadable());
    values.put(
        "duplicates",
        found.duplicates().stream()
            .map(group -> group.stream().map(ShownPictures::copy).toList())
            .toList());
    values.put("in_training_and_test", found.leaks().size());
    values.put("in_several_classes", found.contradictions().size());
    return values;
  }

  private static Map<String, String> copy(Copy copy) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("file", copy.file());
    values.put("split", Output.word(copy.split()));
    values.put("class", copy.className());
    return values;
  }

  private Map<String, Object> sizes(List<Size> extremes) {
    Map<String, Object> sizes = new LinkedHashMap<>();
    sizes.put("smallest", pixels(extremes.get(0)));
    sizes.put("largest", pixels(extremes.get(1)));
    Map.Entry<Size, Integer> common = common();
    sizes.put("most_common", pixels(common.getKey()));
    sizes.put("of_most_common", common.getValue());
    sizes.put("different", found.sizes().size());
    return sizes;
  }

  private static List<Integer> pixels(Size size) {
    return List.of(size.height(), size.width());
  }

  private Map.Entry<Size, Integer> common() {
    return found.sizes().entrySet().iterator().next();
  }

  private int samples(Split split) {
    return found.samples().get(split).stream().mapToInt(Integer::intValue).sum();
  }

  void print(Output output) {
    PrintWriter out = output.out();
    int read = samples(Split.TRAIN) + samples(Split.TEST);
    out.println(
        "%s: %s that can be read, %s, %s"
            .formatted(
                folder,
                count(read, "picture", "pictures"),
                count(found.classNames().size(), "class", "classes"),
                length(found.bytes())));
    out.println();
    classes(output);
    out.println();
    line(out, "split", split());
    found.extremes().ifPresent(extremes -> line(out, "sizes", sizesInWords(extremes)));
    line(
        out,
        "formats",
        found.formats().entrySet().stream()
            .map(entry -> entry.getKey() + " " + number(entry.getValue()))
            .collect(Collectors.joining(", ")));
    line(out, "balance", balance());
    line(
        out,
        "looked at",
        found.isDecoded()
            ? "every picture, whole"
            : "headers only, as there is more than 1 GiB; --check whole finds damage behind them");
    list(
        out,
        "unreadable",
        found.unreadable().stream().map(file -> file.file() + ": " + file.reason()).toList(),
        "a run stops at them, or leaves them out with on_unreadable: skip");
    list(
        out,
        "leaks",
        inWords(found.leaks()),
        "trained on and measured on, so that the network has seen the answer; remove one copy");
    list(
        out,
        "contradictions",
        inWords(found.contradictions()),
        "the same picture in several classes; one label is wrong");
    List<List<Copy>> harmless = new ArrayList<>(found.duplicates());
    harmless.removeAll(found.leaks());
    harmless.removeAll(found.contradictions());
    list(out, "duplicates", inWords(harmless), "the same picture several times");
  }

  private void classes(Output output) {
    List<Integer> order =
        IntStream.range(0, found.classNames().size()).boxed().collect(Collectors.toList());
    boolean isLong = order.size() > MOST_LINES;
    if (isLong) {
      order.sort(Comparator.comparing(found.samples().get(Split.TRAIN)::get));
    }
    List<List<String>> rows =
        order.stream()
            .limit(MOST_LINES)
            .map(
                c ->
                    List.of(
                        found.classNames().get(c),
                        number(found.samples().get(Split.TRAIN).get(c)),
                        number(found.samples().get(Split.TEST).get(c))))
            .collect(Collectors.toCollection(ArrayList::new));
    rows.add(List.of("all", number(samples(Split.TRAIN)), number(samples(Split.TEST))));
    output.printTable(List.of("class", "train", "val"), rows);
    if (isLong) {
      output
          .out()
          .println(
              "(the %d rarest of %d classes; --json has all)".formatted(MOST_LINES, order.size()));
    }
  }

  private String split() {
    if (!found.isDrawn()) {
      return samples(Split.TRAIN) == 0
          ? "nothing to train on: there is no train"
          : "as the %s says".formatted(configuration.csv() == null ? "folder" : "CSV file");
    }
    return "drawn: %s %% of each class to measure on, seed %d (validation_fraction, split_seed)"
        .formatted(
            number(Math.round(100 * configuration.validationFraction())),
            configuration.splitSeed());
  }

  private String sizesInWords(List<Size> extremes) {
    if (found.sizes().size() == 1) {
      return "all " + extremes.get(0) + " (height x width)";
    }
    return "%s to %s (height x width); most common %s: %s of %s sizes"
        .formatted(
            extremes.get(0),
            extremes.get(1),
            common().getKey(),
            count(common().getValue(), "picture", "pictures"),
            number(found.sizes().size()));
  }

  private String balance() {
    List<Integer> counts = found.samples().get(Split.TRAIN);
    int most = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
    int least = counts.stream().mapToInt(Integer::intValue).min().orElse(0);
    if (least == 0) {
      return most == 0
          ? "no class has a picture to train on"
          : "no picture to train on: " + named(counts, 0);
    }
    if (most == least) {
      return "as many pictures to train on in each class";
    }
    double ratio = (double) most / least;
    return "the largest class has %s times as many pictures to train on as the smallest (%s)%s"
        .formatted(
            String.format(Locale.ROOT, "%.1f", ratio),
            named(counts, least),
            ratio < IMBALANCED
                ? ""
                : "; data: {balanced: true} or loss: {class_weights: balanced} make up for it");
  }

  private String named(List<Integer> counts, int count) {
    List<String> names =
        IntStream.range(0, counts.size())
            .filter(c -> counts.get(c) == count)
            .mapToObj(found.classNames()::get)
            .toList();
    return String.join(", ", names.subList(0, Math.min(3, names.size())))
        + (names.size() > 3 ? " and %d more".formatted(names.size() - 3) : "");
  }

  private static List<String> inWords(List<List<Copy>> groups) {
    return groups.stream()
        .map(
            group ->
                group.stream()
                    .map(
                        copy ->
                            (copy.split() == Split.TRAIN ? "train " : "val ")
                                + copy.file()
                                + (copy.file().startsWith(copy.className() + "/")
                                    ? ""
                                    : " (" + copy.className() + ")"))
                    .collect(Collectors.joining(" = ")))
        .toList();
  }

  private static void list(PrintWriter out, String what, List<String> lines, String meaning) {
    if (lines.isEmpty()) {
      line(out, what, "none");
      return;
    }
    line(out, what, number(lines.size()) + ": " + meaning);
    lines.stream().limit(MOST_LINES).forEach(text -> out.println("  " + text));
    if (lines.size() > MOST_LINES) {
      out.println("  and " + number(lines.size() - MOST_LINES) + " more");
    }
  }

  private static void line(PrintWriter out, String what, String text) {
    out.println(String.format("%-14s  %s", what, text));
  }

  private static String count(long count, String one, String several) {
    return number(count) + " " + (count == 1 ? one : several);
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String length(long bytes) {
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : bytes < 1_000_000_000
            ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
            : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
