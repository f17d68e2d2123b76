package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.FashionMnistDownload;
import io.github.steelyard.data.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
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
      description = "Show the sizes, classes and fingerprints of a data set.",
      footer = {"", "Example:", "  steelyard data show fashion-mnist --json"})
  static final class ShowCommand implements Runnable {
    @ParentCommand private DataCommand parent;

    @Parameters(paramLabel = "NAME", description = "The data set's name.")
    private String name;

    @Option(names = "--data", paramLabel = "DIR", description = "The folder with its files.")
    private Path folder;

    @Override
    public void run() {
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

    private Dataset open(DatasetSource source, Split split) {
      RecipeData.requireFolder(source, folder == null);
      try {
        return folder == null ? source.open(split) : source.open(split, folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static Map<String, Object> describe(Dataset data) {
      int[] counts = new int[data.classNames().size()];
      for (int i = 0; i < data.size(); i++) {
        counts[data.label(i)]++;
      }
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
