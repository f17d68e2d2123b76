package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.Extension;
import io.github.steelyard.cli.incremental.ExtensionRecipe;
import io.github.steelyard.cli.incremental.StrategyFolders;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Teaches a classifier further classes. */
@Command(
    name = "extend",
    description = {
      "Teach a finished class-incremental run further classes, of its own data set or another one.",
      "The classes become a further step of the run, learned as its recipe says. If the step fails,"
          + " the run is as it was. Ctrl-C finishes the optimizer step, saves and exits; --resume"
          + " continues bit for bit."
    },
    footer = {
      "",
      "Example:",
      "  steelyard extend runs/incremental-glyphs/wa --data data/signs --classes +,-"
    })
public final class ExtendCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Parameters(
      paramLabel = "RUN",
      description = "The folder of a run that learned classes, or of one strategy in it.")
  private Path path;

  @Option(
      names = "--strategy",
      paramLabel = "NAME",
      description = "Which strategy of the run to extend; not needed if there is only one.")
  private String strategy;

  @Option(
      names = "--classes",
      paramLabel = "NAME",
      split = ",",
      description = "The names of the new classes.")
  private List<String> classes = List.of();

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "The data set with the new classes; the run's own if not given.")
  private String dataset;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder with the files of the new classes' data set.")
  private Path data;

  @Option(
      names = "--run-data",
      paramLabel = "DIR",
      description = "Where the files of the run's own data set are now, if they were moved.")
  private Path runData;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Where to compute: cpu, cuda or cuda:N.")
  private String device;

  @Option(names = "--resume", description = "Continue the extension that was interrupted.")
  private boolean resume;

  @Option(
      names = "--replace",
      description = "Drop the extension that was interrupted, and begin this one.")
  private boolean replace;

  ExtendCommand() {}

  @Override
  public Integer call() throws IOException {
    return JoinedRanks.run(output, this::extend);
  }

  private int extend() throws IOException {
    if (resume && (replace || !classes.isEmpty() || dataset != null || data != null)) {
      throw new UsageException(
          "--resume continues what was begun: give no classes, no data and no --replace with it");
    }
    Path folder = StrategyFolders.one(path, strategy);
    if (!resume && classes.stream().allMatch(String::isBlank)) {
      throw new UsageException(
          "a step needs at least one new class: name it with --classes, such as --classes A,B");
    }
    Recipe recipe =
        StrategyFolders.recipe(
            folder, Recipe.where(runData == null ? null : runData.toString(), device));
    Optional<Extension> pending = Extension.pending(folder, recipe);
    return learn(resume ? begun(folder, pending) : wanted(folder, recipe, pending));
  }

  private static Extension begun(Path folder, Optional<Extension> pending) {
    return pending.orElseThrow(
        () -> new UsageException("there is no interrupted extension in " + folder + " to resume"));
  }

  private Extension wanted(Path folder, Recipe recipe, Optional<Extension> pending) {
    if (pending.isPresent() && !replace) {
      throw new UsageException(
          "the extension of "
              + folder
              + " by "
              + pending.get().step().classes()
              + " was interrupted; continue it with --resume, or drop it with --replace");
    }
    Recipe without = pending.map(Extension::without).orElse(recipe);
    return new Extension(folder, without, wanted(recipe), false);
  }

  private ExtensionRecipe wanted(Recipe recipe) {
    DataRecipe own = recipe.data();
    String name = dataset == null ? own.name() : dataset;
    String folder = data == null ? null : data.toAbsolutePath().normalize().toString();
    boolean isOwn = name.equals(own.name()) && (folder == null || folder.equals(own.folder()));
    return new ExtensionRecipe(classes, isOwn ? null : name, isOwn ? null : folder);
  }

  private int learn(Extension extension) throws IOException {
    JoinedRanks.requireSame(extension.planned());
    try (Stop stop = Stop.onSignals(output.err())) {
      Session session = new Session(output.err(), output.arguments(), stop);
      return new EndedOutput(output)
          .print(extension.learn(session), "steelyard extend " + extension.folder() + " --resume");
    }
  }
}
