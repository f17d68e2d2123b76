package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SuggestionTest {
  private static final List<String> VALID = List.of("learning_rate", "momentum", "lr");

  @Test
  void givenATypingError_whenAsked_thenTheNearestNameIsFound() {
    assertThat(Suggestion.nearest("momentun", VALID)).contains("momentum");
    assertThat(Suggestion.nearest("Learning_Rate", VALID)).contains("learning_rate");
  }

  @Test
  void givenSomethingUnrelated_whenAsked_thenNothingIsSuggestedButAllIsListed() {
    assertThat(Suggestion.nearest("colour", VALID)).isEmpty();
    assertThat(Suggestion.clause("colour", VALID))
        .isEqualTo("; valid are: learning_rate, momentum, lr");
  }

  @Test
  void givenHundredsOfValidNames_whenAsked_thenOnlyTheFirstAreListedAndTheRestCounted() {
    List<String> many = IntStream.range(0, 300).mapToObj(i -> "blocks." + i).toList();
    assertThat(Suggestion.clause("block.17", many))
        .startsWith("; did you mean 'blocks.17'? Valid are: blocks.0, blocks.1,")
        .endsWith("blocks.23, ... (300 in all)");
  }
}
