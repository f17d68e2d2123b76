package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import java.util.List;

/**
 * How a trained network is attacked, to measure how robust it is.
 *
 * @param norm how a change is measured
 * @param epsilon the largest change, of grey levels on a scale of 0 to 1; null for that of the
 *     adversarial training
 * @param protocol the name of a protocol
 * @param attacks the names of the attacks that are used, of the protocol or else of the register;
 *     empty for all of the protocol
 * @param samples how many samples are attacked, the same share of each class; 0 for all
 */
public record AttackRecipe(
    Norm norm, Double epsilon, String protocol, List<String> attacks, int samples) {
  private static final int USUAL_SAMPLES = 200;

  /**
   * Checks the values.
   *
   * @param norm how a change is measured
   * @param epsilon above 0 and, for L-infinity, at most 1; or null
   * @param protocol the name of a protocol
   * @param attacks the names of attacks
   * @param samples at least 0
   * @throws IllegalArgumentException if a value is out of range or a name is not known
   */
  public AttackRecipe {
    attacks = List.copyOf(attacks);
    if (epsilon != null
        && (!(epsilon > 0 && (epsilon <= 1 || norm == Norm.L2)) || Double.isInfinite(epsilon))) {
      throw new IllegalArgumentException(
          "epsilon must be above 0"
              + (norm == Norm.L2 ? "" : " and at most 1, the whole range of grey levels")
              + ", but is "
              + epsilon);
    }
    if (samples < 0) {
      throw new IllegalArgumentException("samples must be at least 0 (all), but is " + samples);
    }
    Protocol.of(protocol).only(attacks);
  }

  /** Reads the section. */
  static AttackRecipe read(Mapping section) {
    return section
        .withFractions("epsilon")
        .read(
            AttackRecipe.class,
            new AttackRecipe(Norm.LINF, null, "quick", List.of(), USUAL_SAMPLES));
  }

  /**
   * Reads the section where nothing else says how strong the attacks are.
   *
   * @param section what is written
   * @return what it says
   */
  public static AttackRecipe readWithEpsilon(Mapping section) {
    AttackRecipe recipe = read(section);
    if (recipe.epsilon() == null) {
      throw needsEpsilon(section);
    }
    return recipe;
  }

  /** What is wrong where nothing says how strong the attacks are. */
  static RecipeException needsEpsilon(Mapping section) {
    return section.error(
        "",
        "needs the key 'epsilon', the largest change of a grey level on a scale of 0 to 1, such as"
            + " epsilon: 8/255");
  }

  /**
   * The attacks as a protocol.
   *
   * @return the whole protocol, or the attacks that are named
   */
  public Protocol chosen() {
    return Protocol.of(protocol).only(attacks);
  }
}
