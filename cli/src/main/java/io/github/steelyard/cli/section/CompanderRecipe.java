package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.compander.CompanderConfiguration;
import io.github.steelyard.compander.CompanderPart;
import io.github.steelyard.compander.CompanderRule;
import io.github.steelyard.compander.Companding;
import java.util.Optional;

/**
 * The section {@code compander}: {@code a}, {@code ratio}, {@code unit}, {@code learned} and {@code
 * part} for all layers, and a list {@code layers} of others, each with a pattern; {@code skip:
 * true} leaves layers as they are.
 */
final class CompanderRecipe {
  private CompanderRecipe() {}

  /** One of the rules. */
  private record Rule(
      String pattern,
      double a,
      double ratio,
      Companding.Unit unit,
      boolean learned,
      CompanderPart part,
      boolean skip) {
    static Rule of(Companding usual) {
      return new Rule(
          null, usual.a(), usual.ratio(), usual.unit(), usual.learned(), usual.part(), false);
    }
  }

  static CompanderConfiguration read(Mapping section) {
    Companding usual = section.read(Companding.class, Companding.defaults(), "layers");
    return new CompanderConfiguration(
        usual,
        section.sections(
            "layers", "[{pattern: 'blocks.*.mlp.*', a: 5}]", below -> rule(below, usual)));
  }

  private static CompanderRule rule(Mapping section, Companding usual) {
    Rule rule = section.read(Rule.class, Rule.of(usual));
    String pattern = section.requiredText("pattern", "blocks.*.mlp.*");
    Companding own = section.without("pattern", "skip").read(Companding.class, usual);
    return section.checked(
        "pattern",
        () -> new CompanderRule(pattern, rule.skip() ? Optional.empty() : Optional.of(own)));
  }

  static ObjectNode toTree(CompanderConfiguration configuration) {
    ObjectNode tree = Mapping.MAPPER.valueToTree(configuration.companding());
    ArrayNode layers = tree.putArray("layers");
    for (CompanderRule rule : configuration.rules()) {
      ObjectNode written = layers.addObject().put("pattern", rule.layers());
      rule.companding()
          .ifPresentOrElse(
              own -> written.setAll(Mapping.MAPPER.<ObjectNode>valueToTree(own)),
              () -> written.put("skip", true));
    }
    return tree;
  }
}
