package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.RunKind;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.cli.run.Work;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Lists the recipes that come with Steelyard; copies or checks one. */
@Command(
    name = "recipes",
    description = "List the recipes that come with Steelyard; copy one to begin with, check one.",
    subcommands = {RecipesCommand.CopyCommand.class, RecipesCommand.CheckCommand.class},
    synopsisSubcommandLabel = "[COMMAND]",
    footer = {"", "Example:", "  steelyard recipes copy adamp"})
public final class RecipesCommand implements Callable<Integer> {
  @Mixin private Output output;

  RecipesCommand() {}

  @Override
  public Integer call() throws IOException {
    List<List<String>> rows = new ArrayList<>();
    List<Map<String, String>> json = new ArrayList<>();
    for (ShippedRecipe recipe : ShippedRecipe.all()) {
      rows.add(List.of(recipe.name(), recipe.kind(), recipe.about()));
      json.add(Map.of("name", recipe.name(), "kind", recipe.kind(), "description", recipe.about()));
    }
    if (output.isJson()) {
      output.printJson(json);
    } else {
      output.printTable(List.of("recipe", "kind of run", "what it does"), rows);
    }
    return 0;
  }

  @Command(
      name = "copy",
      description = "Copy a recipe with its comments, to be changed.",
      footer = {"", "Example:", "  steelyard recipes copy adamp my-run.yaml"})
  static final class CopyCommand implements Callable<Integer> {
    @ParentCommand private RecipesCommand parent;

    @Parameters(index = "0", paramLabel = "NAME", description = "The recipe's name.")
    private String name;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "FILE",
        description = "The file to write; NAME.yaml here if not given.")
    private Path file;

    @Override
    public Integer call() throws IOException {
      ShippedRecipe recipe = UsageException.unless(() -> ShippedRecipe.get(name));
      Path target = file == null ? Path.of(recipe.name() + ".yaml") : file;
      if (Files.exists(target)) {
        throw new UsageException(target + " exists already; name another file");
      }
      List<Path> written = new ArrayList<>();
      AtomicFile.write(target, recipe.content());
      written.add(target);
      for (ShippedRecipe other : recipe.needed()) {
        Path beside = target.toAbsolutePath().resolveSibling(other.name() + ".yaml");
        if (!Files.exists(beside)) {
          AtomicFile.write(beside, other.content());
          written.add(beside);
        }
      }
      if (parent.output.isJson()) {
        parent.output.printJson(Map.of("files", written.stream().map(Path::toString).toList()));
        return 0;
      }
      written.forEach(path -> parent.output.out().println("wrote " + path));
      parent.output.out().println("run it with: steelyard run " + target);
      return 0;
    }
  }

  @Command(
      name = "check",
      description = {
        "Check a recipe without running it: keys and values, data, sizes.",
        "Of one training, a few steps are tried to tell what the whole would take on this machine."
      },
      footer = {"", "Example:", "  steelyard recipes check my-run.yaml"})
  static final class CheckCommand implements Callable<Integer> {
    @ParentCommand private RecipesCommand parent;
    @Mixin private RecipeOptions options;

    @Parameters(paramLabel = "FILE", description = "The recipe, a YAML file.")
    private Path file;

    @Option(names = "--no-trial", description = "Try no steps: time and memory are not told.")
    private boolean noTrial;

    @Override
    public Integer call() throws IOException {
      RunRecipe recipe = options.read(file);
      Session session = new Session(parent.output.err(), parent.output.arguments(), Stop.never());
      Work work = prepared(recipe, session);
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("recipe", recipe.name());
      values.put("kind", RunKinds.load().of(recipe).name());
      if (!noTrial) {
        Optional<Work.Estimate> estimate = work.estimate();
        estimate.ifPresent(own -> put(values, own));
      }
      if (parent.output.isJson()) {
        parent.output.printJson(values);
      } else {
        print(values);
      }
      return 0;
    }

    private static <R extends RunRecipe> Work prepared(R recipe, Session session)
        throws IOException {
      RunKind<R> kind = RunKinds.load().of(recipe);
      return kind.prepare(recipe, Path.of("runs", recipe.name(), "check"), session);
    }

    private static void put(Map<String, Object> values, Work.Estimate estimate) {
      values.put("steps", estimate.steps());
      values.put("seconds_per_step", estimate.secondsPerStep());
      values.put("seconds", estimate.steps() * estimate.secondsPerStep());
      values.put("bytes", estimate.bytes());
    }

    private void print(Map<String, Object> values) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("recipe", values.get("recipe") + ", valid"));
      rows.add(List.of("kind of run", String.valueOf(values.get("kind"))));
      if (values.get("steps") instanceof Long steps) {
        double perStep = (double) values.get("seconds_per_step");
        rows.add(List.of("optimizer steps", String.format(Locale.ROOT, "%,d", steps)));
        rows.add(
            List.of(
                "time on this machine",
                "about "
                    + Numbers.duration(steps * perStep)
                    + ", without measuring ("
                    + Numbers.brief(1000 * perStep)
                    + " ms a step)"));
        long bytes = (long) values.get("bytes");
        rows.add(
            List.of(
                "memory",
                bytes == 0 ? "not known on this system" : "about " + Numbers.bytes(bytes)));
      }
      parent.output.printTable(List.of("checked", "result"), rows);
    }
  }
}
