package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.InMemoryDataset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScenarioTest {
  private static Dataset numbered(int classes) {
    int[] labels = IntStream.range(0, classes).toArray();
    List<String> names = IntStream.range(0, classes).mapToObj(String::valueOf).toList();
    return new InMemoryDataset(
        "numbers", new ImageShape(1, 1, 1), new byte[classes], labels, names);
  }

  private static List<String> names(int... numbers) {
    return IntStream.of(numbers).mapToObj(String::valueOf).toList();
  }

  @Test
  void givenTheCustomarySeed_whenAHundredClassesAreShuffled_thenTheOrderIsThatOfTheLiterature() {
    Scenario scenario = Scenario.of(numbered(100), Scenario.sizes(100, 20, 20));

    assertThat(scenario.steps()).hasSize(5).allMatch(step -> step.size() == 20);
    assertThat(scenario.classOrder().subList(0, 20))
        .isEqualTo(
            names(68, 56, 78, 8, 23, 84, 90, 65, 74, 76, 40, 89, 3, 92, 55, 9, 26, 80, 43, 38));
    assertThat(scenario.classOrder().subList(90, 100))
        .isEqualTo(names(51, 48, 73, 93, 39, 67, 29, 49, 57, 33));
  }

  /** Made by numpy.random.seed(s); numpy.random.permutation(n). */
  @Test
  void givenOtherSeeds_whenShuffled_thenTheOrderIsNumPys() {
    assertThat(NumpyPermutation.of(10, 1993)).containsExactly(4, 2, 7, 6, 0, 3, 5, 8, 9, 1);
    assertThat(NumpyPermutation.of(7, 0)).containsExactly(6, 2, 1, 3, 0, 5, 4);
    assertThat(NumpyPermutation.of(5, 4294967295L)).containsExactly(4, 1, 0, 2, 3);
    assertThat(NumpyPermutation.of(1, 1)).containsExactly(0);
    assertThat(NumpyPermutation.of(2000, 7)).doesNotHaveDuplicates().hasSize(2000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NumpyPermutation.of(5, -1))
        .withMessageContaining("0 to 4294967295")
        .withMessageContaining("-1");
  }

  @Test
  void givenUnequalSteps_whenCut_thenEachBringsItsClassesAndSomeMayBeLeft() {
    Scenario scenario = Scenario.inOrder(numbered(10), List.of(4, 1, 3));

    assertThat(scenario.steps()).containsExactly(names(0, 1, 2, 3), names(4), names(5, 6, 7));
    assertThat(scenario.stepSizes()).containsExactly(4, 1, 3);
    assertThat(Scenario.sizes(10, 4, 4)).containsExactly(4, 4, 2);
    assertThat(Scenario.sizes(10, 10, 3)).containsExactly(10);
  }

  @Test
  void givenStepsThatDoNotFit_whenAScenarioIsMade_thenTheErrorSaysWhy() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(numbered(5), List.of(3, 3)))
        .withMessageContaining("[3, 3]")
        .withMessageContaining("at most its 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(numbered(5), List.of(3, 0)))
        .withMessageContaining("at least one class");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scenario(List.of()))
        .withMessageContaining("at least one step");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scenario(List.of(names(1), List.of())))
        .withMessageContaining("step 2 names none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scenario(List.of(names(1, 2), names(3, 1))))
        .withMessageContaining("'1' was seen before, in step 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Scenario(List.of(names(1, 1))))
        .withMessageContaining("'1' stands twice");
    assertThatIllegalArgumentException().isThrownBy(() -> Scenario.sizes(5, 6, 1));
  }

  @Test
  void givenAnEmptyClassOrTwoOfOneName_whenAScenarioIsMade_thenTheErrorNamesIt() {
    Dataset empty = TinyStream.data("d", 1, 3, 0, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(empty, List.of(3)))
        .withMessage("the class 'class 1' of d has no sample");
    Dataset twins =
        new InMemoryDataset(
            "twins", new ImageShape(1, 1, 1), new byte[2], new int[] {0, 1}, List.of("a", "a"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Scenario.of(twins, List.of(1)))
        .withMessageContaining("two classes named 'a'");
  }

  @Test
  void givenAClassMap_whenStepsAreAdded_thenRowsAndStepsAreKnown() {
    ClassMap map = ClassMap.empty().with(List.of("b", "a")).with(List.of("c"));

    assertThat(map.classes()).containsExactly("b", "a", "c");
    assertThat(map.row("c")).isEqualTo(2);
    assertThat(map.firstRow(1)).isEqualTo(2);
    assertThat(map.classesOf(0)).containsExactly("b", "a");
    assertThat(map.rows(TinyStream.data("d", 1, 1))).containsExactly(-1);
    assertThat(ClassMap.of(map.toValues())).isEqualTo(map);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> map.row("bb"))
        .withMessageContaining("did you mean 'b'?");
  }

  @Test
  void givenDamagedValues_whenAClassMapIsRead_thenTheErrorNamesTheKey() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassMap.of(Map.of("classes", List.of("a"))))
        .withMessageContaining("'step_sizes'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassMap.of(Map.of("classes", 3, "step_sizes", List.of())))
        .withMessageContaining("'classes'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassMap.of(Map.of("classes", List.of("a"), "step_sizes", List.of("x"))))
        .withMessageContaining("x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassMap.of(Map.of("classes", List.of("a"), "step_sizes", List.of(2))))
        .withMessageContaining("bring 2 classes, but there are 1");
  }
}
