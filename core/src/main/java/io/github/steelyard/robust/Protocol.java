package io.github.steelyard.robust;

import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Which attacks measure a model, and how. A robust accuracy means nothing without its protocol: it
 * is part of every {@link RobustnessResult}.
 *
 * @param name what people call it
 * @param attacks in the order in which they run, with different names
 * @param cascade whether each attack works only on the samples that all before it left unbroken, as
 *     AutoAttack does: cheaper, but only the worst case means something then
 */
public record Protocol(String name, List<Attack> attacks, boolean cascade) {
  private static final Square AUTO_SQUARE = new Square(5000, 0.8, false);

  /**
   * Checks and copies the list.
   *
   * @param name what people call it
   * @param attacks at least one, with different names
   * @param cascade whether each attack works only on what is unbroken
   * @throws IllegalArgumentException if there is no attack, or two have the same name
   */
  public Protocol {
    attacks = List.copyOf(attacks);
    if (attacks.isEmpty()) {
      throw new IllegalArgumentException("a protocol needs at least one attack");
    }
    Set<String> names = new LinkedHashSet<>();
    for (Attack attack : attacks) {
      if (!names.add(attack.name())) {
        throw new IllegalArgumentException("two attacks have the name '" + attack.name() + "'");
      }
    }
  }

  /**
   * AutoAttack's standard (Croce and Hein, ICML 2020), each attack on what is left: APGD-CE of 100
   * steps, APGD-T and FAB-T of 100 steps with 9 target classes, Square with 5,000 queries.
   *
   * @return the protocol {@code standard}
   */
  public static Protocol standard() {
    return new Protocol(
        "standard",
        List.of(
            new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 1),
            new Apgd(Apgd.Kind.TARGETED, 100, 9),
            new Fab(Fab.Kind.TARGETED, 100, 9),
            AUTO_SQUARE),
        true);
  }

  /**
   * AutoAttack's plus, each attack on what is left: APGD-CE and APGD-DLR of 100 steps and FAB of
   * 100 steps with 5 starts each, Square with 5,000 queries, APGD-T and FAB-T of 100 steps with 9
   * target classes.
   *
   * @return the protocol {@code plus}
   */
  public static Protocol plus() {
    return new Protocol(
        "plus",
        List.of(
            new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 5),
            new Apgd(Apgd.Kind.DLR, 100, 5),
            new Fab(Fab.Kind.UNTARGETED, 100, 5),
            AUTO_SQUARE,
            new Apgd(Apgd.Kind.TARGETED, 100, 9),
            new Fab(Fab.Kind.TARGETED, 100, 9)),
        true);
  }

  /**
   * AutoAttack's rand, for networks that draw random numbers, each attack on what is left: APGD-CE
   * and APGD-DLR of 100 steps, each gradient averaged over 20 passes.
   *
   * @return the protocol {@code rand}
   */
  public static Protocol rand() {
    return new Protocol(
        "rand",
        List.of(new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 1, 20), new Apgd(Apgd.Kind.DLR, 100, 1, 20)),
        true);
  }

  /**
   * Every attack on every sample that the model gets right, so that attacks can be compared: FGSM,
   * PGD-20 with five starts, APGD-CE of 100 steps, APGD-DLR of 100 steps, APGD-T of 100 steps with
   * 9 target classes, CW of 40 steps, FAB-T of 100 steps with 9 target classes and Square with
   * 5,000 queries.
   *
   * @return the protocol {@code individual}
   */
  public static Protocol individual() {
    return new Protocol(
        "individual",
        List.of(
            new Fgsm(),
            Pgd.of(20).withStarts(5),
            new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 1),
            new Apgd(Apgd.Kind.DLR, 100, 1),
            new Apgd(Apgd.Kind.TARGETED, 100, 9),
            Pgd.carliniWagner(40),
            new Fab(Fab.Kind.TARGETED, 100, 9),
            AUTO_SQUARE),
        false);
  }

  /**
   * The strong attacks one after another, each on what is left: APGD-CE of 100 steps, APGD-T of 100
   * steps with 9 target classes, Square with 5,000 queries whose squares shrink by the share of
   * queries done. Two thirds of {@link #standard}'s time.
   *
   * @return the protocol {@code worst-case}
   */
  public static Protocol worstCase() {
    return new Protocol(
        "worst-case",
        List.of(
            new Apgd(Apgd.Kind.CROSS_ENTROPY, 100, 1),
            new Apgd(Apgd.Kind.TARGETED, 100, 9),
            Square.of(5000)),
        true);
  }

  /**
   * For a look during work and for small machines: FGSM, PGD-20, APGD-CE of 20 steps, APGD-T of 20
   * steps with 3 target classes, and Square with 200 queries. Weaker than {@link #standard}, so its
   * robust accuracies are higher.
   *
   * @return the protocol {@code quick}
   */
  public static Protocol quick() {
    return new Protocol(
        "quick",
        List.of(
            new Fgsm(),
            Pgd.of(20),
            new Apgd(Apgd.Kind.CROSS_ENTROPY, 20, 1),
            new Apgd(Apgd.Kind.TARGETED, 20, 3),
            Square.of(200)),
        false);
  }

  private static Map<String, Supplier<Protocol>> byName() {
    Map<String, Supplier<Protocol>> all = new LinkedHashMap<>();
    all.put("standard", Protocol::standard);
    all.put("plus", Protocol::plus);
    all.put("rand", Protocol::rand);
    all.put("individual", Protocol::individual);
    all.put("worst-case", Protocol::worstCase);
    all.put("quick", Protocol::quick);
    return all;
  }

  /**
   * One of the protocols here.
   *
   * @param name {@code standard}, {@code plus}, {@code rand}, {@code individual}, {@code
   *     worst-case} or {@code quick}
   * @return the protocol
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public static Protocol of(String name) {
    Supplier<Protocol> found = byName().get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "there is no protocol '" + name + "'" + Suggestion.clause(name, byName().keySet()));
    }
    return found.get();
  }

  /**
   * The protocols by name.
   *
   * @return the names that {@link #of} knows
   */
  public static List<String> names() {
    return List.copyOf(byName().keySet());
  }

  /**
   * Some attacks: those of this protocol with its numbers, others of the register ({@link Attacks})
   * with theirs.
   *
   * @param names of attacks, in the order in which they run; empty for all of this protocol
   * @return this protocol, or one whose name says that it is another
   * @throws IllegalArgumentException if there is no such attack; the message names the nearest
   */
  public Protocol only(List<String> names) {
    if (names.isEmpty()) {
      return this;
    }
    Map<String, Attack> known = new LinkedHashMap<>();
    attacks.forEach(attack -> known.put(attack.name(), attack));
    Attacks.all().forEach(attack -> known.putIfAbsent(attack.name(), attack));
    List<Attack> chosen = new ArrayList<>();
    for (String wanted : names) {
      Attack attack = known.get(wanted);
      if (attack == null) {
        throw new IllegalArgumentException(
            "there is no attack '" + wanted + "'" + Suggestion.clause(wanted, known.keySet()));
      }
      chosen.add(attack);
    }
    boolean ownOnly = attacks.containsAll(chosen);
    return new Protocol(name + (ownOnly ? " (part)" : " (changed)"), chosen, cascade);
  }

  /**
   * Every number of it.
   *
   * @return such as {@code standard: fgsm (1 step of epsilon, cross-entropy), ...}
   */
  public String describe() {
    return name
        + (cascade ? ", each attack on what those before it left: " : ", each attack alone: ")
        + attacks.stream()
            .map(attack -> attack.name() + " (" + attack.settings() + ")")
            .collect(Collectors.joining(", "));
  }
}
