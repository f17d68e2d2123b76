package io.github.steelyard.bench.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.logging.LogManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short version of the campaign. */
class CampaignTest {
  private static final long SEED = 2;

  @TempDir Path folder;

  @Test
  void givenDamagedFilesForEveryReader_whenTheyAreRead_thenNothingFails() throws Exception {
    LogManager.getLogManager().reset();
    List<Reader> known = KnownReaders.in(folder);
    Readers readers = new Readers(folder, SEED, known);
    List<Verdict> verdicts = new ArrayList<>();
    for (long number = 0; number < 20L * known.size(); number++) {
      verdicts.add(readers.judge(number));
    }

    assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict.failure()).isEmpty());
    assertThat(verdicts.stream().filter(verdict -> verdict.refused() == 1).count())
        .isGreaterThan(verdicts.size() / 4);
  }

  @Test
  void givenAReaderThatBelievesDamage_whenItIsTried_thenTheCampaignSaysSo() throws Exception {
    byte[] valid = {1, 2, 3};
    Readers readers =
        new Readers(
            folder,
            SEED,
            List.of(
                new Reader("bytes", "a", List.of(valid), true, file -> Files.size(file)),
                new Reader(
                    "bug",
                    "b",
                    List.of(valid),
                    false,
                    file -> {
                      if (Files.readAllBytes(file)[0] != 1) {
                        throw new IllegalStateException("damaged");
                      }
                      return "";
                    })));
    List<String> failures = new ArrayList<>();
    for (long number = 0; number < 60; number++) {
      readers.judge(number).failure().ifPresent(failures::add);
    }

    assertThat(failures)
        .anySatisfy(failure -> assertThat(failure).contains("believed damage"))
        .anySatisfy(failure -> assertThat(failure).contains("would be called a bug"));
  }

  @Tag("once")
  @Test
  void givenARunThatIsKilledTwice_whenItIsBroughtToItsEnd_thenNothingIsLost() throws Exception {
    Verdict verdict = new Kills(folder, SEED, 2).judge(0);

    assertThat(verdict.failure()).isEmpty();
    assertThat(verdict.blows()).isBetween(1L, 2L);
  }

  @Test
  void givenTheSameSeed_whenFilesAreDamaged_thenTheyAreDamagedInTheSameWay() {
    List<byte[]> valid = List.of(Samples.text("steelyard"), Samples.text("weights"));

    byte[] once = Damage.of(valid, new SplittableRandom(7));

    assertThat(once).isEqualTo(Damage.of(valid, new SplittableRandom(7)));
    assertThat(valid).allSatisfy(each -> assertThat(once).isNotEqualTo(each));
  }
}
