package io.github.steelyard.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.runtime.Printable;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Where a command's result goes: a text for people or, with {@code --json}, one JSON value. */
public final class Output {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print the result as JSON.")
  private boolean json;

  private final Optional<Workers> workers;
  private boolean silent;

  Output() {
    this(Optional.empty());
  }

  private Output(Optional<Workers> workers) {
    this.workers = workers;
  }

  /**
   * Makes what picocli makes, and outputs of commands whose studies others work on.
   *
   * @param workers who makes the runs of studies
   * @return for {@link CommandLine}
   */
  public static CommandLine.IFactory factory(Workers workers) {
    return new CommandLine.IFactory() {
      @Override
      public <K> K create(Class<K> type) throws Exception {
        return type == Output.class
            ? type.cast(new Output(Optional.of(workers)))
            : CommandLine.defaultFactory().create(type);
      }
    };
  }

  /**
   * Before whom the command does its work.
   *
   * @param stop whether the person asked to stop
   * @return the session
   */
  public Session session(Stop stop) {
    return new Session(err(), arguments(), stop, workers);
  }

  /**
   * Whether the person wants JSON.
   *
   * @return true with {@code --json}
   */
  public boolean isJson() {
    return json;
  }

  /**
   * The whole command line as it was written.
   *
   * @return the words, with {@code steelyard} first
   */
  public List<String> arguments() {
    CommandLine root = command.commandLine();
    while (root.getParent() != null) {
      root = root.getParent();
    }
    List<String> arguments = new ArrayList<>(List.of("steelyard"));
    arguments.addAll(root.getParseResult().originalArgs());
    return arguments;
  }

  /** From now on this process says nothing but errors: another one speaks for all. */
  public void silence() {
    silent = true;
  }

  private static PrintWriter nothing() {
    return new PrintWriter(Writer.nullWriter());
  }

  /**
   * Where results go.
   *
   * @return the standard output
   */
  public PrintWriter out() {
    return silent ? nothing() : VisibleWriter.over(command.commandLine().getOut());
  }

  /**
   * Where progress and notes go.
   *
   * @return the standard error
   */
  public PrintWriter err() {
    return silent ? nothing() : VisibleWriter.over(command.commandLine().getErr());
  }

  /**
   * Prints one JSON value.
   *
   * @param value anything that Jackson can write
   */
  public void printJson(Object value) {
    try {
      out().println(Json.MAPPER.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the result cannot be written as JSON", e);
    }
  }

  /**
   * Prints a table. Columns whose name begins with {@code >} are aligned to the right.
   *
   * @param columns the heads
   * @param rows one cell for each column
   */
  public void printTable(List<String> columns, List<List<String>> rows) {
    out().println(table(columns, rows));
  }

  /**
   * Prints a table of a report; columns of numbers are aligned to the right.
   *
   * @param table the table
   */
  public void printTable(Table table) {
    List<String> columns = new ArrayList<>();
    for (int c = 0; c < table.columns().size(); c++) {
      String name = table.columns().get(c).toLowerCase(Locale.ROOT);
      columns.add(table.holdsNumbers(c) ? ">" + name : name);
    }
    printTable(columns, table.rows());
  }

  /**
   * A constant as people and programs read it, such as {@code undecided}.
   *
   * @param constant of any enum
   * @return its name in small letters
   */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static String table(List<String> columns, List<List<String>> rows) {
    List<Column> headers = new ArrayList<>();
    for (String column : columns) {
      boolean right = column.startsWith(">");
      HorizontalAlign align = right ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT;
      headers.add(
          new Column()
              .header(right ? column.substring(1) : column)
              .headerAlign(align)
              .dataAlign(align)
              .maxWidth(80));
    }
    Object[][] cells =
        rows.stream()
            .map(row -> row.stream().map(Printable::name).toArray())
            .toArray(Object[][]::new);
    String text = AsciiTable.getTable(AsciiTable.NO_BORDERS, headers.toArray(Column[]::new), cells);
    return text.lines()
        .map(String::stripTrailing)
        .reduce((a, b) -> a + System.lineSeparator() + b)
        .orElse("");
  }
}
