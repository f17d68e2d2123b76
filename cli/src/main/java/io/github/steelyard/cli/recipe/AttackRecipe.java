package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.robust.Attack;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.runtime.Suggestion;
import java.util.List;

/**
 * How a network is attacked after each stage of a life, to measure how robust it is.
 *
 * @param epsilon the largest change of a grey level, on a scale of 0 to 1
 * @param protocol the name of a protocol
 * @param attacks the names of those of its attacks that are used; empty for all
 * @param samples how many test samples are attacked, the same share of each class; 0 for all
 */
public record AttackRecipe(double epsilon, String protocol, List<String> attacks, int samples) {
  private static final int USUAL_SAMPLES = 200;

  /**
   * Checks the values.
   *
   * @param epsilon above 0 and at most 1
   * @param protocol the name of a protocol
   * @param attacks the names of attacks of the protocol
   * @param samples at least 0
   * @throws IllegalArgumentException if a value is out of range or a name is not known
   */
  public AttackRecipe {
    attacks = List.copyOf(attacks);
    if (!(epsilon > 0 && epsilon <= 1)) {
      throw new IllegalArgumentException(
          "epsilon must be above 0 and at most 1, the whole range of grey levels, but is "
              + epsilon);
    }
    if (samples < 0) {
      throw new IllegalArgumentException("samples must be at least 0 (all), but is " + samples);
    }
    part(Protocol.of(protocol), attacks);
  }

  public static AttackRecipe read(Section section) {
    AttackRecipe usual = new AttackRecipe(0.1, "quick", List.of(), USUAL_SAMPLES);
    AttackRecipe recipe = section.read(AttackRecipe.class, usual);
    if (!section.has("epsilon")) {
      throw section.error(
          "",
          "needs the key 'epsilon', the largest change of a grey level on a scale of 0 to 1, such"
              + " as epsilon: 0.05");
    }
    return recipe;
  }

  /**
   * The attacks as a protocol.
   *
   * @return the whole protocol, or the part of it that is used
   */
  public Protocol chosen() {
    return part(Protocol.of(protocol), attacks);
  }

  /**
   * Some attacks of a protocol.
   *
   * @param whole the protocol
   * @param attacks names of attacks; empty for all
   * @return the protocol itself, or a part of it
   * @throws IllegalArgumentException if it has no such attack; the message names the nearest
   */
  public static Protocol part(Protocol whole, List<String> attacks) {
    List<String> names = whole.attacks().stream().map(Attack::name).toList();
    for (String name : attacks) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "the protocol "
                + whole.name()
                + " has no attack '"
                + name
                + "'"
                + Suggestion.clause(name, names));
      }
    }
    return attacks.isEmpty()
        ? whole
        : new Protocol(
            whole.name() + " (part)",
            whole.attacks().stream().filter(attack -> attacks.contains(attack.name())).toList(),
            whole.cascade());
  }

  ObjectNode toTree() {
    return Section.MAPPER.valueToTree(this);
  }
}
