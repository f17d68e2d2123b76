package io.github.steelyard.spark;

import java.io.Serializable;

/**
 * How a process ended.
 *
 * @param code its exit code: 0 done, 1 failed, 2 wrong usage, else it was ended from outside
 * @param out what it said on the standard output
 * @param last the last lines on its standard error
 */
record Ended(int code, String out, String last) implements Serializable {
  static final int USAGE = 2;

  /** What happened, for a person. */
  String describe(String who) {
    String how = code > 128 ? ": it was killed" : "";
    return who + " ended with exit code " + code + how + (last.isEmpty() ? "" : "\n" + last);
  }
}
