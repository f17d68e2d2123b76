package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.recipe.RecipeException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a study claims of papers. */
class ReproductionTest {
  private static final String REPRODUCES =
      """
      measures: {accuracy: metrics.accuracy, own: of.it}
      reproduces:
        methods: [sgdp]
        title: Norms
        claims:
          - claim: it helps
            paper: it does
            measure: own
            of: {variant: net}
            minus: {variant: none}
            above: -0.5
      """;

  @TempDir Path folder;

  private Study read(String study) throws IOException {
    return StudySamples.read(folder, study, false);
  }

  @Test
  void givenAClaim_whenTheStudyIsRead_thenItsSettingsAreThoseThatHaveItsValues()
      throws IOException {
    Study study = read(StudySamples.STUDY + REPRODUCES);

    Reproduction reproduction = study.reproduction().orElseThrow();
    assertThat(reproduction.methods()).containsExactly("sgdp");
    Claim claim = reproduction.claims().get(0);
    assertThat(claim.side()).isEqualTo(Claim.Side.ABOVE);
    assertThat(claim.bound()).isEqualTo(-0.5);
    assertThat(claim.configuration()).isEqualTo("variant=net minus variant=none");
    assertThat(claim.measured(study.axes().settings()).stream().map(StudyAxes::label))
        .containsExactly("100-net", "200-net");
    assertThat(claim.comparedWith(study.axes().settings()).stream().map(StudyAxes::label))
        .containsExactly("100-none", "200-none");
    assertThat(read(StudySamples.STUDY).reproduction()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[sgdp] | [sgpd] | reproduces.methods: there is no method 'sgpd'; did you mean 'sgdp'?",
        "[sgdp] | [] | reproduces.methods must be a list of methods",
        "measure: own | measure: won | reproduces.claims.0.measure: there is no measure 'won'; did you mean 'own'?",
        "{variant: net} | {variant: nett} | reproduces.claims.0.of.variant: there is no value 'nett'; did you mean 'net'?",
        "of: {variant: net} | of: {} | reproduces.claims.0.of must name what is measured",
        "minus: {variant: none} | minus: {variant: net} | reproduces.claims.0.minus must name another setting",
        "above: -0.5 | above: much | reproduces.claims.0.above must be a number",
        "above: -0.5 | beside: 0 | unknown key 'reproduces.claims.0.beside'",
        "above: -0.5 | paper2: 0 | unknown key",
        "title: Norms | from: base.yaml | unknown key 'reproduces.from'",
      })
  void givenAMistakeInAClaim_whenTheStudyIsRead_thenItsPlaceIsNamed(
      String what, String by, String message) {
    String text = (StudySamples.STUDY + REPRODUCES).replace(what, by);
    assertThat(text).isNotEqualTo(StudySamples.STUDY + REPRODUCES);
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenAClaimWithTwoBounds_whenTheStudyIsRead_thenItIsRefused() {
    assertThatThrownBy(() -> read(StudySamples.STUDY + REPRODUCES + "      below: 0\n"))
        .hasMessageContaining("needs either 'above' or 'below'");
  }
}
