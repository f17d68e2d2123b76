package io.github.steelyard.robust;

import java.util.List;

/**
 * Brings attacks by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.robust.AttackProvider}; recipes and the command line then
 * name the attack beside those of a protocol. An attack is one file: an {@link Attack} that is its
 * own provider, or has it nested in it.
 *
 * <pre>{@code
 * public final class UniformNoise implements Attack, AttackProvider {
 *   public List<Attack> attacks() {
 *     return List.of(this);
 *   }
 *   ...
 * }
 * }</pre>
 *
 * <p>The provider needs a public constructor without arguments.
 */
public interface AttackProvider {
  /**
   * The attacks of one jar, with the numbers that a protocol should use.
   *
   * @return at least one
   */
  List<Attack> attacks();
}
