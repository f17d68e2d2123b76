package io.github.steelyard.bench.campaign;

import java.util.Optional;

/**
 * What came of one case.
 *
 * @param kind what it was thrown at, a row of the table
 * @param blows how many kills, inputs, signals or steps it was
 * @param refused of them, how many were answered with a message
 * @param failure what was lost or believed wrongly; empty if nothing
 * @param skipped why this machine cannot try it; empty if it was tried
 */
record Verdict(
    String kind, long blows, long refused, Optional<String> failure, Optional<String> skipped) {
  static Verdict survived(String kind, long blows) {
    return new Verdict(kind, blows, 0, Optional.empty(), Optional.empty());
  }

  static Verdict refused(String kind) {
    return new Verdict(kind, 1, 1, Optional.empty(), Optional.empty());
  }

  static Verdict failed(String kind, long blows, String failure) {
    return new Verdict(kind, blows, 0, Optional.of(failure), Optional.empty());
  }

  static Verdict skipped(String kind, String reason) {
    return new Verdict(kind, 1, 0, Optional.empty(), Optional.of(reason));
  }
}
