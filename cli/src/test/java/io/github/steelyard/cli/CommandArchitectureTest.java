package io.github.steelyard.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchRule;
import io.github.steelyard.nn.Module;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rooms of the command and who may depend on whom; and no knot of classes in any module. */
@ArchTag("once")
@AnalyzeClasses(locations = CommandArchitectureTest.Mains.class)
class CommandArchitectureTest {
  /** The classes of core and cli, without tests. */
  static final class Mains implements LocationProvider {
    @Override
    public Set<Location> get(Class<?> test) {
      return Stream.of(Main.class, Module.class)
          .map(type -> Location.of(type.getProtectionDomain().getCodeSource().getLocation()))
          .collect(Collectors.toSet());
    }
  }

  private static final String[] METHODS = {
    "io.github.steelyard.quant..",
    "io.github.steelyard.incremental..",
    "io.github.steelyard.compander..",
    "io.github.steelyard.robust..",
    "io.github.steelyard.interaction.."
  };

  /** What can be read together: the largest today is that of {@code nn.Module}. Never raise it. */
  private static final int LARGEST_CYCLE = 8;

  @ArchTest
  static final ArchRule roomsDependDownwards =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("main")
          .definedBy("io.github.steelyard.cli")
          .layer("command")
          .definedBy("..cli.command..")
          .layer("study")
          .definedBy("..cli.study..")
          .layer("life")
          .definedBy("..cli.life..")
          .layer("incremental")
          .definedBy("..cli.incremental..")
          .layer("explain")
          .definedBy("..cli.explain..")
          .layer("section")
          .definedBy("..cli.section..")
          .layer("run")
          .definedBy("..cli.run..")
          .layer("recipe")
          .definedBy("..cli.recipe..")
          .layer("results")
          .definedBy("..cli.results..")
          .layer("console")
          .definedBy("..cli.console..")
          .layer("report")
          .definedBy("..cli.report..")
          .whereLayer("main")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("command")
          .mayOnlyBeAccessedByLayers("main")
          .whereLayer("study")
          .mayOnlyBeAccessedByLayers("command")
          // A life is run like any recipe: no command knows it.
          .whereLayer("life")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("incremental")
          .mayOnlyBeAccessedByLayers("command", "life")
          .whereLayer("explain")
          .mayOnlyBeAccessedByLayers("command", "life", "incremental")
          .whereLayer("section")
          .mayOnlyBeAccessedByLayers("command", "life")
          .whereLayer("run")
          .mayOnlyBeAccessedByLayers(
              "command", "study", "life", "incremental", "explain", "section")
          .whereLayer("recipe")
          .mayOnlyBeAccessedByLayers(
              "main", "command", "study", "life", "incremental", "explain", "section", "run")
          .whereLayer("results")
          .mayOnlyBeAccessedByLayers(
              "study", "life", "incremental", "explain", "section", "run", "recipe")
          .whereLayer("report")
          .mayOnlyBeAccessedByLayers(
              "command",
              "study",
              "life",
              "incremental",
              "explain",
              "section",
              "run",
              "recipe",
              "results",
              "console")
          .whereLayer("console")
          .mayOnlyBeAccessedByLayers(
              "main",
              "command",
              "study",
              "life",
              "incremental",
              "explain",
              "section",
              "run",
              "recipe",
              "results");

  @ArchTest
  static final ArchRule roomsFormNoCycles =
      slices().matching("io.github.steelyard.cli.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyMainAndTheConsolePrint =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.github.steelyard.cli.console")
          .and()
          .doNotHaveFullyQualifiedName("io.github.steelyard.cli.Main")
          .should(ACCESS_STANDARD_STREAMS);

  /**
   * A command asks; kinds of runs and sections do. Three speak of what one method has: the options
   * of the interaction basis; a threat model, which is asked of any weights, also without a recipe;
   * and the two formats of files that hold a whole network.
   */
  @ArchTest
  static final ArchRule commandsKnowNoMethod =
      noClasses()
          .that()
          .resideInAPackage("..cli.command..")
          .and()
          .haveNameNotMatching(".*\\.(Explain|Attack|Evaluate)Command(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(METHODS);

  @ArchTest
  static void noKnotOfClasses(JavaClasses classes) {
    assertThat(ClassCycles.of(classes))
        .isNotEmpty()
        .allSatisfy(cycle -> assertThat(cycle).hasSizeLessThanOrEqualTo(LARGEST_CYCLE));
  }
}
