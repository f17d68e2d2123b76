package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import io.github.steelyard.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A run in its folder, begun and gone on with as a person would who reads the messages. */
final class TriedRun {
  private final Children children;
  private final RunUnderTest kind;
  private final Path recipe;
  private final Path folder;
  private final Map<String, String> environment;
  private boolean resumes;

  TriedRun(
      Children children,
      RunUnderTest kind,
      Path recipe,
      Path folder,
      Map<String, String> environment) {
    this.children = children;
    this.kind = kind;
    this.recipe = recipe;
    this.folder = folder;
    this.environment = environment;
  }

  Path folder() {
    return folder;
  }

  /** Starts the command; goes on with the run if there is something of one. */
  Child start() throws IOException {
    resumes = Files.exists(folder) && !kind.continuesItself();
    return start(resumes);
  }

  private Child start(boolean resume) throws IOException {
    return children.start(Main.class, List.of(), List.of(), environment, arguments(resume));
  }

  String[] arguments(boolean resume) {
    List<String> arguments = new ArrayList<>(kind.launcher());
    arguments.addAll(List.of("run", recipe.toString(), "--folder", folder.toString()));
    if (resume) {
      arguments.add("--resume");
    }
    return arguments.toArray(String[]::new);
  }

  /**
   * Brings the run to its end. Where there is nothing to resume yet, it is started.
   *
   * @return why it cannot be; empty if it has come to its end
   */
  Optional<String> finish() throws IOException, InterruptedException {
    return finish(start().await());
  }

  /** The same after one attempt that ended by itself. */
  Optional<String> finish(Ended attempt) throws IOException, InterruptedException {
    if (attempt.code() == 0) {
      return Optional.empty();
    }
    if (resumes && attempt.code() == 2) {
      Ended anew = start(false).await();
      return anew.code() == 0
          ? Optional.empty()
          : Optional.of(
              "neither goes on (%s) nor starts (%s), folder holds %s"
                  .formatted(
                      attempt.lastWords(),
                      anew.lastWords(),
                      Arrays.toString(folder.toFile().list())));
    }
    return Optional.of(attempt.lastWords());
  }
}
