package io.github.steelyard.cli.console;

import io.github.steelyard.cli.report.Numbers;
import java.io.PrintWriter;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far work is: a bar on a terminal, a line every few seconds elsewhere. */
public interface Progress extends AutoCloseable {
  /**
   * Says what is being done now.
   *
   * @param name what is done now
   */
  void task(String name);

  /**
   * Says how many steps are done and what is worth knowing about them.
   *
   * @param done steps so far
   * @param message such as loss and accuracy
   */
  void update(long done, String message);

  @Override
  void close();

  /**
   * Starts at zero steps.
   *
   * @param err where lines go
   * @param total the number of steps, at least 1
   * @return close it at the end
   */
  static Progress start(PrintWriter err, long total) {
    return Terminal.isInteractive() ? new Bar(total) : new Lines(err, total);
  }

  /** A bar that is redrawn. */
  final class Bar implements Progress {
    /** As narrow as any terminal: a line that wraps would leave its remains behind. */
    private static final int NARROWEST = 79;

    private static final int WIDEST = 119;

    /** What the bar itself needs: percent, steps, times and fifteen columns that fill. */
    private static final int OWN_COLUMNS = 52;

    private final ProgressBar bar;
    private final int room;
    private String task = "";

    Bar(long total) {
      int width = width(System.getenv("COLUMNS"));
      room = width - OWN_COLUMNS;
      bar =
          new ProgressBarBuilder()
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .setConsumer(new ConsoleProgressBarConsumer(System.err, width))
              .build();
    }

    /**
     * One column less than the terminal has. A given width keeps the library from asking a terminal
     * library, which takes over signals; the launcher tells the columns.
     *
     * @param columns what the terminal says of its width, may be null
     * @return characters in a line
     */
    public static int width(String columns) {
      return columns == null || !columns.matches("\\d{1,4}")
          ? NARROWEST
          : Math.max(1, Math.min(WIDEST, Integer.parseInt(columns) - 1));
    }

    @Override
    public void task(String name) {
      task = name;
      bar.setExtraMessage(" " + fitting(task, "", room));
    }

    @Override
    public void update(long done, String message) {
      bar.stepTo(done);
      bar.setExtraMessage(" " + fitting(task, message, room));
    }

    /**
     * Leaves out the task's name, then the message's last parts, until it fits beside the bar.
     *
     * @param task what is done
     * @param message such as loss and accuracy
     * @param room characters that there are
     * @return the text, cut if need be
     */
    public static String fitting(String task, String message, int room) {
      String text = (task + " " + message).strip();
      if (text.length() > room && !message.isEmpty()) {
        text = message;
      }
      while (text.length() > room && text.contains(", ")) {
        text = text.substring(0, text.lastIndexOf(", "));
      }
      return text.length() > room ? text.substring(0, Math.max(0, room)) : text;
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  /** Lines for a log. */
  final class Lines implements Progress {
    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(5);

    private final PrintWriter err;
    private final long total;
    private final long start = System.nanoTime();
    private long last = start;
    private OptionalLong first = OptionalLong.empty();
    private String task = "";

    Lines(PrintWriter err, long total) {
      this.err = err;
      this.total = total;
    }

    @Override
    public void task(String name) {
      task = name;
    }

    @Override
    public void update(long done, String message) {
      long now = System.nanoTime();
      if (first.isEmpty()) {
        // A resumed run does not begin at 0.
        first = OptionalLong.of(Math.max(0, done - 1));
      }
      if (done < total && now - last < INTERVAL) {
        return;
      }
      last = now;
      double seconds = (now - start) / 1e9;
      double remaining = seconds / Math.max(1, done - first.getAsLong()) * (total - done);
      err.printf(
          "%s  step %,d of %,d  %s  %s left%n",
          task, done, total, message, Numbers.duration(remaining));
      err.flush();
    }

    @Override
    public void close() {}
  }
}
