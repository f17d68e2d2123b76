package io.github.steelyard.cli.section;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Part;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.Attack;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.RobustnessEvaluation;
import io.github.steelyard.robust.RobustnessResult;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Device;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A measured robustness, as people and programs read it.
 *
 * @param result what was measured
 * @param data the name of the data
 */
public record Robustness(RobustnessResult result, String data) {

  /**
   * Attacks a model before a person's eyes.
   *
   * @param model a classifier, on the device
   * @param data what is attacked
   * @param device where it computes
   * @param protocol which attacks
   * @param threat what they are allowed
   * @param seed of their random numbers
   * @param err where progress goes
   * @param between is called after each attack on a batch, and may end it
   * @return what was measured
   * @throws UsageException if an attack does not suit the model
   */
  public static Robustness measure(
      Module model,
      DataLoader data,
      Device device,
      Protocol protocol,
      ThreatModel threat,
      long seed,
      PrintWriter err,
      Runnable between) {
    int attacks = protocol.attacks().size();
    long rounds = Part.own().most(data.batchesPerEpoch());
    try (Progress progress = Progress.start(err, rounds * attacks)) {
      progress.task("attack");
      long[] done = {0};
      RobustnessResult result =
          UsageException.unless(
              () ->
                  new RobustnessEvaluation(protocol, threat, seed)
                      .evaluate(
                          model,
                          data,
                          device,
                          (attack, batch, batches) -> {
                            progress.update(++done[0], attack);
                            between.run();
                          }));
      return new Robustness(result, data.dataset().name());
    }
  }

  /**
   * Tells what makes the numbers doubtful.
   *
   * @param err where the warnings go
   */
  public void warn(PrintWriter err) {
    result.warnings().forEach(warning -> err.println("warning: " + warning));
  }

  /**
   * The attacker's budget in the data's units.
   *
   * @param norm how changes are measured
   * @param epsilon how large they may be, in units of a picture's values from 0 to 1
   * @param domain the range of inputs
   * @return what attacks are allowed
   */
  public static ThreatModel threat(Norm norm, double epsilon, InputDomain domain) {
    return UsageException.unless(() -> new ThreatModel(norm, epsilon, domain));
  }

  /**
   * A row for each attack, with all its numbers.
   *
   * @return a row for each attack
   */
  public Table table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("clean", "no attack", Numbers.percent(result.cleanAccuracy())));
    for (Attack attack : result.protocol().attacks()) {
      rows.add(
          List.of(
              attack.name(),
              attack.settings(),
              result.skipped().containsKey(attack.name())
                  ? "not run"
                  : Numbers.percent(result.accuracies().get(attack.name()))));
    }
    rows.add(List.of("worst case", "a sample counts if no attack breaks it", worstCase()));
    return new Table(List.of("Attack", "Settings", "Accuracy"), rows);
  }

  private String worstCase() {
    return Numbers.percent(result.worstCase());
  }

  /**
   * What the numbers depend on, in a sentence.
   *
   * @return one line
   */
  public String protocol() {
    return String.format(
        Locale.ROOT,
        "protocol %s (%s): %s, epsilon %s%s of values in [%s, %s] before"
            + " normalization, clipped to that range; %,d samples of %s; seed %d",
        result.protocol().name(),
        result.protocol().cascade()
            ? "each attack on what those before it left"
            : "each attack on all samples",
        result.threat().norm(),
        Numbers.brief(result.threat().epsilon()),
        result.threat().norm() == Norm.LINF
            ? String.format(Locale.ROOT, " = %.3g/255", result.threat().epsilon() * 255)
            : "",
        Numbers.brief(result.threat().domain().minimum()),
        Numbers.brief(result.threat().domain().maximum()),
        result.samples(),
        data,
        result.seed());
  }

  /**
   * Prints it for people.
   *
   * @param output where it goes
   */
  public void print(Output output) {
    output.out().println(protocol());
    output.printTable(List.of("attack", "settings", ">accuracy"), table().rows());
    warn(output.err());
  }

  /**
   * The result as values.
   *
   * @return values by their keys
   */
  public Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("protocol", result.protocol().name());
    values.put("description", result.protocol().describe());
    values.put("cascade", result.protocol().cascade());
    values.put("norm", result.threat().norm().key());
    values.put("epsilon", result.threat().epsilon());
    values.put("data", data);
    values.put("samples", result.samples());
    values.put("seed", result.seed());
    values.put("clean_accuracy", result.cleanAccuracy());
    values.put("accuracies", result.accuracies());
    values.put("worst_case", result.worstCase());
    values.put("skipped", result.skipped());
    values.put("warnings", result.warnings());
    return values;
  }
}
