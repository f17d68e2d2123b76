package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.Ended;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunKind;
import io.github.steelyard.cli.run.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A grid of runs, each in a folder below that of the study. */
public final class StudyKind implements RunKind<Study> {
  /** Called by {@link java.util.ServiceLoader}. */
  public StudyKind() {}

  @Override
  public String name() {
    return "study";
  }

  @Override
  public Class<Study> recipeType() {
    return Study.class;
  }

  @Override
  public boolean claims(ObjectNode root) {
    return root.has("axes");
  }

  /** The settings change the recipe of every run. */
  @Override
  public Study read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings)
      throws IOException {
    return StudyReading.read(document, fallback, quick, settings);
  }

  /** Its runs that are finished are not repeated. */
  @Override
  public boolean continuesItself() {
    return true;
  }

  @Override
  public Work prepare(Study study, Path folder, Session session) throws IOException {
    List<StudyRun> chosen = StudyRun.all(study, study.chosen(), folder);
    return new Grid(study, new StudyRunner(study, chosen, session, new StudyPace()), session);
  }

  private record Grid(Study study, StudyRunner runner, Session session) implements Work {
    @Override
    public Study recipe() {
      return study;
    }

    @Override
    public Ended complete(Run run) throws IOException {
      StudyRunner.Outcome outcome = runner.run();
      new StudyReport(study, study.results(run.path())).write(run.path(), session.command());
      return study.shown(run.path()).finished(outcome == StudyRunner.Outcome.FINISHED);
    }
  }

  @Override
  public Recipe network(Run run, List<String> settings) {
    throw new UsageException(
        run.path() + " holds a study of several runs; give the folder of one of them");
  }

  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) {
    throw new UsageException(run.path() + " holds a study of several runs; give one of them");
  }
}
