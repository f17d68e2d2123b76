package io.github.steelyard.cli.life;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.section.AttackRecipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The stages of a life as people read them, a row each. */
record LifeTable(LifeRecipe life, List<StageRow> stages) {
  private static final List<String> COLUMNS =
      List.of(
          "Stage",
          "Classes",
          "Old classes",
          "New classes",
          "Under attack",
          "Bytes",
          "Zeros",
          "Condition",
          "Oscillating",
          "Modules",
          "Time");

  List<List<String>> rows() {
    return stages.stream().map(LifeTable::row).toList();
  }

  private static List<String> row(StageRow row) {
    return List.of(
        row.stage(),
        row.classes() == null ? "-" : String.valueOf(row.classes()),
        percent(row.oldAccuracy()),
        percent(row.newAccuracy()),
        percent(row.robustAccuracy()),
        row.bytes() == null ? "-" : String.format(Locale.ROOT, "%,d", row.bytes()),
        percent(row.sparsity()),
        row.conditionNumber() == null ? "-" : Numbers.brief(row.conditionNumber()),
        percent(row.oscillating()),
        row.modules() == null ? "-" : String.valueOf(row.modules()),
        Numbers.duration(row.seconds()));
  }

  /** A share, of which nothing may be known. */
  static String percent(Double share) {
    return share == null ? "-" : Numbers.percent(share);
  }

  /** What a reader must know to understand the numbers. */
  List<String> sentences() {
    return life.attack().map(own -> List.of("under attack: " + attack(own))).orElse(List.of());
  }

  private static String attack(AttackRecipe own) {
    return String.format(
        Locale.ROOT,
        "%s; %s, epsilon %s of grey levels from 0 to 1, %s test samples of the classes"
            + " known, seed 0",
        own.chosen().describe(),
        own.norm(),
        Numbers.brief(own.epsilon()),
        own.samples() == 0 ? "all" : own.samples());
  }

  /** The table with what its columns mean. */
  Table table() {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put(
        "Old and new classes",
        "Right answers to test images of the classes learned first, and of those that came later;"
            + " any class that the network knows may be the answer.");
    life.attack()
        .ifPresent(
            own ->
                notes.put(
                    "Under attack",
                    "Right answers while each image is changed a little to mislead the network: "
                        + attack(own)
                        + ". A short attack: a stronger one would leave less."));
    notes.put("Bytes", "The size of the file on disk that the network would be shipped as.");
    notes.put("Zeros", "The share of the layers' weights that are exactly zero.");
    notes.put(
        "Condition",
        "How unevenly a layer stretches its inputs: its largest singular value over its smallest"
            + " that is not zero, of the worst layer. Smaller is calmer.");
    notes.put(
        "Oscillating",
        "The share of quantized weights that still jump back and forth between two levels.");
    notes.put("Modules", "Groups of directions that act on each other more than on the rest.");
    notes.put("Time", "The stage with its measuring.");
    return new Table(COLUMNS, rows(), notes);
  }
}
