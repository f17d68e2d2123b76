package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import java.util.List;

/**
 * How a network is attacked after each stage of a life, to measure how robust it is.
 *
 * @param norm how a change is measured
 * @param epsilon the largest change, of grey levels on a scale of 0 to 1
 * @param protocol the name of a protocol
 * @param attacks the names of the attacks that are used, of the protocol or else of the register;
 *     empty for all of the protocol
 * @param samples how many test samples are attacked, the same share of each class; 0 for all
 */
public record AttackRecipe(
    Norm norm, double epsilon, String protocol, List<String> attacks, int samples) {
  private static final int USUAL_SAMPLES = 200;

  /**
   * Checks the values.
   *
   * @param norm how a change is measured
   * @param epsilon above 0 and, for L-infinity, at most 1
   * @param protocol the name of a protocol
   * @param attacks the names of attacks
   * @param samples at least 0
   * @throws IllegalArgumentException if a value is out of range or a name is not known
   */
  public AttackRecipe {
    attacks = List.copyOf(attacks);
    if (!(epsilon > 0 && (epsilon <= 1 || norm == Norm.L2)) || Double.isInfinite(epsilon)) {
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

  public static AttackRecipe read(Section written) {
    Section section = written.withFractions("epsilon");
    AttackRecipe usual = new AttackRecipe(Norm.LINF, 0.1, "quick", List.of(), USUAL_SAMPLES);
    AttackRecipe recipe = section.read(AttackRecipe.class, usual);
    if (!section.has("epsilon")) {
      throw section.error(
          "",
          "needs the key 'epsilon', the largest change of a grey level on a scale of 0 to 1, such"
              + " as epsilon: 8/255");
    }
    return recipe;
  }

  /**
   * The attacks as a protocol.
   *
   * @return the whole protocol, or the attacks that are named
   */
  public Protocol chosen() {
    return Protocol.of(protocol).only(attacks);
  }

  ObjectNode toTree() {
    return Section.MAPPER.valueToTree(this);
  }
}
