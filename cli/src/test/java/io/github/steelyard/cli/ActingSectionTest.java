package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.robust.L1Penalty;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Penalty;
import io.github.steelyard.train.TrainingContext;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A section of a jar that asks something of the weights and acts around the epochs. */
@Tag("once")
class ActingSectionTest {
  /** The section of such a jar. */
  public static final class Shrinking implements RecipeSection<L1Penalty> {
    /** Called by the service loader. */
    public Shrinking() {}

    @Override
    public String key() {
      return "shrinking";
    }

    @Override
    public L1Penalty read(Mapping section) {
      return section.read(L1Penalty.of(1e-3));
    }

    @Override
    public Map<String, Penalty> penalties(L1Penalty configuration, TrainingSetup setup) {
      return Map.of(key(), configuration);
    }

    @Override
    public Map<String, Callback> callbacks(L1Penalty configuration, TrainingSetup setup) {
      return Map.of(
          key(),
          new Callback() {
            @Override
            public void beforeEpoch(TrainingContext context) {
              context.log("shrinking", Map.of("strength", configuration.strength()));
            }
          });
    }
  }

  @TempDir Path folder;

  @Test
  void givenASectionWithPenaltyAndCallback_whenNetworksAreTrained_thenBothAct() throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(RecipeSection.class.getName()), Shrinking.class.getName() + "\n");
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            IncrementalFixture.RECIPE.replace("[finetune, wa, icarl]", "wa")
                + "shrinking: {strength: 0.25}\n");
    String once = folder.resolve("once").toString();
    String steps = folder.resolve("steps").toString();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader jar = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(jar);
      json("run", recipe.toString(), "--set", "incremental=null", "--folder", once, "--json");
      json("run", recipe.toString(), "--folder", steps, "--json");
    } finally {
      thread.setContextClassLoader(before);
    }

    for (String log :
        List.of("once/metrics.jsonl", "steps/wa/checkpoints/step-002/metrics.jsonl")) {
      assertThat(Files.readString(folder.resolve(log)))
          .contains("shrinking", "\"event\":\"shrinking\"", "\"strength\":0.25");
    }
    assertThat(refused("evaluate", once)).contains("'shrinking'", "STEELYARD_CLASSPATH");
  }
}
