package io.github.steelyard.cli;

import java.io.StringWriter;

/**
 * Ends a command at one of its messages, as if its process had been killed: what is on the disk
 * then is all that is left. Or does something else at that moment, once.
 */
public final class DyingWriter extends StringWriter {
  private final String last;
  private Runnable then;

  /** No command catches an error. */
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  public DyingWriter(String last) {
    this(
        last,
        () -> {
          throw new Killed();
        });
  }

  public DyingWriter(String last, Runnable then) {
    this.last = last;
    this.then = then;
  }

  @Override
  public void write(String text) {
    super.write(text);
    dieAfterLast();
  }

  @Override
  public void write(String text, int offset, int length) {
    super.write(text, offset, length);
    dieAfterLast();
  }

  private void dieAfterLast() {
    if (toString().contains(last)) {
      Runnable now = then;
      then = () -> {};
      now.run();
    }
  }
}
