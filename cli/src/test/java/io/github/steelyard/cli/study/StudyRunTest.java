package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRunTest {
  @TempDir Path folder;

  @Test
  void givenARunThatIsBeingMade_whenItWasKilledNow_thenTheNoteSaysWhereAndItsResultsHowLong()
      throws IOException {
    Files.writeString(
        folder.resolve("base.yaml"),
        "model: {name: mlp}\ndata: {name: fashion-mnist}\noptimizer: {name: adamw}\n");
    Path file =
        Files.writeString(
            folder.resolve("study.yaml"), "recipe: base.yaml\nseeds: [0]\naxes: {a: {b: {}}}\n");
    Study study = Study.read(file, false);
    StudyRun run = StudyRun.all(study, study.axes().settings(), folder).get(0);
    Files.createDirectories(run.run());

    StudyRun.noting(
        run.run(),
        file,
        () -> {
          Files.writeString(run.run().resolve("results.json"), "{\"seconds\": 5}");
          assertThat(StudyRecord.read(StudyRun.recordOf(run.run())))
              .hasValueSatisfying(
                  note -> assertThat(note.machine()).isEqualTo(Machine.here(folder)));
          assertThat(run.seconds()).isEqualTo(5);
          return null;
        });

    assertThat(StudyRecord.read(StudyRun.recordOf(run.run())).orElseThrow().seconds())
        .isBetween(0.0, 5.0);
  }
}
