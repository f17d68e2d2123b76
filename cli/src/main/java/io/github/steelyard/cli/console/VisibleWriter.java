package io.github.steelyard.cli.console;

import io.github.steelyard.runtime.Printable;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * What a command prints, without anything that a terminal would obey: names come from files of
 * others. In JSON the visible form means the same text.
 */
public final class VisibleWriter extends FilterWriter {
  private VisibleWriter(Writer out) {
    super(out);
  }

  /**
   * A writer for a command.
   *
   * @param out where its text goes
   * @return flushes after each line
   */
  public static PrintWriter over(Writer out) {
    return new PrintWriter(new VisibleWriter(out), true);
  }

  @Override
  public void write(int c) throws IOException {
    out.write(Printable.text(String.valueOf((char) c)));
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    out.write(Printable.text(String.valueOf(text, offset, length)));
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    out.write(Printable.text(text.substring(offset, offset + length)));
  }
}
