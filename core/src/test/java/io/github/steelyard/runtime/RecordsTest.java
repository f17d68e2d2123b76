package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.steelyard.train.TrainingConfiguration;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class RecordsTest {
  private static final TrainingConfiguration FIVE = TrainingConfiguration.ofEpochs(5);

  @Test
  void givenARecord_whenValuesAreChanged_thenACopyHasThemAndTheOthers() {
    TrainingConfiguration changed =
        FIVE.with(
            t -> {
              t.seed = 7;
              t.monitor = "accuracy";
            });
    assertThat(changed)
        .isEqualTo(
            new TrainingConfiguration(
                5,
                7,
                Device.CPU,
                FIVE.precision(),
                1,
                0,
                1,
                10,
                0,
                1,
                3,
                "accuracy",
                FIVE.parallel()));
    assertThat(FIVE).isEqualTo(TrainingConfiguration.ofEpochs(5));
  }

  @Test
  void givenAValueOutOfRange_whenARecordIsChanged_thenItsOwnErrorArrives() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FIVE.with(t -> t.epochs = 0))
        .withMessage("epochs must be at least 1, but is 0");
  }

  static List<Class<?>> drafts() {
    return new ClassFileImporter()
        .importPackages("io.github.steelyard").stream()
            .filter(found -> found.getSimpleName().equals("Draft"))
            .<Class<?>>map(JavaClass::reflect)
            .toList();
  }

  @ParameterizedTest
  @MethodSource("drafts")
  void givenADraft_thenItsFieldsAreTheComponentsOfItsRecord(Class<?> draft) throws Exception {
    RecordComponent[] components = draft.getEnclosingClass().getRecordComponents();
    assertThat(Arrays.stream(draft.getFields()).map(Field::getName))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(components).map(RecordComponent::getName).toList());
    for (RecordComponent component : components) {
      assertThat(draft.getField(component.getName()).getGenericType())
          .isEqualTo(component.getGenericType());
    }
  }
}
