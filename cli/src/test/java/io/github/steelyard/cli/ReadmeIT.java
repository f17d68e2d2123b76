package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of README.md. A block counts if the line before it is {@code <!-- tested -->};
 * of its lines, those that begin with {@code ./steelyard}. The demo runs in its quick variant. The
 * reader's photos are drawn, and the weights from elsewhere are random.
 */
@DisabledOnOs(OS.WINDOWS)
class ReadmeIT {
  private static final String MARK = "<!-- tested -->";

  @TempDir static Path folder;

  @TestFactory
  List<DynamicTest> givenTheReadme_whenItsCommandsAreRun_thenTheySucceed() throws IOException {
    List<String> commands = new ArrayList<>();
    for (String page : List.of("README.md", "docs/README.md")) {
      commands.addAll(commands(Files.readAllLines(Launcher.ROOT.resolve(page))));
    }
    for (String name : List.of("steelyard", "recipes")) {
      Files.createSymbolicLink(folder.resolve(name), Launcher.ROOT.resolve(name));
    }
    ReadersFiles.createIn(folder);
    return commands.stream().map(c -> DynamicTest.dynamicTest(c, () -> run(c))).toList();
  }

  static List<String> commands(List<String> lines) {
    List<String> commands = new ArrayList<>();
    boolean inside = false;
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.equals("```sh")) {
        inside = lines.get(i - 1).strip().equals(MARK);
      } else if (line.startsWith("```")) {
        inside = false;
      } else if (inside && line.startsWith("./steelyard")) {
        commands.add(line.replaceFirst("\\s+#.*", ""));
      }
    }
    return commands;
  }

  private static void run(String command) throws Exception {
    List<String> words = new ArrayList<>(Arrays.asList(command.split("\\s+")));
    words.remove(0);
    if (words.contains("demo") && !words.contains("--quick")) {
      words.add("--quick");
    }

    Process process = Launcher.start(folder.resolve("steelyard"), folder, Launcher.SHORT, words);
    CommandLineRun run = Launcher.finish(process, folder);

    assertThat(run.code()).as(command + "\n" + run.err()).isZero();
  }
}
