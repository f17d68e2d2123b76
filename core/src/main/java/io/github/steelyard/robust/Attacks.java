package io.github.steelyard.robust;

import io.github.steelyard.runtime.Register;
import java.util.List;

/** The register of attacks: ours and those of jars on the class path. */
public final class Attacks {
  private Attacks() {}

  private static Register<Attack> register() {
    return Register.load("attack", AttackProvider.class, AttackProvider::attacks);
  }

  /**
   * All attacks, with their usual numbers.
   *
   * @return in the order of the class path
   * @throws io.github.steelyard.runtime.RegisterException if a provider cannot be loaded, or two
   *     claim one name
   */
  public static List<Attack> all() {
    return register().all();
  }

  /**
   * One attack with its usual numbers.
   *
   * @param name such as {@code fab-t}
   * @return the attack
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static Attack get(String name) {
    return register().get(name);
  }
}
