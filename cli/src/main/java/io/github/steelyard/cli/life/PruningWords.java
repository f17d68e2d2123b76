package io.github.steelyard.cli.life;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a stage of pruning did, in words for those who do not know the methods. */
final class PruningWords {
  private PruningWords() {}

  /**
   * What the network was trained with besides the mask.
   *
   * @param isRobust whether it was attacked in training
   * @param penalties the keys of the recipe's penalties
   * @return a sentence with a space behind it; empty if there is nothing to tell
   */
  static String training(boolean isRobust, Set<String> penalties) {
    List<String> acts = new ArrayList<>();
    if (penalties.contains("tsc")) {
      acts.add("closed channels that it can do without");
    }
    if (penalties.contains("transformed_l1") || penalties.contains("l1")) {
      acts.add("pulled its weights towards zero");
    }
    if (penalties.contains("log_condition")) {
      acts.add("kept its layers from stretching some directions much more than others");
    }
    if (penalties.contains("cnc")) {
      acts.add("kept its last layer from telling some classes apart much more sharply than others");
    }
    if (penalties.contains("orthogonality")) {
      acts.add("kept its filters at right angles");
    }
    String asked = acts.isEmpty() ? "" : "penalties " + String.join(" and ", acts);
    if (isRobust) {
      return "The network trained on images that were changed to mislead it"
          + (asked.isEmpty() ? ". " : ", while " + asked + ". ");
    }
    return asked.isEmpty() ? "" : "While the network trained, " + asked + ". ";
  }

  /**
   * What came out.
   *
   * @param before the measures of the network that the stage began with; null if there was none
   */
  static String outcome(StageRow row, StageRow before) {
    return String.format(
        Locale.ROOT,
        "%s of its weights are now zero; it answers %s%s.",
        LifeTable.percent(row.sparsity()),
        answers(row, " of the images rightly", " while they are attacked"),
        before == null ? "" : " (before: " + answers(before, "", "") + ")");
  }

  private static String answers(StageRow row, String rightly, String attacked) {
    return LifeTable.percent(row.oldAccuracy())
        + rightly
        + (row.robustAccuracy() == null
            ? ""
            : (rightly.isEmpty() ? " and " : ", and ")
                + LifeTable.percent(row.robustAccuracy())
                + attacked);
  }
}
