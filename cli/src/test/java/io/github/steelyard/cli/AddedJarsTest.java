package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.console.AddedJars;
import io.github.steelyard.cli.console.UsageException;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jars that are broken, and providers that are not there. */
class AddedJarsTest {
  @TempDir Path folder;
  private Path good;
  private Path bad;

  @BeforeEach
  void write() throws IOException {
    good = folder.resolve("good.jar");
    new JarOutputStream(Files.newOutputStream(good), new Manifest()).close();
    bad =
        Files.write(
            Files.createDirectory(folder.resolve("more")).resolve("bad.jar"), new byte[1000]);
  }

  @Test
  void givenJarsThatCanBeRead_whenTheyAreAdded_thenNothingIsSaid() {
    for (String path :
        new String[] {
          null, "", good.toString(), good + File.pathSeparator + folder, folder + "/*"
        }) {
      assertThatCode(() -> AddedJars.require(path)).as(path).doesNotThrowAnyException();
    }
  }

  @Test
  void givenABrokenOrMissingJar_whenItIsAdded_thenItIsNamed() {
    for (String path :
        new String[] {
          bad.toString(), good + File.pathSeparator + bad, folder.resolve("more") + "/*"
        }) {
      assertThatThrownBy(() -> AddedJars.require(path))
          .as(path)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(bad + ", which is not a jar that can be read");
    }
    assertThatThrownBy(() -> AddedJars.require(folder.resolve("none.jar").toString()))
        .hasMessageContaining("none.jar, but there is no such file or folder");
  }

  @ParameterizedTest
  @CsvSource({
    "cli.recipe.RecipeSection, section of recipes",
    "cli.run.RunKind, run",
    "optim.OptimizerProvider, optimizer",
    "nn.models.ModelProvider, model",
  })
  void givenAProviderThatIsNotInItsJar_whenARecipeIsRun_thenOneSentenceSaysSo(
      String service, String kind) throws IOException {
    Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
    Files.writeString(services.resolve("io.github.steelyard." + service), "com.example.Gone\n");
    Path recipe =
        Files.writeString(
            folder.resolve("r.yaml"),
            """
            model: {name: mlp}
            data: {name: fashion-mnist, train_samples: 64}
            optimizer: {name: sgd}
            """);
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    URL[] added = {folder.resolve("jar").toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(added, before)) {
      Thread.currentThread().setContextClassLoader(loader);
      CommandLineRun run =
          CommandLineRun.of("run", recipe.toString(), "--folder", folder.resolve("run").toString());

      assertThat(run.code()).isNotZero();
      assertThat(run.err())
          .contains(
              "a provider of the kind '" + kind + "' that cannot be loaded", "com.example.Gone")
          .doesNotContain("bug in Steelyard", "\tat ");
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"{}", "[a]", "true", "~"})
  void givenAKeyThatOnlyAMissingJarKnows_whenARecipeIsRun_thenTheMessageSaysWhereItMayBe(
      String value) throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("r.yaml"),
            "model: {name: mlp}\ndata: {name: fashion-mnist}\noptimizer: {name: sgd}\nseventh: "
                + value);

    assertThat(CommandLineRun.refused("run", recipe.toString()))
        .contains("unknown key 'seventh'", "STEELYARD_CLASSPATH");
  }
}
