package io.github.steelyard.robust;

import java.util.List;

/** Brings the attacks of this room, with the budgets of the literature. */
public final class OwnAttacks implements AttackProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public OwnAttacks() {}

  @Override
  public List<Attack> attacks() {
    return List.of(
        new Fgsm(),
        Pgd.of(20),
        Pgd.carliniWagner(40),
        new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 1),
        new Apgd(Apgd.Kind.DLR, 100, 1),
        new Apgd(Apgd.Kind.TARGETED, 100, 9),
        new Fab(Fab.Kind.UNTARGETED, 100, 1),
        new Fab(Fab.Kind.TARGETED, 100, 9),
        new Square(5000, 0.8, false));
  }
}
