package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataLoaderTest {
  private static final Normalization NORMALIZATION = Normalization.FASHION_MNIST;

  private static final Preprocessing AUGMENTED =
      Preprocessing.of(NORMALIZATION, new RandomCrop(28, 28, 4), new RandomHorizontalFlip(0.5));

  private record Taken(FloatBuffer inputs, LongBuffer targets) {}

  private static List<Taken> take(BatchSource loader, long epoch, int firstBatch) {
    List<Taken> all = new ArrayList<>();
    try (BatchStream stream = loader.epoch(epoch, firstBatch)) {
      while (stream.hasNext()) {
        Scope.run(
            () -> {
              Batch batch = stream.next();
              float[] inputs = new float[(int) batch.inputs().numel()];
              batch.inputs().<FloatBuffer>createBuffer().get(inputs);
              long[] targets = new long[batch.size()];
              batch.targets().<LongBuffer>createBuffer().get(targets);
              all.add(new Taken(FloatBuffer.wrap(inputs), LongBuffer.wrap(targets)));
            });
      }
    }
    return all;
  }

  private static void assertSame(List<Taken> actual, List<Taken> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).inputs())
          .as("inputs of batch %d", i)
          .isEqualTo(expected.get(i).inputs());
      assertThat(actual.get(i).targets())
          .as("targets of batch %d", i)
          .isEqualTo(expected.get(i).targets());
    }
  }

  private static Dataset test() throws IOException {
    return Datasets.get("fashion-mnist").open(Split.TEST);
  }

  private static DataLoader augmented(int workers) throws IOException {
    return new DataLoader(
        test(), AUGMENTED, LoaderConfiguration.training(64, 7).withWorkers(workers));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void givenTheSameSeed_whenTheNumberOfWorkersDiffers_thenTheBatchesAreBitIdentical(int workers)
      throws IOException {
    assertSame(take(augmented(workers), 3, 0), take(augmented(0), 3, 0));
  }

  @Test
  void givenAnEpochThatWasInterrupted_whenItResumes_thenTheRemainingBatchesAreIdentical()
      throws IOException {
    List<Taken> whole = take(augmented(2), 1, 0);
    assertSame(take(augmented(2), 1, 11), whole.subList(11, whole.size()));
    assertThat(take(augmented(2), 1, whole.size())).isEmpty();
  }

  @Test
  void givenShuffling_whenTwoEpochsAreTaken_thenEachHasEverySampleInAnotherOrder()
      throws IOException {
    DataLoader loader =
        new DataLoader(
            test(),
            Preprocessing.of(NORMALIZATION),
            new LoaderConfiguration(50, true, false, 0, 1, 2));
    List<Taken> first = take(loader, 0, 0);
    List<Taken> second = take(loader, 1, 0);
    assertThat(first.get(0).targets()).isNotEqualTo(second.get(0).targets());
    for (List<Taken> epoch : List.of(first, second)) {
      long[] labels =
          epoch.stream().flatMapToLong(t -> Arrays.stream(t.targets().array())).sorted().toArray();
      assertThat(labels).hasSize(2000);
      for (int i = 0; i < 2000; i++) {
        assertThat(labels[i]).isEqualTo(i / 200);
      }
    }
  }

  @Test
  void givenTheTestSetInOrder_whenItIsLoaded_thenValuesAreNormalizedPixelsAndTheLastBatchIsShort()
      throws IOException {
    Dataset data = test();
    DataLoader loader =
        new DataLoader(data, Preprocessing.of(NORMALIZATION), LoaderConfiguration.evaluation(300));
    List<Taken> batches = take(loader, 0, 0);
    assertThat(batches).hasSize(7);
    assertThat(loader.samplesBefore(6)).isEqualTo(1800);
    assertThat(loader.samplesBefore(7)).isEqualTo(2000);
    Batch three = new Batch(torch.zeros(3, 1), torch.zeros(3));
    assertThat(ComputedBatches.of(List.of(three, three)).samplesBefore(2)).isEqualTo(6);
    assertThat(batches.get(6).targets().remaining()).isEqualTo(200);
    Image image = data.sample(301).image();
    for (int i = 0; i < 784; i++) {
      float expected = ((image.pixels()[i] & 0xFF) / 255f - 0.2860f) / 0.3530f;
      assertThat(batches.get(1).inputs().get(784 + i)).isEqualTo(expected);
    }
    assertThat(batches.get(1).targets().get(1)).isEqualTo(data.label(301));
  }
}
