package io.github.steelyard.cli.console;

import io.github.steelyard.runtime.Distributed;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jline.utils.Signals;

/**
 * Whether the person asked a run to stop. Ctrl-C (and a polite kill) asks once for everything that
 * a command does: the work that goes on now ends after its current step, and no other begins. The
 * second one ends the JVM at once. The JDK's own public means, a shutdown hook, cannot tell a
 * second signal; JLine reaches the JDK's signal handling by reflection.
 */
public final class Stop implements AutoCloseable {
  private static final int ABORTED = 130;

  /** Set for processes of a launcher, which tells them by their standard input to stop. */
  public static final String LAUNCHED = "STEELYARD_LAUNCHED";

  private final List<Runnable> undo = new ArrayList<>();
  private Runnable current = () -> {};
  private boolean requested;
  private boolean hasty;

  private Stop() {}

  /**
   * Of work that nobody can stop.
   *
   * @return a stop that nobody requests
   */
  public static Stop never() {
    return new Stop();
  }

  /**
   * Of work that is asked to stop as soon as it has begun, as by a hasty person.
   *
   * @return a stop for tests
   */
  public static Stop requestedAtWork() {
    Stop stop = new Stop();
    stop.hasty = true;
    return stop;
  }

  /**
   * Listens to the signals until it is closed.
   *
   * @param err where the person is told what happens
   * @return the stop
   */
  public static Stop onSignals(PrintWriter err) {
    Stop stop = new Stop();
    if (System.getenv(LAUNCHED) != null) {
      stop.listenToLauncher(err);
      return stop;
    }
    for (String signal : List.of("INT", "TERM")) {
      Object before = Signals.register(signal, () -> stop.received(err));
      stop.undo.add(() -> Signals.unregister(signal, before));
    }
    return stop;
  }

  /**
   * A launcher says it once for all of its processes, on the standard input, whose end means that
   * the launcher is gone. The signals themselves reach the whole terminal, and are left to it.
   */
  private void listenToLauncher(PrintWriter err) {
    for (String signal : List.of("INT", "TERM")) {
      Object before = Signals.register(signal, () -> {});
      undo.add(() -> Signals.unregister(signal, before));
    }
    Thread listener =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  received(err);
                }
                request();
              } catch (IOException e) {
                request();
              }
            },
            "steelyard-launcher");
    listener.setDaemon(true);
    listener.start();
  }

  private synchronized void received(PrintWriter err) {
    err.println();
    if (requested) {
      err.println("aborted; what the last checkpoint holds is kept");
      err.flush();
      System.exit(ABORTED);
    }
    err.println("stopping after this step; press Ctrl-C again to abort without saving");
    err.flush();
    request();
  }

  /** Asks the work to stop, as Ctrl-C does. */
  public synchronized void request() {
    requested = true;
    current.run();
  }

  /**
   * Whether it was asked for, in this process or, of many ranks, in any. All of them ask at the
   * same place.
   *
   * @return true from the first request on
   */
  public boolean isRequested() {
    boolean own;
    synchronized (this) {
      own = requested;
    }
    return Distributed.current().any(own);
  }

  /**
   * Ends work in its middle if it was asked for, in any rank. All of them ask at the same place.
   *
   * @throws StoppedException if so
   */
  public void heed() {
    if (isRequested()) {
      throw new StoppedException();
    }
  }

  /**
   * Says what ends the work that goes on now; asked for already, it ends at once.
   *
   * @param work asks the work to stop; called on another thread
   * @return ends that meaning
   */
  public synchronized Working during(Runnable work) {
    Runnable before = current;
    current = work;
    requested |= hasty;
    if (requested) {
      work.run();
    }
    return () -> restore(before);
  }

  private synchronized void restore(Runnable before) {
    current = before;
  }

  /** Work that can be asked to stop. */
  @FunctionalInterface
  public interface Working extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public void close() {
    undo.forEach(Runnable::run);
  }
}
