package io.github.steelyard.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Store;

/**
 * The signs of life of a rank: it counts in the store, watches the next rank's count, and looks
 * whether any rank said that it failed.
 */
final class Heartbeat implements Runnable {
  private static final System.Logger LOG = System.getLogger(Heartbeat.class.getName());
  private static final long BEAT_MILLIS = 500;
  private static final String FAILURE = "failure";

  /** Set once a rank has lost a connection: then less silence is enough. */
  private static final String SUSPECT = "suspect";

  private static final long SUSPECT_SECONDS = 5;

  /** A process that gets the message itself says it and ends in this time. */
  private static final long GRACE_MILLIS = 3000;

  /** Ranks that end together leave within this time of one another. */
  private static final long LEAVING_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final int FAILED = 1;

  private final DistributedEnvironment environment;
  private final Store store;
  private final Object lock = new Object();
  private volatile String failure;
  private volatile boolean closing;
  private volatile boolean ended;
  private volatile long inside;
  private final AtomicLong rounds = new AtomicLong();
  private volatile Consumer<String> told = message -> LOG.log(System.Logger.Level.ERROR, message);

  private Heartbeat(DistributedEnvironment environment, Store store) {
    this.environment = environment;
    this.store = store;
  }

  static Heartbeat start(DistributedEnvironment environment, Store store) {
    Heartbeat heartbeat = new Heartbeat(environment, store);
    daemon(heartbeat, "steelyard-heartbeat");
    daemon(heartbeat::watchStore, "steelyard-store-watch");
    return heartbeat;
  }

  private static void daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** A store whose process hangs keeps the other thread waiting inside libtorch. */
  private void watchStore() {
    long seen = -1;
    long waited = 0;
    while (!ended && failure == null) {
      waited = rounds.get() == seen ? waited + BEAT_MILLIS : 0;
      seen = rounds.get();
      if (waited > TimeUnit.SECONDS.toMillis(environment.silenceSeconds())) {
        failure = storeGone("it has not answered for " + environment.silenceSeconds() + " s");
        end();
      }
      pause(BEAT_MILLIS);
    }
  }

  private String storeGone(String why) {
    return "rank 0, which keeps the store at "
        + environment.host()
        + ":"
        + environment.port()
        + ", is gone or hangs ("
        + why
        + ")";
  }

  static String ownName() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "an unnamed host";
    }
    return "process " + ProcessHandle.current().pid() + " on " + host;
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DistributedException("interrupted while waiting for other ranks", e);
    }
  }

  void onFailure(Consumer<String> listener) {
    told = listener;
  }

  void enter() {
    inside = System.nanoTime();
  }

  void leave() {
    inside = 0;
  }

  void requireAlive() {
    if (failure != null) {
      throw new DistributedException(failure);
    }
  }

  @Override
  public void run() {
    int next = (environment.rank() + 1) % environment.size();
    long seen = -1;
    long silent = 0;
    long last = System.nanoTime();
    try {
      while (!ended) {
        rounds.incrementAndGet();
        synchronized (lock) {
          if (ended) {
            return;
          }
          store.add("beat/" + environment.rank(), 1);
          if (ProcessGroups.has(store, FAILURE)) {
            failure = store.get_to_str(FAILURE);
            break;
          }
          long beats = store.add("beat/" + next, 0);
          long now = System.nanoTime();
          // A process that was suspended itself does not take its own silence for another's.
          silent = beats != seen ? 0 : silent + Math.min(now - last, LEAVING_NANOS);
          seen = beats;
          last = now;
          long limit =
              ProcessGroups.has(store, SUSPECT)
                  ? Math.min(SUSPECT_SECONDS, environment.silenceSeconds())
                  : environment.silenceSeconds();
          if (silent > TimeUnit.SECONDS.toNanos(limit) && !hasLeft(next)) {
            post(silent(next, limit));
            break;
          }
          if (isStuck(now) && hasLeft(next)) {
            post(
                who(next)
                    + " has left the group while others still wait for it: its program ended or"
                    + " failed; see its own output");
            break;
          }
        }
        pause(BEAT_MILLIS);
      }
    } catch (RuntimeException e) {
      failure = closing ? failure : storeGone(ProcessGroups.firstLine(e));
    }
    if (failure != null && !ended) {
      end();
    }
  }

  private boolean isStuck(long now) {
    long begin = inside;
    return begin != 0 && now - begin > LEAVING_NANOS;
  }

  private String silent(int rank, long seconds) {
    return who(rank)
        + " gave no sign of life for "
        + seconds
        + " s: it was killed, hangs, or cannot be reached";
  }

  private String who(int rank) {
    return "rank " + rank + " (" + store.get_to_str("host/" + rank) + ")";
  }

  private boolean hasLeft(int rank) {
    return ProcessGroups.has(store, "left/" + rank);
  }

  private void post(String message) {
    // The first one counts: what others find is a consequence.
    failure = store.compareSet(FAILURE, "", message);
  }

  void fail(String message) {
    synchronized (lock) {
      if (failure == null && !ended) {
        try {
          post(who(environment.rank()) + " failed: " + message);
          pause(2 * BEAT_MILLIS); // so that all have read it before a store in this process goes
        } catch (RuntimeException e) {
          LOG.log(System.Logger.Level.DEBUG, "the other ranks cannot be told", e);
        }
      }
      ended = true;
    }
  }

  /** A thread inside libtorch cannot be interrupted, so the process is ended. */
  private void end() {
    pause(GRACE_MILLIS);
    if (!ended) {
      told.accept(failure);
      NativeEnvironment.endWithoutDestructors();
      Runtime.getRuntime().halt(FAILED);
    }
  }

  /** Says of an error inside a collective which rank caused it, once that is known. */
  DistributedException explained(RuntimeException cause) {
    synchronized (lock) {
      if (failure == null && !ended) {
        try {
          store.set(SUSPECT, "");
        } catch (RuntimeException e) {
          LOG.log(System.Logger.Level.DEBUG, "the store is gone", e);
        }
      }
    }
    long end =
        System.nanoTime() + TimeUnit.SECONDS.toNanos(environment.silenceSeconds()) + LEAVING_NANOS;
    while (failure == null && System.nanoTime() < end) {
      pause(BEAT_MILLIS / 10);
    }
    return new DistributedException(
        failure != null
            ? failure
            : environment + " lost the connection: " + ProcessGroups.firstLine(cause),
        cause);
  }

  /** Leaves; the store stays until all have. */
  void close() {
    closing = true;
    synchronized (lock) {
      if (!ended && failure == null) {
        try {
          store.set("left/" + environment.rank(), "");
        } catch (RuntimeException e) {
          LOG.log(System.Logger.Level.DEBUG, "the store is gone already", e);
        }
      }
    }
    while (environment.rank() == 0 && failure == null && !ended && !allLeft()) {
      pause(BEAT_MILLIS / 10);
    }
    ended = true;
  }

  private boolean allLeft() {
    synchronized (lock) {
      for (int r = 0; r < environment.size(); r++) {
        if (!hasLeft(r)) {
          return false;
        }
      }
      return true;
    }
  }
}
