package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BalanceTest {
  /**
   * 40, 12 and 3 samples; the picture of sample i has the grey level i at each of its 16 pixels.
   */
  private static final int[] COUNTS = {40, 12, 3};

  private static final int ALL = 55;
  private static final Preprocessing PLAIN =
      Preprocessing.of(new Normalization(List.of(0.0), List.of(1.0)));

  private static Dataset data() {
    int[] labels = new int[ALL];
    byte[] pixels = new byte[ALL * 16];
    for (int i = 0; i < ALL; i++) {
      // Classes lie mixed, as in most files.
      labels[i] = i % 5 == 0 ? 1 : i % 17 == 4 ? 2 : 0;
      Arrays.fill(pixels, i * 16, i * 16 + 16, (byte) i);
    }
    labels[1] = 1;
    return new InMemoryDataset(
        "few", new ImageShape(1, 4, 4), pixels, labels, List.of("many", "some", "rare"));
  }

  private static LoaderConfiguration balanced(int batchSize, boolean dropLast, int workers) {
    return new LoaderConfiguration(batchSize, true, dropLast, 5, workers, 2).withBalance();
  }

  /** The samples of an epoch from a batch on, and how large the batches are. */
  private static List<int[]> take(DataLoader loader, long epoch, int first) {
    List<int[]> batches = new ArrayList<>();
    try (BatchStream stream = loader.epoch(epoch, first)) {
      while (stream.hasNext()) {
        Scope.run(
            () -> {
              Batch batch = stream.next();
              FloatBuffer values = batch.inputs().createBuffer();
              LongBuffer labels = batch.targets().createBuffer();
              int[] samples = new int[batch.size()];
              for (int k = 0; k < samples.length; k++) {
                samples[k] = Math.round(values.get(k * 16) * 255);
                assertThat(labels.get(k)).isEqualTo(data().label(samples[k]));
              }
              batches.add(samples);
            });
      }
    }
    return batches;
  }

  private static int[] flat(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }

  @Test
  void givenTheData_whenClassesAreCounted_thenTheCountsAreThose() {
    assertThat(ClassBalance.counts(data())).isEqualTo(COUNTS);
  }

  @ParameterizedTest
  @CsvSource({"10, true, 50", "10, false, 55", "55, true, 55", "1, true, 55", "7, true, 49"})
  void givenRareClasses_whenAnEpochIsBalanced_thenEachClassIsDrawnAlikeAndSoIsEachOfItsSamples(
      int batchSize, boolean dropLast, int length) throws IOException {
    DataLoader loader = new DataLoader(data(), PLAIN, balanced(batchSize, dropLast, 0));
    for (int epoch = 0; epoch < 3; epoch++) {
      int[] samples = flat(take(loader, epoch, 0));

      assertThat(samples).as("the length of an epoch").hasSize(length);
      int[] ofClass = new int[3];
      int[] ofSample = new int[ALL];
      for (int sample : samples) {
        ofClass[data().label(sample)]++;
        ofSample[sample]++;
      }
      for (int c = 0; c < 3; c++) {
        int label = c;
        assertThat(ofClass[c]).isBetween(length / 3, length / 3 + 1);
        int least = ofClass[c] / COUNTS[c];
        for (int i = 0; i < ALL; i++) {
          if (data().label(i) == label) {
            assertThat(ofSample[i]).as("sample %d", i).isBetween(least, least + 1);
          }
        }
      }
    }
  }

  @Test
  void givenABalancedEpoch_whenItIsResumedOrHasOtherWorkers_thenItsBatchesAreTheSame()
      throws IOException {
    DataLoader alone = new DataLoader(data(), PLAIN, balanced(4, true, 0));
    DataLoader shared = new DataLoader(data(), PLAIN, balanced(4, true, 3));
    List<int[]> whole = take(alone, 2, 0);

    assertThat(flat(take(shared, 2, 0))).isEqualTo(flat(whole));
    assertThat(flat(take(shared, 2, 9))).isEqualTo(flat(whole.subList(9, whole.size())));
    assertThat(flat(take(alone, 3, 0))).as("another epoch").isNotEqualTo(flat(whole));
    assertThat(
            flat(
                take(
                    new DataLoader(
                        data(),
                        PLAIN,
                        new LoaderConfiguration(4, true, true, 6, 0, 2).withBalance()),
                    2,
                    0)))
        .as("another seed")
        .isNotEqualTo(flat(whole));
  }

  @Test
  void givenManyEpochs_whenTheyAreBalanced_thenFrequentSamplesHaveTheirTurnAndClassesAreMixed()
      throws IOException {
    DataLoader loader = new DataLoader(data(), PLAIN, balanced(55, true, 0));
    Set<Integer> seen = new HashSet<>();
    int changes = 0;
    for (int epoch = 0; epoch < 30; epoch++) {
      int[] samples = flat(take(loader, epoch, 0));
      for (int i = 0; i < samples.length; i++) {
        seen.add(samples[i]);
        changes += i > 0 && data().label(samples[i]) != data().label(samples[i - 1]) ? 1 : 0;
      }
    }
    assertThat(seen).hasSize(ALL);
    assertThat(changes / (30.0 * 54)).as("neighbours of other classes").isCloseTo(0.67, within(.1));
  }

  @Test
  void givenASampleThatIsDrawnSeveralTimes_whenItIsAugmented_thenItIsAnotherPictureEachTime()
      throws IOException {
    byte[] pixels = new byte[2 * 64];
    for (int i = 0; i < 64; i++) {
      pixels[i] = (byte) i;
    }
    Dataset one =
        new InMemoryDataset(
            "one", new ImageShape(1, 8, 8), pixels, new int[] {0, 1}, List.of("a", "b"));
    Dataset often = new Subset(one, "often", new int[] {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    Preprocessing shifted =
        Preprocessing.of(new Normalization(List.of(0.0), List.of(1.0)), new RandomCrop(8, 8, 4));
    DataLoader loader = new DataLoader(often, shifted, balanced(12, true, 0));
    Map<List<Float>, Integer> pictures = new HashMap<>();
    try (BatchStream stream = loader.epoch(0, 0)) {
      Batch batch = stream.next();
      FloatBuffer values = batch.inputs().createBuffer();
      LongBuffer labels = batch.targets().createBuffer();
      for (int k = 0; k < 12; k++) {
        List<Float> picture = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
          picture.add(values.get(k * 64 + i));
        }
        if (labels.get(k) == 0) {
          pictures.merge(picture, 1, Integer::sum);
        }
      }
    }
    assertThat(pictures.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(6);
    assertThat(pictures).hasSizeGreaterThan(3);
  }

  @Test
  void givenClassesOfDifferentSizes_whenTheyAreWeighed_thenWeightsAreThoseOfScikitLearn() {
    // compute_class_weight("balanced", classes=[0, 1, 2], y=y): 55 / (3 * [40, 12, 3]).
    assertThat(ClassBalance.weights(data()))
        .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1, Double.class)
        .containsExactly(0.4583333333333333, 1.5277777777777777, 6.111111111111111);
    Dataset without =
        new InMemoryDataset(
            "gap", new ImageShape(1, 1, 1), new byte[2], new int[] {0, 2}, List.of("a", "b", "c"));
    assertThatThrownBy(() -> ClassBalance.weights(without))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gap has none of 'b'");
  }

  @Test
  void givenAClassWithoutSamples_whenAnEpochIsBalanced_thenTheOthersAreDrawnAlike()
      throws IOException {
    Dataset gap =
        new InMemoryDataset(
            "gap",
            new ImageShape(1, 1, 1),
            new byte[8],
            new int[] {0, 0, 0, 0, 0, 0, 2, 2},
            List.of("a", "b", "c"));
    try (BatchStream stream = new DataLoader(gap, PLAIN, balanced(8, true, 0)).epoch(0, 0)) {
      LongBuffer labels = stream.next().targets().createBuffer();
      int first = 0;
      for (int i = 0; i < 8; i++) {
        first += labels.get(i) == 0 ? 1 : 0;
      }
      assertThat(first).isEqualTo(4);
    }
  }

  @Test
  void givenNoShuffling_whenBalanceIsAskedFor_thenItIsRefused() {
    assertThatThrownBy(() -> LoaderConfiguration.evaluation(8).withBalance())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shuffle must be true");
  }
}
