package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoisyLabelsTest {
  private static final ImageShape SHAPE = new ImageShape(1, 1, 1);

  private static Dataset clean(int size, int classes) {
    byte[] pixels = new byte[size];
    int[] labels = new int[size];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      pixels[i] = (byte) i;
      labels[i] = i % classes;
    }
    IntStream.range(0, classes).forEach(c -> names.add("class " + c));
    return new InMemoryDataset("points", SHAPE, pixels, labels, names);
  }

  private static List<Integer> labels(Dataset data) {
    return IntStream.range(0, data.size()).mapToObj(data::label).toList();
  }

  @ParameterizedTest
  @CsvSource({"0.2, 200", "0, 0", "1, 1000", "0.0006, 1"})
  void givenAFraction_whenLabelsAreReplaced_thenExactlySoManyAreWrong(double fraction, int wrong) {
    Dataset clean = clean(1000, 10);
    NoisyLabels noisy = new NoisyLabels(clean, fraction, 7);

    assertThat(IntStream.range(0, 1000).filter(i -> noisy.label(i) != clean.label(i)).count())
        .isEqualTo(wrong);
    assertThat(labels(noisy)).allMatch(label -> label >= 0 && label < 10);
    assertThat(noisy.fingerprint().equals(new NoisyLabels(clean, 0, 7).fingerprint()))
        .isEqualTo(wrong == 0);
  }

  @Test
  void givenManyWrongLabels_whenTheyAreCounted_thenEachOtherClassIsAboutEquallyOften() {
    Dataset clean = clean(20_000, 5);
    NoisyLabels noisy = new NoisyLabels(clean, 1, 3);
    int[][] counts = new int[5][5];
    IntStream.range(0, clean.size()).forEach(i -> counts[clean.label(i)][noisy.label(i)]++);

    for (int from = 0; from < 5; from++) {
      for (int to = 0; to < 5; to++) {
        if (from == to) {
          assertThat(counts[from][to]).isZero();
        } else {
          assertThat(counts[from][to]).isBetween(850, 1150); // 1,000 with a deviation of 27
        }
      }
    }
  }

  @Test
  void givenASeed_whenLabelsAreReplacedTwice_thenTheyAreTheSameAndImagesAreUntouched()
      throws IOException {
    Dataset clean = clean(100, 4);
    NoisyLabels one = new NoisyLabels(clean, 0.3, 5);

    assertThat(labels(new NoisyLabels(clean, 0.3, 5))).isEqualTo(labels(one));
    assertThat(labels(new NoisyLabels(clean, 0.3, 6))).isNotEqualTo(labels(one));
    for (int i = 0; i < 100; i++) {
      assertThat(one.sample(i).label()).isEqualTo(one.label(i));
      assertThat(one.sample(i).image()).isEqualTo(clean.sample(i).image());
    }
    assertThat(one.name()).isEqualTo("points, 30 % of labels wrong");
    assertThat(one.classNames()).isEqualTo(clean.classNames());
    assertThat(one.shape()).contains(SHAPE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.01, 1.01, Double.NaN})
  void givenAFractionOutOfRange_whenLabelsAreReplaced_thenItIsRefused(double fraction) {
    Dataset clean = clean(10, 2);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NoisyLabels(clean, fraction, 0))
        .withMessageContaining("from 0 to 1")
        .withMessageContaining(String.valueOf(fraction));
  }

  @Test
  void givenASingleClass_whenItsLabelsShallBeWrong_thenItIsRefused() {
    Dataset single = clean(10, 1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NoisyLabels(single, 0.5, 0))
        .withMessageContaining("single class");
    assertThat(labels(new NoisyLabels(single, 0, 0))).containsOnly(0);
  }
}
