package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.run.RecipeSamples;
import io.github.steelyard.data.ClassBalance;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.FashionMnistDownload;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.OnUnreadable;
import io.github.steelyard.data.PictureCheck;
import io.github.steelyard.data.PictureInventory;
import io.github.steelyard.data.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Lists data sets; looks at one, downloads or makes one. */
@Command(
    name = "data",
    description = "List the data sets that recipes can name; look at one, download or make one.",
    subcommands = {
      DataCommand.ShowCommand.class,
      DataCommand.DownloadCommand.class,
      GlyphsCommand.class
    },
    synopsisSubcommandLabel = "[COMMAND]",
    footer = {"", "Example:", "  steelyard data show fashion-mnist"})
public final class DataCommand implements Runnable {

  @Mixin Output output;

  DataCommand() {}

  @Override
  public void run() {
    if (output.isJson()) {
      output.printJson(
          Datasets.all().stream()
              .map(
                  source -> {
                    Map<String, Object> fields = new LinkedHashMap<>();
                    fields.put("name", source.name());
                    fields.put("summary", source.summary());
                    fields.put("files", source.files());
                    return fields;
                  })
              .toList());
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    for (DatasetSource source : Datasets.all()) {
      rows.add(List.of(source.name(), source.summary(), source.files()));
    }
    output.printTable(List.of("data set", "summary", "needs the files"), rows);
  }

  @Command(
      name = "show",
      description = {
        "Show the classes, sizes and fingerprints of a data set. Of pictures of your own also",
        "formats, files that cannot be read, duplicates, pictures that are trained on and measured",
        "on, how classes are balanced, and the split that is drawn where there is none."
      },
      footer = {"", "Example:", "  steelyard data show photos"})
  static final class ShowCommand implements Runnable {
    @ParentCommand private DataCommand parent;

    @Parameters(
        paramLabel = "NAME",
        description =
            "The data set's name, or a folder of pictures, or a CSV file that names them.")
    private String name;

    @Option(names = "--data", paramLabel = "DIR", description = "The folder with its files.")
    private Path folder;

    @Option(
        names = "--class-names",
        paramLabel = "FILE",
        description = "Of pictures: the classes' names, one a line in the order of the labels.")
    private String classNames;

    @Option(
        names = "--validation-fraction",
        paramLabel = "PART",
        defaultValue = "0.2",
        description = "Of pictures without a split: what would be held back (default 0.2).")
    private double validationFraction;

    @Option(
        names = "--split-seed",
        paramLabel = "SEED",
        defaultValue = "0",
        description = "Of pictures without a split: decides which (default 0).")
    private long splitSeed;

    @Option(
        names = "--check",
        paramLabel = "HOW",
        defaultValue = "auto",
        description =
            "Of pictures: whole decodes each, kind reads headers, auto (the default) decodes up to"
                + " 1 GiB.")
    private String check;

    @Override
    public void run() {
      boolean isKnown = Datasets.all().stream().anyMatch(source -> source.name().equals(name));
      Path path = isKnown ? folder : Path.of(name);
      boolean isPictures = name.equals("image-folder") && folder != null;
      if (isPictures || (!isKnown && Files.exists(path))) {
        showPictures(path);
        return;
      }
      if (!isKnown && (name.indexOf('/') >= 0 || name.indexOf('.') >= 0)) {
        throw new UsageException(
            name + " does not exist; name a data set, or a folder of pictures");
      }
      DatasetSource source = UsageException.unless(() -> Datasets.get(name));
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("name", source.name());
      result.put("summary", source.summary());
      for (Split split : Split.values()) {
        result.put(Output.word(split), describe(open(source, split)));
      }
      if (parent.output.isJson()) {
        parent.output.printJson(result);
      } else {
        print("", result);
      }
    }

    private void showPictures(Path path) {
      boolean isTable = Files.isRegularFile(path);
      Path root = isTable ? path.toAbsolutePath().getParent() : path;
      ImageFolderConfiguration configuration =
          UsageException.unless(
              () ->
                  new ImageFolderConfiguration(
                      isTable ? path.getFileName().toString() : null,
                      classNames == null ? null : Path.of(classNames).toAbsolutePath().toString(),
                      OnUnreadable.SKIP,
                      check(),
                      validationFraction,
                      splitSeed));
      try {
        ShownPictures shown = new ShownPictures(path, configuration, look(root, configuration));
        if (parent.output.isJson()) {
          parent.output.printJson(shown.toJson());
        } else {
          shown.print(parent.output);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private PictureCheck check() {
      return Arrays.stream(PictureCheck.values())
          .filter(each -> Output.word(each).equals(check))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "--check must be auto, whole or kind, but is '" + check + "'"));
    }

    private PictureInventory look(Path root, ImageFolderConfiguration configuration)
        throws IOException {
      List<Progress> shown = new ArrayList<>();
      try {
        return PictureInventory.of(
            root,
            configuration,
            (done, all) -> {
              if (shown.isEmpty()) {
                shown.add(Progress.start(parent.output.err(), all));
                shown.get(0).task("looking at pictures");
              }
              shown.get(0).update(done, "");
            });
      } finally {
        shown.forEach(Progress::close);
      }
    }

    private Dataset open(DatasetSource source, Split split) {
      RecipeSamples.requireFolder(source, folder == null);
      try {
        return folder == null ? source.open(split) : source.open(split, folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static Map<String, Object> describe(Dataset data) {
      int[] counts = ClassBalance.counts(data);
      Map<String, Object> classes = new LinkedHashMap<>();
      for (int c = 0; c < counts.length; c++) {
        classes.put(data.classNames().get(c), counts[c]);
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("title", data.name());
      fields.put("samples", data.size());
      fields.put(
          "shape",
          data.shape()
              .<Object>map(image -> List.of(image.channels(), image.height(), image.width()))
              .orElse("of different sizes"));
      fields.put("sha256", data.fingerprint());
      fields.put("samples_by_class", classes);
      return fields;
    }

    private void print(String indent, Map<?, ?> values) {
      values.forEach(
          (key, value) -> {
            if (value instanceof Map<?, ?> below) {
              parent.output.out().println(indent + key);
              print(indent + "  ", below);
            } else {
              parent.output.out().println(indent + String.format("%-16s  %s", key, value));
            }
          });
    }
  }

  @Command(
      name = "download",
      description = {
        "Download all of Fashion-MNIST (31 MB) and check its SHA-256.",
        "Nothing else in Steelyard uses the network."
      },
      footer = {"", "Example:", "  steelyard data download data/fashion-mnist"})
  static final class DownloadCommand implements Callable<Integer> {
    @ParentCommand private DataCommand parent;

    @Parameters(paramLabel = "DIR", description = "The folder to put the files into.")
    private Path folder;

    @Option(
        names = "--from",
        paramLabel = "URL",
        description = "A mirror of the four files; the authors' address if not given.")
    private URI mirror;

    @Override
    public Integer call() throws IOException {
      URI source = mirror == null ? FashionMnistDownload.OFFICIAL : directory(mirror);
      new FashionMnistDownload(source).to(folder, parent.output.err()::println);
      if (parent.output.isJson()) {
        parent.output.printJson(Map.of("folder", folder.toString(), "source", source.toString()));
      } else {
        parent
            .output
            .out()
            .println("Fashion-MNIST is in " + folder + "; use it with --data " + folder);
      }
      return 0;
    }

    private static URI directory(URI address) {
      String scheme = String.valueOf(address.getScheme());
      if (!scheme.equals("http") && !scheme.equals("https")) {
        throw new UsageException("--from must be an http or https address, not " + address);
      }
      return address.toString().endsWith("/") ? address : URI.create(address + "/");
    }
  }
}
