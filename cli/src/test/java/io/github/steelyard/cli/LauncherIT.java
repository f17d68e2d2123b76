package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.cli.console.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
@TestMethodOrder(OrderAnnotation.class)
class LauncherIT {
  private static final String ENDLESS =
      """
      model: {name: mlp, hidden: [16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 100}
      optimizer: {name: adamw}
      train: {epochs: 100000, log_every: 1}
      """;

  /** A distribution of this checkout, with an archive of classes that no other test touches. */
  @TempDir static Path shared;

  private static Path unpacked;

  @TempDir Path folder;

  @BeforeAll
  static void unpack() throws Exception {
    Path script = Launcher.ROOT.resolve("steelyard");
    Launcher.finish(Launcher.start(script, shared, List.of("--help")), shared);
    unpacked = Files.createDirectories(shared.resolve("steel yard/lib")).getParent();
    Files.copy(script, unpacked.resolve("steelyard"), StandardCopyOption.COPY_ATTRIBUTES);
    String built = Files.readString(Launcher.ROOT.resolve("cli/target/launcher/classpath"));
    for (String jar : built.strip().split(":", -1)) {
      Files.createSymbolicLink(
          unpacked.resolve("lib").resolve(Path.of(jar).getFileName()), Path.of(jar));
    }
  }

  @Test
  void givenALinkInAnotherFolder_whenItIsRunThere_thenResultsAreAloneOnTheStandardOutput()
      throws Exception {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Launcher.ROOT.resolve("steelyard"));

    CommandLineRun run = run(link, "version", "--json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Json.MAPPER.readTree(run.out()).at("/engine/libtorch").asText()).isNotEmpty();
    assertThat(run.err()).doesNotContain("WARNING");
  }

  @Test
  void givenWrongUsage_whenItIsRun_thenTheExitCodeReachesTheShell() throws Exception {
    assertThat(run(Launcher.ROOT.resolve("steelyard"), "nonsense").code()).isEqualTo(2);
  }

  @Order(1) // Others would make the archive, which takes long, and this one removes it.
  @Test
  void givenNoArchiveOfClasses_whenTwoStartAtOnce_thenItIsMadeWholeAndUsed() throws Exception {
    Path script = unpacked.resolve("steelyard");
    assertThat(archives()).isEmpty();
    Path other = Files.createDirectory(folder.resolve("other"));
    Process first = Launcher.start(script, folder, List.of("--help"));
    Process second = Launcher.start(script, other, List.of("--help"));

    assertThat(Launcher.finish(first, folder).out()).startsWith("Usage: steelyard");
    assertThat(Launcher.finish(second, other).out()).startsWith("Usage: steelyard");

    assertThat(archives()).hasSize(1).allSatisfy(archive -> assertThat(archive).isNotEmptyFile());
    Path log = folder.resolve("loaded");
    CommandLineRun run =
        Launcher.finish(
            Launcher.start(
                script,
                folder,
                Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + log),
                List.of("--help")),
            folder);
    assertThat(run.err()).doesNotContain("preparing");
    assertThat(Files.readAllLines(log))
        .anyMatch(line -> line.contains(Main.class.getName() + " source: shared objects file"));
    worksWithoutAWord(script, "this is no archive");
    worksWithoutAWord(script, "");
  }

  /** With a damaged or empty archive of classes. */
  private void worksWithoutAWord(Path script, String archive) throws Exception {
    Path only = archives().get(0);
    Files.delete(only); // The JVM may map the file that it had.
    Files.writeString(only, archive);

    CommandLineRun run = run(script, "--help");

    assertThat(run.out()).startsWith("Usage: steelyard");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
  }

  /** The archives of classes; a file that a start left half-made would be among them. */
  private static List<Path> archives() throws IOException {
    try (Stream<Path> files = Files.list(unpacked.resolve("lib"))) {
      return files.filter(file -> file.getFileName().toString().contains(".jsa")).toList();
    }
  }

  @Test
  void givenTheLocaleC_whenAFileHasLettersBeyondAscii_thenItIsFound() throws Exception {
    Path recipe = Files.writeString(folder.resolve("für später.yaml"), "model: {name: mpl}\n");

    Process process =
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"),
            folder,
            Map.of("LC_ALL", "C"),
            List.of("run", recipe.toString()));

    assertThat(Launcher.finish(process, folder).err())
        .contains("für später.yaml", "there is no model 'mpl'; did you mean 'mlp'?");
  }

  @Test
  void givenATraining_whenItIsInterrupted_thenItSavesAndSaysHowToResume() throws Exception {
    Files.writeString(folder.resolve("endless.yaml"), ENDLESS);
    Process process =
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"),
            folder,
            List.of("run", "endless.yaml", "--folder", "run"));
    waitForLines(process, folder.resolve("run/metrics.jsonl"), 20);

    new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
    CommandLineRun run = Launcher.finish(process, folder);

    assertThat(run.code()).as(run.err()).isEqualTo(1);
    assertThat(run.err()).contains("stopping after this step", "--resume");
    assertThat(Files.readString(folder.resolve("run/results.json"))).contains("INTERRUPTED");
    assertThat(folder.resolve("run/checkpoints")).isNotEmptyDirectory();
    assertThat(folder.resolve("run/report.html")).isNotEmptyFile();
  }

  @Test
  void givenTheJarOfAMethod_whenItIsNamed_thenTheMethodAndItsSectionAreThere() throws Exception {
    Path jar = jar("com/example/seventh", "com/example/deadunits", "META-INF/services");
    Files.writeString(
        folder.resolve("outside.yaml"),
        ENDLESS.replace("100000", "1") + "weight_standardization: {layers: [fc1]}\n");
    String[] train = {"run", "outside.yaml", "--folder", "run", "--json"};

    CommandLineRun explained = withClassPath(jar.toString(), "methods", "weight_standardization");
    CommandLineRun trained = withClassPath("missing/*", train);
    assertThat(trained.code()).isEqualTo(2);
    assertThat(trained.err()).contains("STEELYARD_CLASSPATH names missing/*");
    trained = withClassPath(jar.getParent() + "/*", train);
    CommandLineRun without = run(Launcher.ROOT.resolve("steelyard"), "evaluate", "run");

    assertThat(explained.out()).contains("1903.10520");
    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("'weight_standardization'", "STEELYARD_CLASSPATH");
    assertThat(withClassPath(jar.toString(), "evaluate", "run").code()).isZero();
  }

  @Test
  void givenADistribution_whenItIsRun_thenItTakesTheJarsBesideItAndNoMaven() throws Exception {
    Path script = unpacked.resolve("steelyard");
    Path tools = Files.createDirectory(folder.resolve("tools"));
    Path maven =
        Files.writeString(tools.resolve("mvn"), "#!/bin/sh\necho called >>called\nexit 1\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    Map<String, String> path = Map.of("PATH", tools + ":" + System.getenv("PATH"));

    CommandLineRun version =
        Launcher.finish(Launcher.start(script, folder, path, List.of("version", "--json")), folder);

    assertThat(version.code()).as(version.err()).isZero();
    assertThat(Json.MAPPER.readTree(version.out()).at("/engine/libtorch").asText()).isNotEmpty();
    assertThat(folder.resolve("called")).doesNotExist();
    try (Stream<Path> entries = Files.list(unpacked)) {
      assertThat(entries)
          .extracting(Path::getFileName)
          .map(Path::toString)
          .containsExactlyInAnyOrder("lib", "steelyard");
    }
  }

  @Test
  void givenTheBillOfMaterials_whenItIsRead_thenItHasTheVersionOfTheProject() throws Exception {
    Pattern version = Pattern.compile("<version>(.*?)</version>");
    List<String> versions = new ArrayList<>();
    for (String pom : List.of("pom.xml", "bom/pom.xml")) {
      Matcher found = version.matcher(Files.readString(Launcher.ROOT.resolve(pom)));
      assertThat(found.find()).isTrue();
      versions.add(found.group(1));
    }
    assertThat(versions.get(1)).isEqualTo(versions.get(0));
  }

  private CommandLineRun withClassPath(String classPath, String... arguments) throws Exception {
    return Launcher.finish(
        Launcher.start(
            Launcher.ROOT.resolve("steelyard"),
            folder,
            Map.of("STEELYARD_CLASSPATH", classPath),
            List.of(arguments)),
        folder);
  }

  /** A jar of what the test classes have in some folders. */
  private Path jar(String... folders) throws IOException {
    Path classes = Path.of("target", "test-classes");
    Path jar = Files.createDirectories(folder.resolve("a folder")).resolve("seventh.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (String each : folders) {
        try (Stream<Path> files = Files.list(classes.resolve(each))) {
          for (Path file : files.toList()) {
            out.putNextEntry(new JarEntry(each + "/" + file.getFileName()));
            Files.copy(file, out);
          }
        }
      }
    }
    return jar;
  }

  private static void waitForLines(Process process, Path file, int lines)
      throws IOException, InterruptedException {
    while (process.isAlive()
        && (!Files.exists(file) || Files.readString(file).lines().count() < lines)) {
      Thread.sleep(50);
    }
    assertThat(process.isAlive()).isTrue();
  }

  private CommandLineRun run(Path script, String... arguments) throws Exception {
    return Launcher.finish(Launcher.start(script, folder, List.of(arguments)), folder);
  }
}
