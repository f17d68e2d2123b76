package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * What a command printed and how it ended, run in this JVM.
 *
 * @param code the exit code
 * @param out the standard output
 * @param err the standard error
 */
public record CommandLineRun(int code, String out, String err) {
  public static CommandLineRun of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new CommandLineRun(code, out.toString(), err.toString());
  }

  /** The JSON that a command printed, which must succeed. */
  public static JsonNode json(String... arguments) throws IOException {
    CommandLineRun run = of(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return Json.MAPPER.readTree(run.out());
  }

  /** The message of a command that must be refused as wrong usage. */
  public static String refused(String... arguments) {
    CommandLineRun run = of(arguments);
    assertThat(run.code()).as(run.out() + run.err()).isEqualTo(2);
    return run.err();
  }
}
