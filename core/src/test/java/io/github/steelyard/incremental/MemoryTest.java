package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.runtime.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private static Image image(int value, int width) {
    byte[] pixels = new byte[width];
    Arrays.fill(pixels, (byte) value);
    return new Image(new ImageShape(1, 1, width), pixels);
  }

  private static List<Image> images(int row, int count) {
    List<Image> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(image(100 * row + i, 1 + i % 3));
    }
    return images;
  }

  @Test
  void givenFeatures_whenHerded_thenEachChoiceIsTheBestOfAllThatAreLeft() {
    Tensor features = torch.randn(30, 5);
    int[] order = Herding.order(features, 12);

    assertThat(order).hasSize(12).doesNotHaveDuplicates();
    assertThat(Herding.order(features, 5)).isEqualTo(Arrays.copyOf(order, 5));
    assertThat(Herding.order(features, 99)).hasSize(30).doesNotHaveDuplicates();
    assertThat(Herding.order(features.mul(new Scalar(3.0)), 12)).isEqualTo(order);
    double[][] unit = unit(features);
    double[] mean = mean(unit, IntStream.range(0, 30).toArray());
    for (int k = 1; k <= order.length; k++) {
      int[] chosen = Arrays.copyOf(order, k);
      double distance = distance(mean, mean(unit, chosen));
      for (int other = 0; other < 30; other++) {
        int candidate = other;
        if (Arrays.stream(order, 0, k).noneMatch(i -> i == candidate)) {
          chosen[k - 1] = other;
          assertThat(distance(mean, mean(unit, chosen))).isGreaterThanOrEqualTo(distance);
        }
      }
    }
  }

  private static double[][] unit(Tensor features) {
    double[][] unit = new double[(int) features.size(0)][(int) features.size(1)];
    for (int i = 0; i < unit.length; i++) {
      double norm = 0;
      for (int j = 0; j < unit[i].length; j++) {
        unit[i][j] = features.select(0, i).select(0, j).item_double();
        norm += unit[i][j] * unit[i][j];
      }
      for (int j = 0; j < unit[i].length; j++) {
        unit[i][j] /= Math.sqrt(norm);
      }
    }
    return unit;
  }

  private static double[] mean(double[][] rows, int[] of) {
    double[] mean = new double[rows[0].length];
    for (int i : of) {
      for (int j = 0; j < mean.length; j++) {
        mean[j] += rows[i][j] / of.length;
      }
    }
    return mean;
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += (a[j] - b[j]) * (a[j] - b[j]);
    }
    return Math.sqrt(sum);
  }

  @Test
  void givenATotalOrAClassBudget_whenClassesArrive_thenTheQuotaFollows() {
    assertThat(MemoryConfiguration.total(2000).quota(20)).isEqualTo(100);
    assertThat(MemoryConfiguration.total(2000).quota(30)).isEqualTo(66);
    assertThat(MemoryConfiguration.perClass(20).quota(1000)).isEqualTo(20);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MemoryConfiguration.total(5).quota(6))
        .withMessageContaining("5 exemplars")
        .withMessageContaining("at least 6");
    assertThatIllegalArgumentException().isThrownBy(() -> MemoryConfiguration.perClass(0));
  }

  @Test
  void givenAMemory_whenAStepIsAdded_thenOldClassesKeepTheirBestAndNewOnesFollow() {
    ExemplarMemory first = ExemplarMemory.empty().with(2, 6, row -> images(row, 6));
    ExemplarMemory second = first.with(1, 4, row -> images(row, 3));

    assertThat(first.size()).isEqualTo(12);
    assertThat(second.classes()).isEqualTo(3);
    assertThat(second.of(1)).isEqualTo(images(1, 6).subList(0, 4));
    assertThat(second.of(2)).isEqualTo(images(2, 3));
    assertThat(second).hasToString("11 exemplars of 3 classes");
  }

  @Test
  void givenImagesOfDifferentSizes_whenSavedAndRead_thenTheMemoryIsTheSame() {
    ExemplarMemory memory = ExemplarMemory.empty().with(3, 5, row -> images(row, 2 + row));

    assertThat(ExemplarMemory.of(memory.state())).isEqualTo(memory).hasSameHashCodeAs(memory);
    assertThat(ExemplarMemory.of(ExemplarMemory.empty().state()).classes()).isZero();
    assertThat(memory).isNotEqualTo(ExemplarMemory.empty());
  }

  @Test
  void givenADamagedState_whenAMemoryIsRead_thenTheErrorNamesTheTensor() {
    State state = ExemplarMemory.empty().with(2, 5, row -> images(row, 4)).state();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExemplarMemory.of(State.empty()))
        .withMessageContaining("'classes'");
    Map<String, Tensor> missing = new LinkedHashMap<>(state.tensors());
    missing.remove("1.images");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExemplarMemory.of(new State(missing, state.values())))
        .withMessageContaining("'1.images'")
        .withMessageContaining("none");
    Map<String, Tensor> larger = new LinkedHashMap<>(state.tensors());
    larger.put("0.shapes", torch.tensor(new long[] {1, 50, 50}).reshape(1, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExemplarMemory.of(new State(larger, state.values())))
        .withMessageContaining("row 0 need more pixels");
    Map<String, Tensor> fewer = new LinkedHashMap<>(state.tensors());
    fewer.put("0.shapes", torch.tensor(new long[] {1, 1, 1}).reshape(1, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExemplarMemory.of(new State(fewer, state.values())))
        .withMessageContaining("row 0");
    Map<String, Tensor> typed = new LinkedHashMap<>(state.tensors());
    typed.put("0.images", torch.ones(7));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExemplarMemory.of(new State(typed, state.values())))
        .withMessageContaining("Float");
  }

  @Test
  void givenExemplars_whenReadByTheNearestMean_thenTheNearestDirectionWins() {
    Tensor first = torch.tensor(new float[] {1, 0, 3, 0}).reshape(2, 2);
    Tensor second = torch.tensor(new float[] {0, 5}).reshape(1, 2);
    NearestMeans means = new NearestMeans("", List.of(first, second));

    Tensor logits = means.logits(torch.tensor(new float[] {4, 1, 0.1f, 0.2f}).reshape(2, 2));

    assertThat(logits.select(0, 0).argmax().item_long()).isZero();
    assertThat(logits.select(0, 1).argmax().item_long()).isEqualTo(1);
    double expected = -(2 - 2 * 4 / Math.sqrt(17));
    assertThat(logits.select(0, 0).select(0, 0).item_double()).isCloseTo(expected, within(1e-6));
    assertThatIllegalArgumentException().isThrownBy(() -> new NearestMeans("", List.of()));
  }
}
