package io.github.steelyard.cli.console;

/** Ends work in its middle because the person asked for it; what it has saved stays. */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StoppedException() {
    super("stopped, as was asked for");
  }
}
