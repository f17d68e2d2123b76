package io.github.steelyard.bench;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Our side of {@code bench/peers/speed.py}: runs a case for each line of the standard input and
 * answers with its seconds. A line is a case's name and its words; what prepares it runs once and
 * is not timed.
 */
public final class PeerRounds {
  /** Prepares a case. */
  private interface Preparation {
    Runnable of(List<String> words) throws IOException;
  }

  private static final Map<String, Preparation> CASES =
      Map.of(
          "attack", AttackRounds::of,
          "step", StepRounds::step,
          "optimizer", StepRounds::optimizer,
          "interaction", InteractionRounds::of);

  private PeerRounds() {}

  /**
   * Answers until the input ends.
   *
   * @param arguments none
   * @throws IOException if the standard input cannot be read
   */
  public static void main(String[] arguments) throws IOException {
    Engine.start();
    Map<String, Runnable> prepared = new HashMap<>();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String answer;
      try {
        if (!prepared.containsKey(line)) {
          List<String> words = List.of(line.split(" ", -1));
          prepared.put(line, CASES.get(words.get(0)).of(words.subList(1, words.size())));
        }
        answer = Double.toString(seconds(prepared.get(line)));
      } catch (RuntimeException | IOException e) {
        answer = e.toString().lines().findFirst().orElse("");
      }
      System.out.println(answer);
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    Scope.run(work::run);
    return (System.nanoTime() - start) / 1e9;
  }
}
