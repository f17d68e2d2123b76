package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.Subset;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.rng.sampling.PermutationSampler;

/**
 * What one step is trained on.
 *
 * @param fresh the samples of the new classes, all of them
 * @param training what training sees
 * @param heldOut what a correction fits on; empty for strategies that hold nothing out
 * @param exemplars how many exemplars training sees
 */
record StepSamples(Dataset fresh, Dataset training, Optional<Dataset> heldOut, int exemplars) {

  static StepSamples of(
      IncrementalConfiguration configuration,
      Dataset training,
      ClassMap after,
      ExemplarMemory memory) {
    int oldClasses = after.firstRow(after.steps() - 1);
    Dataset fresh = new ClassView(training, after, oldClasses, after.size());
    return switch (configuration.strategy().samples()) {
      case NEW -> new StepSamples(fresh, fresh, Optional.empty(), 0);
      case ALL ->
          new StepSamples(
              fresh, new ClassView(training, after, 0, after.size()), Optional.empty(), 0);
      case NEW_AND_EXEMPLARS -> withExemplars(configuration, fresh, after, memory);
    };
  }

  private static StepSamples withExemplars(
      IncrementalConfiguration configuration,
      Dataset fresh,
      ClassMap after,
      ExemplarMemory memory) {
    if (memory.classes() == 0) {
      return new StepSamples(fresh, fresh, Optional.empty(), 0);
    }
    List<String> names = after.classes();
    Strategy.Correction correction = configuration.strategy().correction();
    if (!correction.holdsOut()) {
      return new StepSamples(
          fresh, joined(fresh, ExemplarDataset.of(memory, names)), Optional.empty(), memory.size());
    }
    long seed = Seeds.derive(configuration.training().seed(), after.steps());
    int least = IntStream.range(0, memory.classes()).map(r -> memory.of(r).size()).min().orElse(1);
    int held = Math.min(least - 1, Math.max(1, (int) Math.round(configuration.heldOut() * least)));
    ExemplarDataset seen = new ExemplarDataset(names);
    ExemplarDataset unseen = new ExemplarDataset(names);
    for (int row = 0; row < memory.classes(); row++) {
      List<Image> images = memory.of(row);
      int[] order = shuffled(images.size(), Seeds.derive(seed, row));
      unseen.add(row, Arrays.stream(order).limit(held).sorted().mapToObj(images::get).toList());
      seen.add(row, Arrays.stream(order).skip(held).sorted().mapToObj(images::get).toList());
    }
    Subset freshUnseen = heldOut(correction, fresh, after, held, seed);
    return new StepSamples(
        fresh,
        joined(freshUnseen.complement(), seen),
        Optional.of(joined(freshUnseen, unseen)),
        seen.size());
  }

  private static Dataset joined(Dataset fresh, Dataset exemplars) {
    return new MergedDataset(fresh.name() + " and exemplars", List.of(fresh, exemplars));
  }

  /** As many samples of each new class. */
  private static Subset heldOut(
      Strategy.Correction correction, Dataset fresh, ClassMap after, int each, long seed) {
    List<Integer> chosen = new ArrayList<>();
    for (int row = after.firstRow(after.steps() - 1); row < after.size(); row++) {
      int label = row;
      int[] own = IntStream.range(0, fresh.size()).filter(i -> fresh.label(i) == label).toArray();
      if (own.length <= each) {
        throw new IllegalArgumentException(
            correction
                + " holds out "
                + each
                + " samples of each class, but '"
                + after.classes().get(row)
                + "' has only "
                + own.length);
      }
      int[] order = shuffled(own.length, Seeds.derive(seed, row));
      Arrays.stream(order).limit(each).forEach(i -> chosen.add(own[i]));
    }
    int[] indices = chosen.stream().mapToInt(Integer::intValue).sorted().toArray();
    return new Subset(fresh, fresh.name() + ", held out", indices);
  }

  /** Numbers 0 to n - 1 in a random order. */
  static int[] shuffled(int n, long seed) {
    int[] order = PermutationSampler.natural(n);
    PermutationSampler.shuffle(new SplittableRandom(seed)::nextLong, order);
    return order;
  }
}
