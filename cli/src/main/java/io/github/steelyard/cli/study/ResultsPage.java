package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of results in Markdown, parts of which are written by the program: those between a line
 * {@code <!-- reproduce NAME -->} and the next line {@code <!-- end -->}. All else is a person's.
 *
 * @param file the page; it may be missing
 */
public record ResultsPage(Path file) {
  private static final String END = "<!-- end -->";

  private static String begin(String name) {
    return "<!-- reproduce " + name + " -->";
  }

  /**
   * Checks the markers of a part, so that nobody learns of a mistake after hours.
   *
   * @param name the name of the part
   * @throws UsageException if the page cannot be read or the markers do not make pairs
   */
  public void check(String name) {
    try {
      part(lines(), name);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + Reason.describe(e), e);
    }
  }

  /**
   * Replaces a part, or appends it under a heading of its own. The page is read anew: it may have
   * been edited since the runs began.
   *
   * @param name the name in the markers
   * @param title the heading, if the page has no such part yet
   * @param content what comes between the markers, ends with a line break
   * @throws IOException if the page cannot be written; it is then as it was before
   * @throws UsageException if the markers do not make pairs
   */
  public void put(String name, String title, String content) throws IOException {
    List<String> lines = lines();
    Part part = part(lines, name);
    String lineBreak = lines.stream().anyMatch(line -> line.endsWith("\r\n")) ? "\r\n" : "\n";
    StringBuilder text = new StringBuilder();
    if (part.isThere()) {
      lines.subList(0, part.first()).forEach(text::append);
      text.append(marked(name, content, lineBreak, lines.get(part.last()).endsWith("\n")));
      lines.subList(part.last() + 1, lines.size()).forEach(text::append);
    } else {
      lines.forEach(text::append);
      if (!text.isEmpty()) {
        text.append(text.charAt(text.length() - 1) == '\n' ? "" : lineBreak).append(lineBreak);
      }
      text.append("## ").append(title).append(lineBreak).append(lineBreak);
      text.append(marked(name, content, lineBreak, true));
    }
    AtomicFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String marked(String name, String content, String lineBreak, boolean broken) {
    return begin(name)
        + lineBreak
        + content.replace("\n", lineBreak)
        + END
        + (broken ? lineBreak : "");
  }

  /** The first and last line of a part; -1 if there is none. */
  private record Part(int first, int last) {
    boolean isThere() {
      return first >= 0;
    }
  }

  private Part part(List<String> lines, String name) {
    int first = -1;
    int last = -1;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      boolean open = first >= 0 && last < 0;
      if (line.equals(begin(name))) {
        if (first >= 0) {
          throw wrong(i, "holds '" + line + "' a second time");
        }
        first = i;
      } else if (open && line.startsWith("<!-- reproduce ")) {
        throw wrong(i, "begins another part before '" + END + "' ends '" + name + "'");
      } else if (open && line.equals(END)) {
        last = i;
      }
    }
    if (first >= 0 && last < 0) {
      throw wrong(first, "begins the part '" + name + "', but no line '" + END + "' follows");
    }
    return new Part(first, last);
  }

  private UsageException wrong(int index, String what) {
    return new UsageException(file + ": line " + (index + 1) + " " + what);
  }

  /** The lines with their line breaks. */
  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not a text in UTF-8", e);
    }
    int from = 0;
    while (from < text.length()) {
      int end = text.indexOf('\n', from);
      int next = end < 0 ? text.length() : end + 1;
      lines.add(text.substring(from, next));
      from = next;
    }
    return lines;
  }
}
