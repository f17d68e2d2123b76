package io.github.steelyard.cli.life;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruningWordsTest {
  private static StageRow row(Double robust) {
    return new StageRow(
        "2-prune", "prune", 1, 3, 0.8, 0.8, null, robust, "f", 10L, 0.5, 7.0, null, null, null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | transformed_l1,log_condition | The network trained on images that were changed to mislead it, while"
            + " penalties pulled its weights towards zero and kept its layers from stretching some"
            + " directions much more than others.",
        "true | '' | The network trained on images that were changed to mislead it.",
        "false | l1 | While the network trained, penalties pulled its weights towards zero.",
        "false | orthogonality | While the network trained, penalties kept its filters at right"
            + " angles.",
        "false | tsc | While the network trained, penalties closed channels that it can do without.",
        "false | cnc | While the network trained, penalties kept its last layer from telling some"
            + " classes apart much more sharply than others.",
        "false | '' | ''",
      })
  void givenAttacksAndPenalties_whenPruningIsTold_thenOnlyWhatTheRecipeHasIsNamed(
      boolean isRobust, String penalties, String sentence) {
    assertThat(PruningWords.training(isRobust, Set.of(penalties.split(",", -1))).strip())
        .isEqualTo(sentence);
  }

  @Test
  void givenALifeWithoutAnAttack_whenPruningIsTold_thenNothingIsSaidOfAttacks() {
    assertThat(PruningWords.outcome(row(null), row(null)))
        .isEqualTo(
            "50.00 % of its weights are now zero; it answers 80.00 % of the images rightly"
                + " (before: 80.00 %).");
    assertThat(PruningWords.outcome(row(0.25), null))
        .isEqualTo(
            "50.00 % of its weights are now zero; it answers 80.00 % of the images rightly, and"
                + " 25.00 % while they are attacked.");
  }
}
