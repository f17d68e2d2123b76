package io.github.steelyard.io;

import io.github.steelyard.runtime.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes event files that TensorBoard reads ({@code tensorboard --logdir runs}). A run that resumes
 * opens a new writer in the same folder, at the step it resumes from: TensorBoard then forgets what
 * earlier files say about that step and later ones, which is a future that was lost.
 *
 * <p>Events are written in blocks and at {@link #flush()}. Not safe for use by several threads.
 */
public final class TensorBoardWriter implements AutoCloseable {
  private final EventFile events;
  private final Clock clock;

  /**
   * Starts a run at step 0.
   *
   * @param folder where the event file goes; made if it does not exist
   * @throws IOException if the folder or the file cannot be made
   */
  public TensorBoardWriter(Path folder) throws IOException {
    this(folder, 0);
  }

  /**
   * Starts or resumes a run.
   *
   * @param folder where the event file goes; made if it does not exist
   * @param firstStep the first step that will be written, at least 0; in the folder's earlier
   *     files, it and later steps are disregarded from now on
   * @throws IllegalArgumentException if {@code firstStep} is negative
   * @throws IOException if the folder or the file cannot be made
   */
  public TensorBoardWriter(Path folder, long firstStep) throws IOException {
    this(folder, firstStep, Clock.systemUTC());
  }

  TensorBoardWriter(Path folder, long firstStep, Clock clock) throws IOException {
    requireStep(firstStep);
    this.clock = clock;
    events = EventFile.create(Files.createDirectories(folder));
    try {
      events.write(EventMessages.fileVersion(now()));
      // Also at the first start: TensorBoard takes only a second one for a restart.
      events.write(EventMessages.sessionStart(now(), firstStep));
      events.flush();
    } catch (IOException e) {
      events.close();
      throw e;
    }
  }

  /**
   * The event file.
   *
   * @return its path in the folder
   */
  public Path path() {
    return events.path();
  }

  /**
   * Writes one value of a curve.
   *
   * @param tag the curve's name; slashes group curves, as in {@code train/loss}
   * @param value the value, stored in single precision; NaN and infinities are shown as such
   * @param step the step, at least 0
   * @throws IllegalArgumentException if the tag is empty or the step is negative
   * @throws IOException if the event cannot be written; the file then ends with a whole event
   */
  public void scalar(String tag, double value, long step) throws IOException {
    events.write(EventMessages.scalar(now(), requireStep(step), requireTag(tag), value));
  }

  /**
   * Writes the distribution of a tensor's values in TensorBoard's buckets.
   *
   * @param tag the histogram's name
   * @param values real numbers of any shape and type on any device; values that are not finite are
   *     left out, as no bucket can hold them
   * @param step the step, at least 0
   * @throws IllegalArgumentException if the tag is empty, the step is negative or the values are
   *     complex
   * @throws IOException if the event cannot be written; the file then ends with a whole event
   */
  public void histogram(String tag, Tensor values, long step) throws IOException {
    Engine.start();
    requireStep(step);
    requireTag(tag);
    if (values.is_complex()) {
      throw new IllegalArgumentException(
          "the histogram '" + tag + "' cannot show complex numbers; give abs() or real()");
    }
    events.write(EventMessages.histogram(now(), step, tag, EventHistogram.of(values)));
  }

  /**
   * Writes a text, such as the run's recipe.
   *
   * @param tag the text's name
   * @param text Markdown
   * @param step the step, at least 0
   * @throws IllegalArgumentException if the tag is empty or the step is negative
   * @throws IOException if the event cannot be written; the file then ends with a whole event
   */
  public void text(String tag, String text, long step) throws IOException {
    events.write(EventMessages.text(now(), requireStep(step), requireTag(tag), text));
  }

  /**
   * Hands all events to the operating system, so that TensorBoard sees them.
   *
   * @throws IOException if they cannot be written; the file then ends with the last whole event
   */
  public void flush() throws IOException {
    events.flush();
  }

  /**
   * Writes what is left and closes the file. Closing twice does nothing.
   *
   * @throws IOException if events cannot be written
   */
  @Override
  public void close() throws IOException {
    events.close();
  }

  private double now() {
    return clock.millis() / 1e3;
  }

  private static long requireStep(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("the step must be at least 0, but is " + step);
    }
    return step;
  }

  private static String requireTag(String tag) {
    if (tag.isEmpty()) {
      throw new IllegalArgumentException("a tag must not be empty");
    }
    return tag;
  }
}
