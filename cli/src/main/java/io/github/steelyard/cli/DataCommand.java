package io.github.steelyard.cli;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "data",
    description = "List the data sets that recipes can name, look at one or download one.",
    subcommands = {DataCommand.ListCommand.class, DataCommand.ShowCommand.class},
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  steelyard data show fashion-mnist"})
final class DataCommand {

  @Command(
      name = "list",
      description = "List the data sets that recipes can name.",
      footer = {"", "Example:", "  steelyard data list"})
  static final class ListCommand implements Runnable {
    @Mixin private Output output;

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
  }

  @Command(
      name = "show",
      description = "Show the sizes, classes and fingerprints of a data set.",
      footer = {"", "Example:", "  steelyard data show fashion-mnist --json"})
  static final class ShowCommand implements Runnable {
    @Mixin private Output output;

    @Parameters(paramLabel = "NAME", description = "The data set's name.")
    private String name;

    @Option(names = "--data", paramLabel = "DIR", description = "The folder with its files.")
    private Path folder;

    @Override
    public void run() {
      DatasetSource source = UsageException.unless(() -> Datasets.named(name));
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("name", source.name());
      result.put("summary", source.summary());
      for (Split split : Split.values()) {
        result.put(split.name().toLowerCase(Locale.ROOT), describe(open(source, split)));
      }
      if (output.isJson()) {
        output.printJson(result);
      } else {
        print("", result);
      }
    }

    private Dataset open(DatasetSource source, Split split) {
      try {
        return folder == null ? source.open(split) : source.open(split, folder);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
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
      fields.put("shape", data.shape().map(Object::toString).orElse("of different sizes"));
      fields.put("sha256", data.fingerprint());
      fields.put("samples_by_class", classes);
      return fields;
    }

    private void print(String indent, Map<?, ?> values) {
      values.forEach(
          (key, value) -> {
            if (value instanceof Map<?, ?> below) {
              output.out().println(indent + key);
              print(indent + "  ", below);
            } else {
              output.out().println(indent + String.format("%-16s  %s", key, value));
            }
          });
    }
  }
}
