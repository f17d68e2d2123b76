package io.github.steelyard.compander;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How the layers of a model are companded.
 *
 * @param companding that of every layer that no rule names
 * @param rules others; where several match a layer, the last one holds
 */
public record CompanderConfiguration(Companding companding, List<CompanderRule> rules) {
  /**
   * Copies the rules.
   *
   * @param companding that of every layer that no rule names
   * @param rules others; where several match a layer, the last one holds
   */
  public CompanderConfiguration {
    rules = List.copyOf(rules);
  }

  /**
   * The same for all layers.
   *
   * @param companding theirs
   * @return a configuration without rules
   */
  public static CompanderConfiguration of(Companding companding) {
    return new CompanderConfiguration(companding, List.of());
  }

  /**
   * {@link Companding#defaults()} for all layers.
   *
   * @return a configuration without rules
   */
  public static CompanderConfiguration defaults() {
    return of(Companding.defaults());
  }

  /**
   * Whether every layer has the whole compander, so that {@link CompanderParts} has nothing to do.
   *
   * @return false if somewhere a part acts alone
   */
  public boolean isWhole() {
    return Stream.concat(
            Stream.of(companding), rules.stream().flatMap(rule -> rule.companding().stream()))
        .allMatch(own -> own.part() == CompanderPart.ALL);
  }

  /**
   * Another companding for some layers.
   *
   * @param layers which layers, such as {@code blocks.*.mlp.*}
   * @param other theirs
   * @return the changed configuration
   * @throws IllegalArgumentException if the pattern is empty
   */
  public CompanderConfiguration withLayers(String layers, Companding other) {
    return with(new CompanderRule(layers, Optional.of(other)));
  }

  /**
   * Leaves some layers as they are.
   *
   * @param layers which layers, such as {@code head}
   * @return the changed configuration
   * @throws IllegalArgumentException if the pattern is empty
   */
  public CompanderConfiguration withoutLayers(String layers) {
    return with(new CompanderRule(layers, Optional.empty()));
  }

  private CompanderConfiguration with(CompanderRule rule) {
    List<CompanderRule> more = new ArrayList<>(rules);
    more.add(rule);
    return new CompanderConfiguration(companding, more);
  }
}
