package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.testing.ChildJvm;
import io.github.steelyard.testing.Ranks;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("once")
class AnalysisInRanksTest {
  private static List<String> lines(ChildJvm.Result result) {
    assertThat(result.exitCode()).as(result.errors()).isZero();
    return result.output().lines().toList();
  }

  private static List<Double> numbers(String line) {
    return Arrays.stream(line.split(" ", -1)).skip(1).map(Double::valueOf).toList();
  }

  @Test
  void givenFiveBatches_whenTwoRanksAnalyseANetwork_thenTheyFindWhatOneProcessFinds()
      throws IOException, InterruptedException {
    List<ChildJvm.Running> ranks = Ranks.start(2, RankAnalysis.class);
    List<String> one = RankAnalysis.lines();
    List<ChildJvm.Result> two = Ranks.await(ranks);
    List<String> many = lines(two.get(0));

    assertThat(lines(two.get(1))).isEqualTo(many);
    assertThat(one.get(0)).startsWith("attack 44 ");
    assertThat(many.subList(0, 2)).isEqualTo(one.subList(0, 2));
    assertThat(two.get(0).errors()).contains("read 2\n").containsOnlyOnce("1 batches");
    assertThat(two.get(1).errors()).contains("read 3\n").doesNotContain("1 batches");
    for (int i = 2; i + 1 < one.size(); i++) {
      List<Double> expected = numbers(one.get(i));
      List<Double> found = numbers(many.get(i));
      assertThat(found).hasSameSizeAs(expected).hasSizeGreaterThan(8);
      for (int n = 0; n < expected.size(); n++) {
        assertThat(found.get(n)).isCloseTo(expected.get(n), Percentage.withPercentage(1e-8));
      }
    }
  }
}
