package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunKind;
import io.github.steelyard.cli.run.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** A network's whole life: runs one after another, each in a folder inside the life's. */
public final class LifeKind implements RunKind<LifeRecipe> {
  /** Called by {@link java.util.ServiceLoader}. */
  public LifeKind() {}

  @Override
  public String name() {
    return "life";
  }

  @Override
  public Class<LifeRecipe> recipeType() {
    return LifeRecipe.class;
  }

  @Override
  public boolean claims(ObjectNode root) {
    return root.has("stages");
  }

  @Override
  public LifeRecipe read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings) {
    return LifeRecipe.changed(document, quick, fallback, changes, settings);
  }

  @Override
  public Work prepare(LifeRecipe life, Path folder, Session session) throws IOException {
    for (LifeStage stage : life.stages()) {
      stage.check(session);
    }
    return new LifeWork(life, session);
  }

  @Override
  public Recipe network(Run run, List<String> settings) throws IOException {
    throw new UsageException(
        run.path()
            + " holds a network's whole life; give the folder of one of its stages: "
            + Run.within(run.path()).stream()
                .map(Path::toString)
                .collect(Collectors.joining(", ")));
  }

  @Override
  public Path weights(Run run, Recipe recipe, boolean newest) {
    throw new UsageException(run.path() + " holds a network's whole life; give one of its stages");
  }
}
