package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoaderFailureTest {
  private static final Normalization GREY = Normalization.none(1);

  private static Dataset data(int size) {
    return new InMemoryDataset(
        "tiny", new ImageShape(1, 2, 2), new byte[4 * size], new int[size], List.of("only"));
  }

  private static LoaderConfiguration configuration(int batchSize, int workers) {
    return new LoaderConfiguration(batchSize, false, false, 0, workers, 2);
  }

  /** A pool has ended a moment before its threads are gone from the list of threads. */
  private static void awaitLoaderThreads(long most) throws InterruptedException {
    for (int wait = 0; wait < 500 && loaderThreads() > most; wait++) {
      Thread.sleep(10);
    }
    assertThat(loaderThreads()).isLessThanOrEqualTo(most);
  }

  private static long loaderThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("steelyard-loader-"))
        .count();
  }

  @Test
  void givenATransformThatFails_whenItsBatchIsTaken_thenTheSampleIsNamedAndEarlierBatchesCame()
      throws IOException {
    AtomicInteger calls = new AtomicInteger();
    Transform failing =
        (image, random) -> {
          if (calls.incrementAndGet() > 5) {
            throw new IllegalArgumentException("too dark");
          }
          return image;
        };
    DataLoader loader =
        new DataLoader(data(8), Preprocessing.of(GREY, failing), configuration(2, 1));
    BatchStream stream = loader.epoch(0, 0);
    Scope.run(() -> assertThat(stream.next().size()).isEqualTo(2));
    Scope.run(() -> assertThat(stream.next().size()).isEqualTo(2));
    assertThatThrownBy(stream::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Sample 4 of tiny (image 4): too dark")
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThat(stream.hasNext()).isFalse();
  }

  @Test
  void givenImagesOfDifferentSizes_whenTheyAreLoaded_thenTheErrorNamesBothSizes()
      throws IOException {
    Transform growing = (image, random) -> image.window(0, 0, 1 + random.nextInt(9), 2);
    DataLoader loader =
        new DataLoader(data(50), Preprocessing.of(GREY, growing), configuration(50, 1));
    try (BatchStream stream = loader.epoch(0, 0)) {
      assertThatThrownBy(stream::next)
          .hasMessageContaining("after the transforms it is [1, ")
          .hasMessageContaining("but sample 0 was " + loader.sampleShape());
    }
  }

  @Test
  void givenAStreamThatIsClosedEarly_whenItsWorkersAreBusy_thenTheyStopAndLittleWasDoneAhead()
      throws IOException, InterruptedException {
    AtomicInteger prepared = new AtomicInteger();
    Transform counting =
        (image, random) -> {
          prepared.incrementAndGet();
          return image;
        };
    long before = loaderThreads();
    DataLoader loader =
        new DataLoader(data(10_000), Preprocessing.of(GREY, counting), configuration(10, 2));
    BatchStream stream = loader.epoch(0, 0);
    for (int i = 0; i < 3; i++) {
      Scope.run(stream::next);
    }
    stream.close();
    awaitLoaderThreads(before);
    assertThat(prepared.get()).isBetween(30, 1 + 10 * (3 + 4));
    assertThat(stream.hasNext()).isFalse();
    assertThatThrownBy(stream::next)
        .isInstanceOf(NoSuchElementException.class)
        .hasMessageContaining("closed");
    stream.close();
  }

  @Test
  void givenASlowSample_whenTheWaitingThreadIsInterrupted_thenItStopsWaiting()
      throws IOException, InterruptedException {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    Transform waiting =
        (image, random) -> {
          if (calls.incrementAndGet() > 1) {
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return image;
        };
    DataLoader loader =
        new DataLoader(data(4), Preprocessing.of(GREY, waiting), configuration(2, 1));
    AtomicInteger outcome = new AtomicInteger();
    Thread thread =
        new Thread(
            () -> {
              try {
                loader.epoch(0, 0).next();
              } catch (CancellationException e) {
                outcome.set(Thread.currentThread().isInterrupted() ? 1 : 2);
              }
            });
    thread.start();
    thread.interrupt();
    thread.join();
    release.countDown();
    assertThat(outcome.get()).isEqualTo(1);
  }

  @Test
  void givenABatchTakenInAScope_whenTheScopeEnds_thenItsTensorsAreReleased() throws IOException {
    DataLoader loader = new DataLoader(data(4), Preprocessing.of(GREY), configuration(2, 1));
    Tensor[] taken = new Tensor[2];
    try (BatchStream stream = loader.epoch(0, 0)) {
      Scope.run(
          () -> {
            Batch batch = stream.next();
            taken[0] = batch.inputs();
            taken[1] = batch.targets();
            assertThat(taken[0].isNull()).isFalse();
          });
    }
    assertThat(taken[0].isNull()).isTrue();
    assertThat(taken[1].isNull()).isTrue();
  }

  @Test
  void givenMixup_whenBatchesAreTaken_thenTargetsAreSoftAndTheSameForAnyNumberOfWorkers()
      throws IOException {
    Dataset images = Datasets.get("fashion-mnist").open(Split.TEST);
    double[] sums = new double[3];
    for (int i = 0; i < 3; i++) {
      DataLoader loader =
          new DataLoader(
              images,
              Datasets.get("fashion-mnist").trainingPreprocessing(),
              List.of(Mixup.deit()),
              LoaderConfiguration.training(500, 3).withWorkers(2 * i));
      int at = i;
      try (BatchStream stream = loader.epoch(2, 0)) {
        while (stream.hasNext()) {
          Scope.run(
              () -> {
                Batch batch = stream.next();
                assertThat(batch.hasSoftTargets()).isTrue();
                assertThat(batch.targets().size(1)).isEqualTo(10);
                assertThat(batch.targets().sum().item_double()).isBetween(499.9, 500.1);
                sums[at] += batch.inputs().mul(batch.inputs()).sum().item_double();
                sums[at] += batch.targets().mul(batch.targets()).sum().item_double();
              });
        }
      }
    }
    assertThat(sums[1]).isEqualTo(sums[0]);
    assertThat(sums[2]).isEqualTo(sums[0]);
  }

  @Test
  void givenWrongNumbers_whenALoaderIsMade_thenTheErrorNamesThem() throws IOException {
    assertThatThrownBy(() -> configuration(0, 0)).hasMessageContaining("not 0");
    assertThatThrownBy(() -> configuration(1, -1)).hasMessageContaining("not -1");
    assertThatThrownBy(
            () ->
                new DataLoader(data(3), Preprocessing.of(GREY), LoaderConfiguration.training(4, 0)))
        .hasMessageContaining("holds 3 samples")
        .hasMessageContaining("at most 3");
    assertThatThrownBy(
            () ->
                new DataLoader(
                    data(3), Preprocessing.of(Normalization.IMAGENET), configuration(1, 0)))
        .hasMessageContaining("images of 1 channels, but the normalization is for 3");
    DataLoader loader = new DataLoader(data(3), Preprocessing.of(GREY), configuration(1, 0));
    assertThatThrownBy(() -> loader.epoch(0, 4)).hasMessageContaining("0 to 3, not 4");
    assertThatThrownBy(() -> loader.epoch(-1, 0)).hasMessageContaining("not -1");
    assertThatThrownBy(() -> data(0)).hasMessageContaining("holds no samples");
  }
}
