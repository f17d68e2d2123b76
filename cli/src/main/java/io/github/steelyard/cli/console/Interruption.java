package io.github.steelyard.cli.console;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jline.utils.Signals;

/**
 * Lets Ctrl-C (and a polite kill) end a run in order: the first one asks the work to stop after its
 * current step, the second one ends the JVM at once. The JDK's own public means, a shutdown hook,
 * cannot tell a second signal; JLine reaches the JDK's signal handling by reflection.
 */
public final class Interruption implements AutoCloseable {
  private static final int ABORTED = 130;

  private final List<Runnable> undo = new ArrayList<>();
  private boolean asked;

  /**
   * @param err where the person is told what happens
   * @param stop asks the work to stop; called on another thread, at most once
   */
  public Interruption(PrintWriter err, Runnable stop) {
    for (String signal : List.of("INT", "TERM")) {
      Object before = Signals.register(signal, () -> received(err, stop));
      undo.add(() -> Signals.unregister(signal, before));
    }
  }

  private synchronized void received(PrintWriter err, Runnable stop) {
    err.println();
    if (asked) {
      err.println("aborted; what the last checkpoint holds is kept");
      err.flush();
      Runtime.getRuntime().halt(ABORTED);
    }
    asked = true;
    err.println("stopping after this step; press Ctrl-C again to abort without saving");
    err.flush();
    stop.run();
  }

  @Override
  public void close() {
    undo.forEach(Runnable::run);
  }
}
