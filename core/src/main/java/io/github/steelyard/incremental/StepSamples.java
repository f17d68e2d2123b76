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
 * @param training what training sees, labelled with the rows of the last layer
 * @param heldOut what a correction fits on; empty where it {@linkplain
 *     Strategy.Correction#holdsOut() needs nothing}
 * @param exemplars how many samples of training are exemplars
 */
public record StepSamples(Dataset training, Optional<Dataset> heldOut, int exemplars) {

  /**
   * Samples of which none is an exemplar or held out.
   *
   * @param training what training sees
   * @return the samples
   */
  public static StepSamples of(Dataset training) {
    return new StepSamples(training, Optional.empty(), 0);
  }

  /**
   * The new classes and the exemplars, less what the strategy's correction asks to hold out.
   *
   * @param step what there is
   * @return the samples; in the first step those of the new classes
   * @throws IllegalArgumentException if a class has too few samples to hold some out
   */
  public static StepSamples withExemplars(StepData step) {
    IncrementalConfiguration configuration = step.configuration();
    Dataset fresh = step.fresh();
    ClassMap after = step.classes();
    ExemplarMemory memory = step.memory();
    if (memory.classes() == 0) {
      return of(fresh);
    }
    List<String> names = after.classes();
    Strategy.Correction correction = configuration.strategy().correction();
    if (!correction.holdsOut()) {
      return new StepSamples(
          joined(fresh, ExemplarDataset.of(memory, names)), Optional.empty(), memory.size());
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
