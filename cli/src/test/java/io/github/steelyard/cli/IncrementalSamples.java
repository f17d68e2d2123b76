package io.github.steelyard.cli;

import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalResult;
import io.github.steelyard.incremental.ReadOuts;
import io.github.steelyard.incremental.RowNorms;
import io.github.steelyard.incremental.StepResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Results as a stream of steps gives them, without training. */
public final class IncrementalSamples {
  public static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private static final int SAMPLES = 100;

  private IncrementalSamples() {}

  /** Equal steps; older classes are the more often taken for new ones, the larger the bias. */
  public static IncrementalResult result(
      String strategy, List<String> classes, int classesPerStep, double bias) {
    ClassMap map = ClassMap.empty();
    List<StepResult> steps = new ArrayList<>();
    for (int first = 0; first < classes.size(); first += classesPerStep) {
      map = map.with(classes.subList(first, first + classesPerStep));
      steps.add(step(strategy, map, first, bias));
    }
    return new IncrementalResult(strategy, map, steps);
  }

  private static StepResult step(String strategy, ClassMap map, int oldClasses, double bias) {
    boolean aligned = strategy.equals("wa") && oldClasses > 0;
    double longer = 1 + bias;
    List<Double> norms =
        IntStream.range(0, map.size())
            .mapToObj(row -> (row < oldClasses ? 1 : longer) * (1 + 0.05 * (row % 3)))
            .toList();
    RowNorms before = new RowNorms(norms, oldClasses);
    double gamma = aligned ? before.oldMean() / before.newMean() : Double.NaN;
    RowNorms after =
        new RowNorms(
            IntStream.range(0, map.size())
                .mapToObj(row -> norms.get(row) * (aligned && row >= oldClasses ? gamma : 1))
                .toList(),
            oldClasses);
    List<List<Long>> counts = counts(map, oldClasses, bias);
    return new StepResult(
        map.steps(),
        map.classesOf(map.steps() - 1),
        oldClasses,
        1000,
        oldClasses == 0 ? 0 : 200,
        5,
        100,
        0.5,
        12.5,
        before,
        after,
        Map.of("gamma", gamma),
        List.of(
            Evaluation.of(ReadOuts.SOFTMAX, counts, map),
            Evaluation.of(ReadOuts.NEAREST_MEAN, counts, map)));
  }

  private static List<List<Long>> counts(ClassMap map, int oldClasses, double bias) {
    Random random = new Random(1);
    List<List<Long>> counts = new ArrayList<>();
    for (int truth = 0; truth < map.size(); truth++) {
      long[] row = new long[map.size()];
      for (int sample = 0; sample < SAMPLES; sample++) {
        boolean taken = truth < oldClasses && random.nextDouble() < bias;
        int answer = truth;
        if (taken) {
          answer = oldClasses + random.nextInt(map.size() - oldClasses);
        } else if (random.nextDouble() < 0.15) {
          answer = Math.floorMod(truth + 1 - 2 * random.nextInt(2), map.size());
        }
        row[answer]++;
      }
      counts.add(Arrays.stream(row).boxed().toList());
    }
    return counts;
  }
}
