package io.github.steelyard.cli.console;

import java.util.List;

/** Other processes, here or on other machines, that do parts of a command at the same time. */
@FunctionalInterface
public interface Workers {
  /**
   * Has a command of ours carried out, and waits for its end. An interrupt asks it to save and to
   * end.
   *
   * @param words the command line without {@code steelyard}; its files must be seen by all
   * @return the exit code
   */
  int run(List<String> words);
}
