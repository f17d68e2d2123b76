package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.FreezeParameters;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GradualUnfreezingTest {
  @TempDir Path folder;

  /** Which tensors each epoch changed. */
  private static final class Changes implements Callback {
    final List<String> byEpoch = new ArrayList<>();
    private Map<String, String> before = Map.of();

    @Override
    public void beforeEpoch(TrainingContext context) {
      before = TinyRun.bits(context.model().stateDict());
    }

    @Override
    public void afterEpoch(TrainingContext context) {
      Map<String, String> after = TinyRun.bits(context.model().stateDict());
      TreeSet<String> changed = new TreeSet<>(after.keySet());
      changed.removeIf(name -> after.get(name).equals(before.get(name)));
      byEpoch.add(String.join(" ", changed));
    }
  }

  private static final String HEAD = "fc2.bias fc2.weight";
  private static final String NORM =
      "bn.bias bn.num_batches_tracked bn.running_mean bn.running_var bn.weight";
  private static final String FIRST = "fc1.bias fc1.weight";

  @Test
  void givenGradualUnfreezing_whenAModelIsTrained_thenOneMoreLayerLearnsEveryTwoEpochs() {
    TinyRun.Net model = TinyRun.net();
    Changes changes = new Changes();
    new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(2, 8, 7),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(5))
        .callback("unfreezing", new GradualUnfreezing(2))
        .callback("changes", changes)
        .run();

    String two = NORM + " " + HEAD;
    String all = NORM + " " + FIRST + " " + HEAD;
    assertThat(changes.byEpoch).containsExactly(HEAD, HEAD, two, two, all);
  }

  private String end(Integer stop) throws IOException {
    TinyRun.Net model = TinyRun.net();
    Path path = folder.resolve("run");
    boolean resumes = path.resolve("metrics.jsonl").toFile().exists();
    try (RunDirectory run =
        stop == null && !resumes
            ? null
            : resumes ? RunDirectory.resume(path) : RunDirectory.create(path)) {
      Trainer trainer =
          new Trainer(
                  model,
                  TinyRun.adamW(model),
                  TinyRun.clouds(4, 8, 7),
                  new CrossEntropy(),
                  TrainingConfiguration.ofEpochs(3))
              .callback("unfreezing", new GradualUnfreezing(1));
      if (run != null) {
        trainer.runDirectory(run);
        trainer.callback(
            "interruption",
            stop == null ? new Callback() {} : new InterruptionAfter(stop, trainer::requestStop));
        trainer.resume();
      }
      trainer.run();
    }
    return TinyRun.bits(model.stateDict()).toString();
  }

  @Test
  void givenARunThatStopsInsideAnEpoch_whenItIsResumed_thenItEndsInTheSameBits()
      throws IOException {
    String whole = end(null);
    end(6);
    assertThat(end(null)).isEqualTo(whole);
  }

  @Test
  void givenFrozenParameters_whenLayersAreUnfrozen_thenTheyStayFrozen() {
    TinyRun.Net model = TinyRun.net();
    new FreezeParameters(List.of("fc1")).apply(model);
    Changes changes = new Changes();
    new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(2, 8, 7),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(3))
        .callback("unfreezing", new GradualUnfreezing(1))
        .callback("changes", changes)
        .run();
    String two = NORM + " " + HEAD;
    assertThat(changes.byEpoch).containsExactly(HEAD, two, two);
  }

  @Test
  void givenAnOptimizerThatLacksParameters_whenTheRunBegins_thenTheErrorNamesOne() {
    TinyRun.Net model = TinyRun.net();
    Map<String, Parameter> head = Map.of("fc2.weight", model.namedParameters().get("fc2.weight"));
    Trainer trainer =
        new Trainer(
                model,
                new AdamW(
                    List.of(new ParameterGroup("head", head, 0.01, 0)),
                    AdamWConfiguration.defaults()),
                TinyRun.clouds(2, 8, 7),
                new CrossEntropy(),
                TrainingConfiguration.ofEpochs(3))
            .callback("unfreezing", new GradualUnfreezing(1));
    assertThatThrownBy(trainer::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the optimizer does not move '");
  }
}
